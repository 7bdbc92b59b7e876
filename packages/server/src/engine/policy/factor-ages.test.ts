import { expect, test } from "vitest"
import { factorAges } from "./factor-ages.ts"

const now = Date.UTC(2030, 0, 1)
const ago = (minutes: number, seconds = 0): number => now - minutes * 60_000 - seconds * 1000

test.each([
  { what: "both proved", first: ago(3, 59), second: ago(0, 59), has: true, ages: [3, 0] },
  { what: "a second factor that was not asked for", first: ago(3), second: null, has: true, ages: [3, 99_999] },
  { what: "no second factor", first: ago(3), second: null, has: false, ages: [3, -1] },
  { what: "a second factor that is gone", first: ago(3), second: ago(1), has: false, ages: [3, -1] },
  { what: "no first factor in this session", first: null, second: ago(1), has: true, ages: [99_999, 1] },
  { what: "a clock that went back", first: now + 60_000, second: now + 1, has: true, ages: [0, 0] },
  { what: "a session of years", first: ago(200_000), second: ago(99_998), has: true, ages: [99_999, 99_998] },
])("$what", ({ first, second, has, ages }) => {
  const proofs = { firstFactorAt: first, secondFactorAt: second }
  expect(factorAges(proofs, { hasSecondFactor: has }, now)).toEqual(ages)
})
