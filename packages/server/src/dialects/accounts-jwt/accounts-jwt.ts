import type { Dialect } from "../dialect.ts"
import { renderError } from "./errors.ts"
import { forgotPassword, resetPassword } from "./password-reset.ts"
import { confirmEmail, register } from "./registration.ts"
import { accountsDefaults } from "./settings.ts"
import { login, verifyTwoStep } from "./sign-in.ts"

/**
 * `api/accounts/*`: registration, sign-in with a mailed code, and JWTs, as front ends written against that shape of
 * ASP.NET Core back end call it. No cookie is read or set: the client of another origin sends none.
 */
export const accountsJwt: Dialect = {
  name: "accounts",
  prefix: "/api/accounts",
  caseInsensitive: true,
  cookies: false,
  routes(engine, settings) {
    const parts = { engine, settings, own: settings.accounts ?? accountsDefaults(settings.publicUrl) }
    return [
      { method: "POST", path: "/registration", limit: "mail", handle: register(parts) },
      { method: "GET", path: "/emailconfirmation", limit: "sign-in", head: false, handle: confirmEmail(parts) },
      { method: "POST", path: "/login", limit: "sign-in", handle: login(parts) },
      { method: "POST", path: "/twostepverification", limit: "sign-in", handle: verifyTwoStep(parts) },
      { method: "POST", path: "/forgotpassword", limit: "mail", handle: forgotPassword(parts) },
      { method: "POST", path: "/resetpassword", limit: "sign-in", handle: resetPassword(parts) },
    ]
  },
  renderError,
}
