/** What an app's own back end may check without asking here: a signed token of one session that lives a minute. */
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { standingOf } from "../factors/standing.ts"
import { factorAges } from "../policy/factor-ages.ts"
import { enrolmentOwed } from "../policy/policy.ts"
import { readRules } from "../sign-in/rules.ts"
import { issueAccessToken } from "./access-tokens.ts"

const seconds = 60

/** RFC 8725, section 3.11: no door takes a token of this type for a session, and no back end a door's for this one. */
export const sessionTokenType = "countersign-session+jwt"

export const issueSessionTokenOf =
  (ctx: Context): Engine["sessions"]["issueSessionToken"] =>
  async (actor, { audience }) => {
    if (actor.type !== "session") throw new CountersignError("forbidden")
    const { user, session } = actor
    const now = ctx.now()
    const standing = await standingOf(ctx, user.id)
    if (enrolmentOwed(user, standing, await readRules(ctx), now, session))
      throw new CountersignError("enrolment_required")
    const { token, expiresIn } = await issueAccessToken(ctx, session, user, {
      issuer: ctx.settings.publicUrl,
      audience,
      seconds,
      type: sessionTokenType,
      acr: `urn:countersign:aal${session.aal}`,
      claims: { fva: factorAges(session, standing, now) },
    })
    return { token, expiresAt: (Math.floor(now / 1000) + expiresIn) * 1000 }
  }
