/** Who may change what applies to everybody. */
import type { Context } from "../context.ts"
import type { Actor } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { standingOf } from "../factors/standing.ts"
import { selfWriteScope } from "../policy/policy.ts"
import { demandSelfScope } from "../step-up/subject.ts"

/** Roles, in any case. */
const administratorRoles: ReadonlySet<string> = new Set(["administrator", "admin", "owner"])
const ownerRoles: ReadonlySet<string> = new Set(["owner"])

/**
 * Passes operators, services with `users:write`, and administrators who have proved a second factor where they have
 * one. `owner`: not every administrator. A key is no proof: where its user has a factor, only one that was given
 * `accounts.self:write` passes.
 * @throws CountersignError `forbidden`, `insufficient_scope`
 */
export async function demandPortalAdministrator(
  ctx: Pick<Context, "database">,
  actor: Actor,
  rank: "administrator" | "owner" = "administrator",
): Promise<void> {
  if (actor.type === "operator") return
  if (actor.type === "service") {
    if (actor.key.scopes.includes("users:write")) return
    throw new CountersignError("forbidden")
  }
  const roles = rank === "owner" ? ownerRoles : administratorRoles
  if (!actor.user.roles.some((role) => roles.has(role.toLowerCase()))) throw new CountersignError("forbidden")
  if (actor.type === "user-key") demandSelfScope(actor.key.scopes, "write")
  if (!(await standingOf(ctx, actor.user.id)).hasSecondFactor) return
  const proved = actor.type === "session" ? actor.session.aal === 2 : actor.key.scopes.includes(selfWriteScope)
  if (!proved) throw new CountersignError("forbidden")
}
