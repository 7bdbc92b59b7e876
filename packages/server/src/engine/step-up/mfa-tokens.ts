/** Tokens that say to an app's own server: this person has just proved it, for this one action. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine, On, Session } from "../engine.ts"
import { CountersignError, type Level } from "../errors.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { proveInPlace } from "../sign-in/prove-in-place.ts"
import { hashToken, mintToken } from "../tokens.ts"
import type { StoredUser } from "../users/records.ts"
import { insertMfaToken, type MfaTokenRow, readMfaToken, spendMfaToken } from "./mfa-records.ts"
import { requireLevel } from "./reverification.ts"
import { subjectOf } from "./subject.ts"

const longestAction = 100

type Rule = {
  readonly action: string | null
  readonly level: Level
  readonly seconds: number
  readonly singleUse: boolean
}

export const mfaTokensOf = (ctx: Context, kinds: Kinds): Engine["mfaTokens"] => ({
  async mint(on, input) {
    const { actor, source } = on
    const rule = ruleOf(ctx, input)
    if (actor.type !== "session") {
      const maxAgeSeconds = ctx.settings.stepUpSeconds
      throw new CountersignError("session_reverification_required", { level: rule.level, maxAgeSeconds })
    }
    const user = await subjectOf(ctx, on, { service: "challenges:write", self: "write" })
    // What says "second factor" is not made from a password.
    if (rule.level !== "first_factor" && !(await standingOf(ctx, user.id)).hasSecondFactor)
      throw new CountersignError("enrolment_required")

    const proved = input.proof ? await prove(ctx, kinds, on, user, actor.session, rule, input.proof) : undefined
    if (proved === undefined) await requireLevel(ctx, actor, { level: rule.level })

    const { token, hash } = mintToken(ctx, "csm_")
    const now = ctx.now()
    const expiresAt = now + rule.seconds * 1000
    const methods = proved?.methods ?? actor.session.methods.map(({ method }) => method)
    const row: MfaTokenRow = {
      token_hash: hash,
      user_id: user.id,
      session_id: actor.session.id,
      action: rule.action,
      single_use: rule.singleUse ? 1 : 0,
      methods: JSON.stringify([...new Set(methods)]),
      created_at: now,
      expires_at: expiresAt,
      spent_at: null,
    }
    const detail = { action: rule.action, singleUse: rule.singleUse }
    const audit = auditWrite(ctx, { userId: user.id, event: "mfa_token.minted", outcome: "success", source, detail })
    const writes = [insertMfaToken(row), audit]
    if (proved) await proved.commit(writes)
    else await ctx.database.commit(writes)
    return { token, expiresAt, singleUse: rule.singleUse, action: rule.action }
  },

  async spend(on, input) {
    const { actor, source } = on
    if (actor.type !== "service" && actor.type !== "operator") throw new CountersignError("forbidden")
    if (actor.type === "service" && !actor.key.scopes.includes("mfa-tokens:spend"))
      throw new CountersignError("insufficient_scope", { scope: "mfa-tokens:spend" })
    if (typeof input.token !== "string") throw new CountersignError("input_invalid", { field: "token" })

    const hash = hashToken(input.token)
    const now = ctx.now()
    const [row] = await ctx.database.query<MfaTokenRow>(readMfaToken(hash, now))
    // A token for one action is none for another, and one without an action none for any.
    const fits =
      row && row.action === (input.action ?? null) && (input.userId === undefined || input.userId === row.user_id)
    if (!fits) throw new CountersignError("mfa_token_invalid")
    const detail = { action: row.action }
    const audit = auditWrite(ctx, { userId: row.user_id, event: "mfa_token.spent", outcome: "success", source, detail })
    const spend: Write[] = row.single_use === 1 ? [spendMfaToken(hash, now)] : []
    if (!(await ctx.database.commit([...spend, audit])).committed) throw new CountersignError("mfa_token_invalid")
    return {
      userId: row.user_id,
      sessionId: row.session_id,
      action: row.action,
      methods: JSON.parse(row.methods) as string[],
      mintedAt: row.created_at,
    }
  },
})

/** What the installation says of the action; where it says nothing, a second factor and one use. */
function ruleOf(ctx: Context, input: { action?: string | undefined; singleUse?: boolean | undefined }): Rule {
  const { actions, mfaToken } = ctx.settings
  const action = input.action ?? null
  if (action !== null && !(action !== "" && action.length <= longestAction && /^[\x21-\x7e]+$/.test(action)))
    throw new CountersignError("input_invalid", { field: "action" })
  const set = action !== null && Object.hasOwn(actions, action) ? actions[action] : undefined
  if (set)
    return { action, level: set.level, seconds: set.seconds, singleUse: set.singleUse || (input.singleUse ?? false) }
  const singleUse = input.singleUse ?? true
  return {
    action,
    level: "second_factor",
    singleUse,
    seconds: singleUse ? mfaToken.singleUseSeconds : mfaToken.reusableSeconds,
  }
}

/** A proof on the way: it has to reach the level on its own, or with what the session proved a moment ago. */
async function prove(
  ctx: Context,
  kinds: Kinds,
  { source }: On,
  user: StoredUser,
  session: Session,
  rule: Rule,
  proof: { kind: string; answer: unknown },
) {
  const kind = kinds.find(({ name }) => name === proof.kind)
  // What has to send something first needs a challenge to hold it: that is what step-up is for.
  if (kind === undefined || kind.challenge !== undefined) throw new CountersignError("kind_not_offered")
  const isFirst = kind.role === "primary"
  if (rule.level === "first_factor" ? !isFirst : isFirst) throw new CountersignError("kind_not_offered")
  if (rule.level === "multi_factor") {
    const first = { level: "first_factor" as const, maxAgeSeconds: ctx.settings.stepUpSeconds }
    await requireLevel(ctx, { type: "session", user, session }, first)
  }
  return proveInPlace(ctx, kind, user, proof.answer, source)
}
