import type { Dialect } from "../dialect.ts"
import { renderError } from "./errors.ts"
import { changeInfo, readInfo, readRoles } from "./info.ts"
import { forgotPassword, resetPassword } from "./password-reset.ts"
import { confirmEmail, register, resendConfirmation } from "./registration.ts"
import { identityDefaults } from "./settings.ts"
import { login, logout, refresh } from "./sign-in.ts"
import { manageTwoFactor } from "./two-factor.ts"

/**
 * ASP.NET Core Identity's API (`MapIdentityApi`), with the sample back end's `logout` and `roles`, as clients of it call
 * it: cookies or opaque bearers, and a sign-in whose second step repeats the first.
 */
export const aspnetIdentity: Dialect = {
  name: "identity",
  prefix: "/identity",
  caseInsensitive: true,
  routes(engine, settings) {
    const parts = { engine, settings, own: settings.identity ?? identityDefaults }
    return [
      // Counts a mail once it comes to one.
      { method: "POST", path: "/register", handle: register(parts) },
      { method: "POST", path: "/login", limit: "sign-in", handle: login(parts) },
      { method: "POST", path: "/refresh", limit: "sign-in", handle: refresh(parts) },
      { method: "GET", path: "/confirmEmail", limit: "sign-in", head: false, handle: confirmEmail(parts) },
      { method: "POST", path: "/resendConfirmationEmail", limit: "mail", handle: resendConfirmation(parts) },
      { method: "POST", path: "/forgotPassword", limit: "mail", handle: forgotPassword(parts) },
      { method: "POST", path: "/resetPassword", limit: "sign-in", handle: resetPassword(parts) },
      { method: "POST", path: "/manage/2fa", handle: manageTwoFactor(parts) },
      { method: "GET", path: "/manage/info", handle: readInfo(parts) },
      { method: "POST", path: "/manage/info", handle: changeInfo(parts) },
      { method: "POST", path: "/logout", handle: logout(parts) },
      { method: "GET", path: "/roles", handle: readRoles(parts) },
    ]
  },
  renderError,
}
