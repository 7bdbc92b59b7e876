/** A new password for somebody who is signed in, or set by an operator. */
import { any, sql } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { planFresh, planStampChange } from "../sessions/sessions.ts"
import { authorise } from "../step-up/authorisation.ts"
import { subjectOf } from "../step-up/subject.ts"
import { proveWithPassword } from "./current-password.ts"
import { acceptPassword } from "./new-password.ts"
import { hashPassword } from "./passwords.ts"
import { commitGuarded, readUser, revise } from "./records.ts"

/**
 * Changes the password. `current`, where it is given, is checked, and stands for a fresh first factor; a user with a
 * second factor has to have proved that one lately all the same, but at a door that can't ask for it. Ends all other sessions, remembered devices and
 * links; the acting session gets a new token. An operator's change also revokes the user's API keys.
 */
export const changePasswordOf =
  (ctx: Context): Engine["users"]["changePassword"] =>
  async (on, input) => {
    const { source } = on
    if (on.actor.type === "service") throw new CountersignError("forbidden")
    const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
    const { actor, proof } = await proveWithPassword(ctx, user, { actor: on.actor, current: input.current, source })
    const password = acceptPassword(ctx, input.password, user)
    await authorise(ctx, { ...on, actor }, "password.change")
    const passwordHash = await hashPassword(ctx, password)

    const token = await commitGuarded(ctx, async () => {
      const now = await readUser(ctx, { id: user.id })
      if (now === undefined || now.securityStamp !== user.securityStamp) throw new CountersignError("conflict")
      const spent = await authorise(ctx, { ...on, actor }, "password.change")
      const session = on.actor.type === "session" ? on.actor.session : undefined
      const change = planStampChange(ctx, now, { keepSessionId: session?.id })
      const fresh = session && planFresh(ctx, session, { methods: proof ? [proof] : [] })
      return {
        writes: [
          revise(now, { stamp: change.stamp, passwordHash, passwordChangedAt: ctx.now() }),
          ...spent,
          ...change.writes,
          ...(fresh?.writes ?? []),
          ...(on.actor.type === "operator" ? [revokeKeys(ctx, now.id)] : []),
          auditWrite(ctx, {
            userId: now.id,
            event: "password.changed",
            outcome: "success",
            source,
            detail: { by: on.actor.type },
          }),
          ...(await noticeWrites(ctx, now, "password_changed", source)),
        ],
        result: fresh?.result.token,
      }
    })
    ctx.mailIsWaiting()
    return token === undefined ? {} : { token }
  }

/** An operator resets what may have been taken over, and its keys with it. */
const revokeKeys = (ctx: Context, userId: string) =>
  any(sql`update api_keys set revoked_at = ${ctx.now()} where user_id = ${userId} and revoked_at is null`)
