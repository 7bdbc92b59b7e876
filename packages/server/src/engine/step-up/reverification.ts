import type { Context } from "../context.ts"
import type { Actor } from "../engine.ts"
import type { Level } from "../errors.ts"
import { CountersignError } from "../errors.ts"
import { standingOf } from "../factors/standing.ts"
import type { Operation } from "../policy/policy.ts"
import { demandOf, isFresh, levelFor } from "../policy/policy.ts"

/**
 * Passes when the actor's proof is recent enough for the operation; called by every operation that changes factors,
 * codes, address, password or keys. Throws `session_reverification_required` with the level that is wanted
 * (RFC 9470, section 3), or `insufficient_scope` for a key that can't give a proof.
 */
export const requireFresh = async (ctx: Context, actor: Actor, operation: Operation): Promise<void> => {
  if (actor.type === "operator" || actor.type === "service") return
  const standing = await standingOf(ctx, actor.user.id)
  const judgement = demandOf(operation, actor, standing, ctx.settings)
  if (judgement === undefined) return
  if ("refused" in judgement) throw new CountersignError("insufficient_scope", { scope: judgement.refused.scope })
  if (actor.type === "session" && isFresh(actor.session, judgement.demand, standing, ctx.now())) return
  throw new CountersignError("session_reverification_required", judgement.demand)
}

/**
 * Passes when the acting session proved the level within `maxAgeSeconds` (default: the installation's). Where the user
 * has no second factor, every level comes to the first. A key, or a remembered device, never passes for a proof.
 */
export const requireLevel = async (
  ctx: Context,
  actor: Actor,
  demand: { level: Level; maxAgeSeconds?: number | undefined },
): Promise<void> => {
  const maxAgeSeconds = demand.maxAgeSeconds ?? ctx.settings.stepUpSeconds
  if (!(maxAgeSeconds > 0)) throw new CountersignError("input_invalid", { field: "maxAgeSeconds" })
  if (actor.type !== "session") {
    throw new CountersignError("session_reverification_required", { level: demand.level, maxAgeSeconds })
  }
  const standing = await standingOf(ctx, actor.user.id)
  if (isFresh(actor.session, { level: demand.level, maxAgeSeconds }, standing, ctx.now())) return
  throw new CountersignError("session_reverification_required", {
    level: levelFor(demand.level, standing),
    maxAgeSeconds,
  })
}
