import type { Proofs, Standing } from "./policy.ts"

/** Whole minutes since the first and the second factor were proved. */
export type FactorAges = readonly [first: number, second: number]

/** Older than any age that can be asked for. */
const neverProved = 99_999

/**
 * The ages as clients and tokens (`fva`) are told them. A second factor that is on but was not asked for (a remembered
 * device) is too old for everything; -1 says that the user has none, so that the first is all there is to ask.
 */
export function factorAges(proofs: Proofs, standing: Standing, now: number): FactorAges {
  const minutesSince = (at: number | null): number =>
    at === null ? neverProved : Math.min(neverProved, Math.max(0, Math.floor((now - at) / 60_000)))
  return [minutesSince(proofs.firstFactorAt), standing.hasSecondFactor ? minutesSince(proofs.secondFactorAt) : -1]
}
