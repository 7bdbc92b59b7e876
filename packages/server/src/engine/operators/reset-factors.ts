import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { demandPortalAdministrator } from "./administering.ts"

/** An owner takes somebody else's factors away, who has lost them: the person is told by mail and signs in anew. */
export const resetFactorsOf =
  (ctx: Context, { list, reset }: Pick<Engine["factors"], "list" | "reset">): Engine["operators"]["resetFactors"] =>
  async ({ actor, source }, { userId, kind }) => {
    await demandPortalAdministrator(ctx, actor, "owner")
    const name = actor.type === "session" || actor.type === "user-key" ? `owner ${actor.user.id}` : actor.type
    const on = { actor: { type: "operator", name }, userId, source } as const
    const gone = (await list(on)).filter((factor) => kind === undefined || factor.kind === kind).length
    await reset(on, { kind })
    if (actor.type === "operator" || actor.type === "service") return gone
    const audit = auditWrite(ctx, {
      userId: actor.user.id,
      event: "factor.reset_for_another",
      outcome: "success",
      source,
      detail: { user: userId, kind: kind ?? null },
    })
    await ctx.database.commit([audit])
    return gone
  }
