import type { Level, Session, User } from "@countersign/client"

/** How fresh a proof has to be: a preset, or a level and an age in minutes. */
export type ReverificationConfig =
  | "strict_mfa"
  | "strict"
  | "moderate"
  | "lax"
  | { readonly level: Level; readonly afterMinutes: number }

/** Whole minutes since the first and the second factor; -1: the user has no such factor. */
export type FactorAges = readonly [number, number]

const presets: Readonly<Record<string, { level: Level; afterMinutes: number }>> = {
  strict_mfa: { level: "multi_factor", afterMinutes: 10 },
  strict: { level: "second_factor", afterMinutes: 10 },
  moderate: { level: "second_factor", afterMinutes: 60 },
  lax: { level: "second_factor", afterMinutes: 1440 },
}
const levels: ReadonlySet<string> = new Set(["first_factor", "second_factor", "multi_factor"])

// An app that asks for less than this never passes a factor that was not proved in this session.
const neverProved = 99_999

/** The demand behind a preset or an object; undefined where it makes no sense. */
export function readConfig(config: unknown): { level: Level; afterMinutes: number } | undefined {
  if (typeof config === "string") return Object.hasOwn(presets, config) ? presets[config] : undefined
  const { level, afterMinutes } = (config ?? {}) as { level?: unknown; afterMinutes?: unknown }
  if (typeof level !== "string" || !levels.has(level)) return undefined
  if (typeof afterMinutes !== "number" || !(afterMinutes > 0)) return undefined
  return { level: level as Level, afterMinutes }
}

const minutesSince = (at: string | null, now: number): number =>
  at === null ? neverProved : Math.max(0, Math.floor((now - Date.parse(at)) / 60_000))

/** The ages as the hooks and helpers tell them. A second factor that exists but was not asked for is old, not absent. */
export function factorAges(session: Session, user: User, now: number = Date.now()): FactorAges {
  const first = session.firstFactorAt === null && !user.hasPassword ? -1 : minutesSince(session.firstFactorAt, now)
  return [first, user.secondFactorEnabled ? minutesSince(session.secondFactorAt, now) : -1]
}

/** Whether the proofs of a session are fresh enough. What makes no sense is not fresh. */
export function isFresh(config: ReverificationConfig, ages: FactorAges | null): boolean {
  const demand = readConfig(config)
  if (!demand || !ages || ages.length !== 2 || !ages.every((age) => Number.isInteger(age) && age >= -1)) return false
  const [first, second] = ages
  const fresh = (age: number): boolean => age >= 0 && demand.afterMinutes > age
  if (first === -1) return demand.level === "second_factor" && fresh(second)
  if (demand.level === "first_factor" || second === -1) return fresh(first)
  return fresh(second) && (demand.level === "second_factor" || fresh(first))
}
