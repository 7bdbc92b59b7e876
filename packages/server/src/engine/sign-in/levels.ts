/** Which proofs a challenge still lacks. */
import type { Method } from "../engine.ts"
import type { FactorKind } from "../factors/factor.ts"
import type { Kinds } from "../factors/kinds.ts"
import { levelFor, type Standing } from "../policy/policy.ts"
import type { Challenge } from "./records.ts"

type Role = FactorKind["role"]

const first: readonly Role[] = ["primary"]
const second: readonly Role[] = ["factor", "fallback"]

/**
 * The roles of which one proof has to come next, after these methods; empty: nothing is missing. A sign-in lacks the
 * second step, since the first opened the challenge.
 */
export function missingRoles(
  challenge: Pick<Challenge, "purpose" | "level">,
  methods: readonly Method[],
  kinds: Kinds,
  standing: Standing,
): readonly Role[] {
  const proved = (roles: readonly Role[]): boolean =>
    methods.some(({ method, kind }) => method === "mfa" || roles.includes(roleOf(kinds, kind) ?? "primary"))
  if (challenge.purpose !== "step_up") return proved(second) ? [] : second
  const level = levelFor(challenge.level ?? "second_factor", standing)
  if (level !== "second_factor" && !proved(first)) return first
  return level !== "first_factor" && !proved(second) ? second : []
}

const roleOf = (kinds: Kinds, name: string): Role | undefined => kinds.find((kind) => kind.name === name)?.role
