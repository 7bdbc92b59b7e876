import type { Context } from "../context.ts"
import type { On } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { readUser, type StoredUser } from "../users/records.ts"

/** What an operation needs of a key: the scope of a service, and whether it changes something of the user. */
export type Access = { readonly service: string; readonly self: "read" | "write" }

const selfScopes = {
  read: ["*", "*:read", "*:write", "accounts.self:read", "accounts.self:write"],
  write: ["*", "*:write", "accounts.self:write"],
} as const

/**
 * The user that an operation is about, as stored now: the actor's own, or for a service or an operator the one it
 * names. Another user's id is `not_found` to a session or a user key, whoever it belongs to (no probing of ids).
 */
export async function subjectOf(
  ctx: Pick<Context, "database">,
  on: Omit<On, "source">,
  access: Access,
): Promise<StoredUser> {
  const { actor, userId } = on
  if (actor.type === "session" || actor.type === "user-key") {
    if (actor.type === "user-key") demandSelfScope(actor.key.scopes, access.self)
    if (userId !== undefined && userId !== actor.user.id) throw new CountersignError("not_found")
    const user = await readUser(ctx, { id: actor.user.id })
    if (user === undefined || user.disabled) throw new CountersignError("unauthenticated")
    return user
  }
  if (actor.type === "service" && !actor.key.scopes.includes(access.service))
    throw new CountersignError("insufficient_scope", { scope: access.service })
  if (userId === undefined) throw new CountersignError("input_invalid", { field: "userId" })
  const user = await readUser(ctx, { id: userId })
  if (user === undefined) throw new CountersignError("not_found")
  return user
}

/** A user key without scopes may do all that its user may; one with scopes only those. */
export function demandSelfScope(scopes: readonly string[], self: Access["self"]): void {
  const enough: readonly string[] = selfScopes[self]
  if (scopes.length > 0 && !scopes.some((scope) => enough.includes(scope)))
    throw new CountersignError("insufficient_scope", { scope: `accounts.self:${self}` })
}
