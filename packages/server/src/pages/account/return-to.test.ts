import { expect, test } from "vitest"
import { appOf, safeHere, safeTarget } from "./return-to.ts"

const settings = {
  publicUrl: "https://id.example.com/auth",
  allowedOrigins: ["https://books.example.com", "http://localhost:5173"],
}

test("a path of this server and an address on an allowed origin are good targets", () => {
  for (const target of ["/account", "/shelf?book=1#page", "https://books.example.com/a?b=c", "http://localhost:5173/"])
    expect(safeTarget(settings, target)).toBe(target)
  expect(safeTarget(settings, "https://id.example.com/x")).toBe("https://id.example.com/x")
})

test("nobody is sent to a stranger, however the address is written", () => {
  for (const target of [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "https://books.example.com.evil.example",
    "https://books.example.com@evil.example",
    "https://user:pass@books.example.com/",
    "http://books.example.com",
    "https://books.example.com:8443",
    "javascript:alert(1)",
    "blob:https://id.example.com/x",
    "data:text/html,x",
    "shelf",
    "",
    null,
    undefined,
    `/${"x".repeat(3_000)}`,
    "/a b",
  ])
    expect(safeTarget(settings, target)).toBeUndefined()
})

test("the way back from the language switch stays among the pages", () => {
  for (const here of ["/account", "/account/sign-in?return_to=https%3A%2F%2Fbooks.example.com%2F", "/account?done=x"])
    expect(safeHere("/account", here)).toBe(here)
  for (const here of [
    "/",
    "/accounting",
    "//account/x",
    "https://evil.example/account",
    "/account/\\x",
    "/account\n",
    undefined,
  ])
    expect(safeHere("/account", here)).toBe("/account")
})

test("the app's host is named where it is another than ours", () => {
  expect(appOf(settings, "https://books.example.com/shelf")).toBe("books.example.com")
  expect(appOf(settings, "https://id.example.com/x")).toBeUndefined()
  expect(appOf(settings, "/x")).toBeUndefined()
  expect(appOf(settings, undefined)).toBeUndefined()
})
