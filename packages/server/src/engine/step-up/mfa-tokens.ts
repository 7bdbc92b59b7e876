/** Tokens that say to an app's own server: this person has just proved it, for this one action. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context, Source } from "../context.ts"
import type { Engine, Method, Session } from "../engine.ts"
import { CountersignError, type Level } from "../errors.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { type Answering, answerOpen } from "../sign-in/answer.ts"
import { provable } from "../sign-in/proving.ts"
import { openStepUpOf, planChallenge } from "../sign-in/records.ts"
import { hashToken, mintToken } from "../tokens.ts"
import type { StoredUser } from "../users/records.ts"
import { insertMfaToken, type MfaTokenRow, readMfaToken, spendMfaToken } from "./mfa-records.ts"
import { requireLevel } from "./reverification.ts"
import { subjectOf } from "./subject.ts"

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

    const { token, hash } = mintToken(ctx, "csm_")
    const expiresAt = ctx.now() + rule.seconds * 1000
    const { action, singleUse } = rule
    const minted = { token, expiresAt, singleUse, action }
    const writesFor = (methods: readonly Method[]): Write[] => [
      insertMfaToken({
        token_hash: hash,
        user_id: user.id,
        session_id: actor.session.id,
        action,
        single_use: singleUse ? 1 : 0,
        methods: JSON.stringify([...new Set(methods.map(({ method }) => method))]),
        created_at: ctx.now(),
        expires_at: expiresAt,
        spent_at: null,
      }),
      auditWrite(ctx, {
        userId: user.id,
        event: "mfa_token.minted",
        outcome: "success",
        source,
        detail: { action, singleUse },
      }),
    ]
    if (input.proof === undefined) {
      await requireLevel(ctx, actor, { level: rule.level })
      await ctx.database.commit(writesFor(actor.session.methods))
      return minted
    }
    const open = await challengeFor(ctx, kinds, { user, session: actor.session, source }, rule, input.proof.kind)
    const proved = await answerOpen(ctx, kinds, { ...open, inSession: true, alongside: writesFor }, input.proof, source)
    if (proved.status !== "complete") throw new TypeError("a proof for a token left something owed")
    return { ...minted, sessionToken: proved.token }
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

/** What the installation says of the action; without one, a second factor and one use unless more are asked for. */
function ruleOf(ctx: Context, input: { action?: string | undefined; singleUse?: boolean | undefined }): Rule {
  const { actions, mfaToken } = ctx.settings
  const { action, singleUse = true } = input
  if (action === undefined) {
    const seconds = singleUse ? mfaToken.singleUseSeconds : mfaToken.reusableSeconds
    return { action: null, level: "second_factor", singleUse, seconds }
  }
  const set = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (set === undefined) throw new CountersignError("input_invalid", { field: "action" })
  return { action, ...set }
}

/**
 * The challenge that a proof on the way answers: one of its own, so that it counts and makes fresh as every other answer
 * does; for a kind that has to send or show something first, the one that the session has opened for it.
 */
async function challengeFor(
  ctx: Context,
  kinds: Kinds,
  about: { user: StoredUser; session: Session; source: Source },
  rule: Rule,
  kindName: string,
): Promise<Pick<Answering, "challenge" | "user" | "opening">> {
  const { user, session, source } = about
  if (rule.level === "multi_factor") {
    // One answer is one factor: the other has to be fresh already.
    const first = { level: "first_factor" as const, maxAgeSeconds: ctx.settings.stepUpSeconds }
    await requireLevel(ctx, { type: "session", user, session }, first)
  }
  const kind = kinds.find(({ name }) => name === kindName)
  const proves = kind?.role === "primary" ? "first_factor" : "second_factor"
  const fits = kind !== undefined && (rule.level === "first_factor") === (proves === "first_factor")
  if (!fits || (await provable(ctx, kind, user.id)).length === 0) throw new CountersignError("kind_not_offered")
  if (kind.challenge !== undefined) return openStepUpOf(ctx, session.id, kind.name)
  const { challenge, write } = planChallenge(ctx, {
    user,
    source: { ...source, door: session.door },
    purpose: "step_up",
    methods: [],
    sessionId: session.id,
    level: proves,
  })
  return { challenge, user, opening: [write] }
}
