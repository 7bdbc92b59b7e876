/** Proving again, in a session that is there already. */
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { levelFor } from "../policy/policy.ts"
import { viewOf } from "../sign-in/challenges.ts"
import { planChallenge } from "../sign-in/records.ts"
import { requireLevel } from "./reverification.ts"
import { subjectOf } from "./subject.ts"

const levels: ReadonlySet<unknown> = new Set(["first_factor", "second_factor", "multi_factor"])

export const stepUpOf = (ctx: Context, kinds: Kinds): Engine["stepUp"] => ({
  require: (actor, demand) => requireLevel(ctx, actor, demand),

  async open(on, { level }) {
    const { actor, source } = on
    if (!levels.has(level)) throw new CountersignError("input_invalid", { field: "level" })
    // A key has no session that could become fresh.
    if (actor.type !== "session") throw new CountersignError("forbidden")
    const user = await subjectOf(ctx, on, { service: "challenges:write", self: "write" })
    const { write, challenge, token } = planChallenge(ctx, {
      user,
      source: { ...source, door: actor.session.door },
      purpose: "step_up",
      methods: [],
      sessionId: actor.session.id,
      level: levelFor(level, await standingOf(ctx, user.id)),
    })
    const view = await viewOf(ctx, kinds, challenge, user)
    // Neither a password nor a factor: there is nothing to prove with.
    if (view.kinds.length === 0) throw new CountersignError("kind_not_offered")
    const detail = { level: challenge.level }
    await ctx.database.commit([
      write,
      auditWrite(ctx, { userId: user.id, event: "step_up.opened", outcome: "success", source, detail }),
    ])
    return { challenge: view, token }
  },
})
