import { expect, test } from "vitest"
import { factorAges, isFresh, readConfig } from "./freshness.ts"

const at = (
  level: "first_factor" | "second_factor" | "multi_factor",
): { level: typeof level; afterMinutes: number } => ({
  level,
  afterMinutes: 10,
})
const fresh = 9
const old = 10

// Columns: what the session has; rows: what is asked. -1: there is no such factor.
for (const [level, ages, passes] of [
  ["first_factor", [fresh, -1], true],
  ["first_factor", [old, -1], false],
  ["first_factor", [-1, fresh], false],
  ["first_factor", [fresh, old], true],
  ["first_factor", [old, fresh], false],
  ["second_factor", [fresh, -1], true],
  ["second_factor", [old, -1], false],
  ["second_factor", [-1, fresh], true],
  ["second_factor", [-1, old], false],
  ["second_factor", [old, fresh], true],
  ["second_factor", [fresh, old], false],
  ["multi_factor", [fresh, -1], true],
  ["multi_factor", [old, -1], false],
  ["multi_factor", [-1, fresh], false],
  ["multi_factor", [fresh, fresh], true],
  ["multi_factor", [old, fresh], false],
  ["multi_factor", [fresh, old], false],
  ["first_factor", [-1, -1], false],
  ["second_factor", [-1, -1], false],
  ["multi_factor", [-1, -1], false],
] as const)
  test(`${level} with ages ${ages.join(" and ")} ${passes ? "passes" : "is refused"}`, () => {
    expect(isFresh(at(level), ages)).toBe(passes)
  })

test("ages that make no sense, and demands that make none, are not fresh", () => {
  for (const ages of [null, [], [1], [1, 2, 3], [0.5, 1], ["0", "0"], [Number.NaN, 0], [-2, 0]])
    expect(isFresh(at("second_factor"), ages as never)).toBe(false)
  for (const config of [
    "",
    "stricter",
    "constructor",
    null,
    {},
    { level: "all", afterMinutes: 1 },
    { level: "first_factor", afterMinutes: 0 },
    { level: "first_factor", afterMinutes: "9" },
  ])
    expect(isFresh(config as never, [0, 0])).toBe(false)
})

test("presets are what their names promise", () => {
  expect(readConfig("strict_mfa")).toEqual({ level: "multi_factor", afterMinutes: 10 })
  expect(readConfig("strict")).toEqual({ level: "second_factor", afterMinutes: 10 })
  expect(readConfig("moderate")).toEqual({ level: "second_factor", afterMinutes: 60 })
  expect(readConfig("lax")).toEqual({ level: "second_factor", afterMinutes: 1440 })
})

test("a second factor that exists but was not asked for, as on a remembered device, is old and not absent", () => {
  const now = Date.parse("2030-01-01T01:00:30Z")
  const session = { firstFactorAt: "2030-01-01T00:55:00Z", secondFactorAt: null }
  const user = { hasPassword: true, secondFactorEnabled: true }
  const ages = factorAges(session as never, user as never, now)
  expect(ages).toEqual([5, 99_999])
  expect(isFresh("lax", ages)).toBe(false)
  expect(factorAges(session as never, { ...user, secondFactorEnabled: false } as never, now)).toEqual([5, -1])
})
