/** Signing in, as doors ask for it. */
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { postponableUntil } from "../policy/policy.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { subjectOf } from "../step-up/subject.ts"
import { publicUser } from "../users/records.ts"
import { answerOf } from "./answer.ts"
import { challengesOf, viewOf } from "./challenges.ts"
import { planRaise } from "./raise.ts"
import { openChallenge, planChallenge } from "./records.ts"
import { safeReturnTo } from "./return-to.ts"
import { readRules } from "./rules.ts"
import { withPasswordOf } from "./with-password.ts"

export const signInOf = (ctx: Context, kinds: Kinds): Engine["signIn"] => ({
  ...challengesOf(ctx, kinds),
  withPassword: withPasswordOf(ctx, kinds),
  answer: answerOf(ctx, kinds),

  async openFor(on, { returnTo }) {
    const { actor, source } = on
    if (actor.type !== "service" && actor.type !== "operator") throw new CountersignError("forbidden")
    const user = await subjectOf(ctx, on, { service: "challenges:write", self: "write" })
    if (user.disabled) throw new CountersignError("account_disabled")
    // Without a factor there would be nothing to ask, and a session for the asking.
    if (!(await standingOf(ctx, user.id)).hasSecondFactor) throw new CountersignError("enrolment_required")
    const { write, challenge, token } = planChallenge(ctx, {
      user,
      source,
      purpose: "sign_in",
      methods: [{ method: "external", kind: "external", at: ctx.now() }],
      returnTo: safeReturnTo(ctx.settings, returnTo),
    })
    const by = actor.type === "service" ? (actor.key.service ?? actor.key.name) : actor.name
    const audit = auditWrite(ctx, {
      userId: user.id,
      event: "sign_in.opened",
      outcome: "success",
      source,
      detail: { by },
    })
    await ctx.database.commit([write, audit])
    const view = await viewOf(ctx, kinds, challenge, user)
    return { status: "second_factor", user: publicUser(user), challenge: view, token }
  },

  async openEnrolment(on) {
    const { actor, source } = on
    // A key has no session, and must not come to one.
    if (actor.type !== "session") throw new CountersignError("forbidden")
    const user = await subjectOf(ctx, on, { service: "challenges:write", self: "write" })
    await requireFresh(ctx, actor, "factors.begin")
    if ((await standingOf(ctx, user.id)).hasSecondFactor) throw new CountersignError("already_enrolled")
    const { session } = actor
    const { write, challenge, token } = planChallenge(ctx, {
      user,
      source: { ...source, door: session.door },
      purpose: "enrol",
      methods: session.methods,
      persistent: session.persistent,
    })
    const audit = auditWrite(ctx, { userId: user.id, event: "enrolment.opened", outcome: "success", source })
    await ctx.database.commit([write, audit])
    const view = await viewOf(ctx, kinds, challenge, user)
    return { status: "enrolment", user: publicUser(user), challenge: view, token }
  },

  async postpone(ref, source) {
    const { challenge, user } = await openChallenge(ctx, ref)
    if (challenge.purpose !== "enrol") throw new CountersignError("challenge_spent")
    if (postponableUntil(user, await readRules(ctx), ctx.now(), challenge) === null)
      throw new CountersignError("enrolment_required")
    const { writes, result } = await planRaise(ctx, { challenge, user, methods: [], source })
    if (!(await ctx.database.commit(writes)).committed) throw new CountersignError("challenge_spent")
    return result
  },
})
