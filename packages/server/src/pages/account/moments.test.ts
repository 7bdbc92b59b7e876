import { expect, test } from "vitest"
import { textOf } from "./say.ts"
import { agoPlainly, lasting, left, until } from "./moments.ts"

const now = Date.UTC(2030, 5, 15, 12)
const minute = 60_000
const day = 24 * 60 * minute

test("what has been is told in the unit that a person would use", () => {
  const told = (past: number) => agoPlainly("en", now, now - past)
  expect(told(0)).toBe("just now")
  expect(told(59_000)).toBe("just now")
  expect(told(minute)).toBe("1 minute ago")
  expect(told(59 * minute)).toBe("59 minutes ago")
  expect(told(5 * 60 * minute)).toBe("5 hours ago")
  expect(told(day)).toBe("yesterday")
  expect(told(6 * day)).toBe("6 days ago")
  expect(told(7 * day)).toBe("8 June 2030")
  expect(agoPlainly("de", now, now - 2 * day)).toBe("vorgestern")
  expect(agoPlainly("de", now, now - 40 * day)).toBe("6. Mai 2030")
})

test("a clock that went back a little makes nothing happen in the future", () => {
  expect(agoPlainly("en", now, now + minute)).toBe("just now")
})

test("a span never sounds shorter than it is", () => {
  expect(lasting("en", 0.2)).toBe("1 second")
  expect(lasting("en", 61)).toBe("61 seconds")
  expect(lasting("en", 91)).toBe("2 minutes")
  expect(lasting("en", 600)).toBe("10 minutes")
  expect(lasting("en", 3_600)).toBe("1 hour")
  expect(lasting("en", 86_400)).toBe("24 hours")
  expect(lasting("de", 30 * 86_400)).toBe("30 Tage")
})

test("a wait is told without script as well, and counted by the person's own clock with it", () => {
  const wait = textOf(until("en", now, now + 5 * minute))
  expect(wait).toContain("in 5 minutes")
  expect(wait).toContain('data-seconds="300"')
  expect(textOf(until("en", now, now - 1))).toMatch(/>\s*now</)
  expect(textOf(left("de", now, now + 90_000))).toContain("2 Minuten")
})
