import type { User } from "../../engine/engine.ts"
import type { Reply } from "../dialect.ts"
import { renewal, signedIn } from "./acting.ts"
import { readBody } from "./binding.ts"
import { changeLink } from "./mailed-links.ts"
import { isAddress, type Parts } from "./registration.ts"
import { ValidationFailed } from "./validation.ts"

const infoOf = (user: User) => ({ email: user.email ?? "", isEmailConfirmed: user.emailConfirmed })

/** `GET manage/info` */
export const readInfo = ({ engine }: Parts) =>
  signedIn(engine, async (_call, { on }): Promise<Reply> => ({ status: 200, json: infoOf(on.actor.user) }))

/**
 * `POST manage/info`: a new password at once, a new address once its mailbox has confirmed it. Both need the old
 * password; for the address a second factor just proved does as well.
 */
export const changeInfo = (parts: Parts) =>
  signedIn(parts.engine, async (call, acting) => {
    const { engine, settings } = parts
    const { on } = acting
    const body = await readBody(call)
    const [email, password, old] = [body.text("newEmail"), body.text("newPassword"), body.text("oldPassword")]
    if (email && !isAddress(email)) throw new ValidationFailed("InvalidEmail")
    if (password && !old) throw new ValidationFailed("OldPasswordRequired")

    const changesAddress = email !== undefined && email !== "" && email !== on.actor.user.email
    if (changesAddress) await call.countMail()
    const changed = password ? await engine.users.changePassword(on, { current: old, password }) : {}
    if (changesAddress) {
      const current = (password ? password : old) || undefined
      await engine.users.requestAddressChange(on, { email, current, linkFor: changeLink(parts) })
    }
    return { status: 200, json: infoOf(on.actor.user), cookies: renewal(acting, changed.token, settings.now()) }
  })

const roleClaim = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
const textType = "http://www.w3.org/2001/XMLSchema#string"
const issuer = "LOCAL AUTHORITY"

/** `GET roles`: one claim a role, as the sample's back end writes them. */
export const readRoles = ({ engine }: Parts) =>
  signedIn(engine, async (_call, { on }): Promise<Reply> => ({
    status: 200,
    json: on.actor.user.roles.map((value) => ({
      issuer,
      originalIssuer: issuer,
      type: roleClaim,
      value,
      valueType: textType,
    })),
  }))
