import { expect, test } from "vitest"
import { clientPage, linkTo } from "./client-page.ts"

const allowed = ["http://localhost:4200", "https://app.example"]

test.each([
  "http://localhost:4200/confirm",
  "http://localhost:4200",
  "https://app.example/a/b?c=d#e",
  "https://app.example:443/a",
  "HTTPS://APP.EXAMPLE/a",
])("%s is a page of a client", (text) => {
  expect(clientPage(text, allowed)).toBeInstanceOf(URL)
})

test.each([
  undefined,
  "",
  "/confirm",
  "localhost:4200/confirm",
  "http://localhost:4201/confirm",
  "https://localhost:4200/confirm",
  "http://app.example/",
  "https://app.example.evil.example/",
  "https://evil.example/?https://app.example",
  "https://app.example@evil.example/",
  "https://user:pass@app.example/",
  "https://app.example\\@evil.example/",
  "https://app.example/\r\nBcc: x@y.example",
  " https://app.example/",
  "//app.example/",
  "javascript:alert(1)",
  "blob:https://app.example/1",
  "ftp://app.example/",
  `https://app.example/${"a".repeat(3000)}`,
])("%j is none", (text) => {
  expect(clientPage(text, allowed)).toBeUndefined()
})

const link = (page: string, email = "ann+b@example.org") => {
  const made = linkTo(new URL(page))({ token: "Ab-_9", email, userId: "u" })
  return "url" in made ? made.url : ""
}

test.each([
  ["https://app.example/confirm", "https://app.example/confirm?token=Ab-_9&email=ann%2Bb%40example.org"],
  ["https://app.example", "https://app.example/?token=Ab-_9&email=ann%2Bb%40example.org"],
  ["https://app.example/c?x=1#top", "https://app.example/c?x=1&token=Ab-_9&email=ann%2Bb%40example.org#top"],
  ["https://app.example/c?x=a%20b", "https://app.example/c?x=a%20b&token=Ab-_9&email=ann%2Bb%40example.org"],
  ["https://app.example/#/confirm", "https://app.example/?token=Ab-_9&email=ann%2Bb%40example.org#/confirm"],
])("the link for %s is %s", (page, expected) => {
  expect(link(page)).toBe(expected)
})

test("an address can't add to the query", () => {
  const url = new URL(link("https://app.example/c", "a&token=x#y@example.org"))
  expect(url.searchParams.getAll("token")).toEqual(["Ab-_9"])
  expect(url.searchParams.get("email")).toBe("a&token=x#y@example.org")
})
