import { expect, test } from "vitest"
import { cookieRulesFor, readCookie, readForeignCookie, writeCookie } from "./cookies.ts"

const rules = cookieRulesFor("https://id.example.com", "lax")

test("a cookie ends with the browser unless it is told until when", () => {
  expect(writeCookie(rules, { name: "session", value: "a" })).toBe(
    "__Host-countersign=a; Path=/; HttpOnly; Secure; SameSite=Lax",
  )
  expect(writeCookie(rules, { name: "device", value: "a", maxAgeSeconds: 60, expiresAt: Date.UTC(2030, 0, 1) })).toBe(
    "__Host-countersign-device=a; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60; Expires=Tue, 01 Jan 2030 00:00:00 GMT",
  )
})

test("clearing sets a past date, whatever else was said", () => {
  const line = writeCookie(rules, { name: "session", value: null, expiresAt: Date.UTC(2030, 0, 1) })
  expect(line).toContain("Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
  expect(line).not.toContain("2030")
})

test("a page of another site has the cookies only where that was decided, and then over https alone", () => {
  expect(writeCookie(cookieRulesFor("https://id.example.com", "none"), { name: "session", value: "a" })).toContain(
    "Secure; SameSite=None",
  )
})

test("of two cookies of one name neither is believed", () => {
  expect(readCookie(rules, "__Host-countersign=a; other=b", "session")).toBe("a")
  expect(readCookie(rules, "__Host-countersign=a; __Host-countersign=b", "session")).toBeUndefined()
})

test("a cookie of another system's name keeps it, and is written and read as ours are", () => {
  expect(writeCookie(rules, { name: "other_key", foreign: true, value: "a" })).toBe(
    "other_key=a; Path=/; HttpOnly; Secure; SameSite=Lax",
  )
  expect(readForeignCookie("x=1; other_key=a", "other_key")).toBe("a")
  expect(readForeignCookie("other_key=a; other_key=b", "other_key")).toBeUndefined()
  expect(readForeignCookie('other_key="a b"', "other_key")).toBeUndefined()
})
