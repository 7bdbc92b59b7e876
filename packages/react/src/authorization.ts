import type { State } from "@countersign/client"
import { factorAges, isFresh } from "./freshness.ts"
import type { ReverificationConfig } from "./freshness.ts"

/** What `has` may be asked: how fresh the proofs are, whether the user has a role, or both. */
export type AuthorizationParams =
  | { readonly reverification: ReverificationConfig; readonly role?: string }
  | { readonly role: string }

/** Answers `has` from what is known of a session and its user. */
export function hasAuthorization(
  { session, user }: Pick<State, "session" | "user">,
  asked: AuthorizationParams,
): boolean {
  if (!session || !user) return false
  if (asked.role !== undefined && !user.roles.includes(asked.role)) return false
  return !("reverification" in asked) || isFresh(asked.reverification, factorAges(session, user))
}
