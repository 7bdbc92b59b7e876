import type { Actor } from "../engine.ts"
import { CountersignError } from "../errors.ts"

/**
 * Passes operators, and services that hold the scope.
 * @throws CountersignError `insufficient_scope` for another service, `forbidden` for everybody else.
 */
export function demandAdministrator(actor: Actor, scope: string): void {
  if (actor.type === "operator") return
  if (actor.type !== "service") throw new CountersignError("forbidden")
  if (!actor.key.scopes.includes(scope)) throw new CountersignError("insufficient_scope", { scope })
}
