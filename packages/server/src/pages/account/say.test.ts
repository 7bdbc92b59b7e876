import { html } from "hono/html"
import { expect, test } from "vitest"
import { say, sayPlainly, textOf } from "./say.ts"

test("what is filled into a text is escaped, unless a template made it", () => {
  expect(textOf(html`<p>${say("To {who}.", { who: "<b>Mara</b>" })}</p>`)).toBe("<p>To &lt;b&gt;Mara&lt;/b&gt;.</p>")
  expect(textOf(html`<p>${say("To {who}.", { who: html`<b>Mara</b>` })}</p>`)).toBe("<p>To <b>Mara</b>.</p>")
})

test("a value that looks like a place is not filled in again", () => {
  expect(sayPlainly("{a} and {b}", { a: "{b}", b: "$&" })).toBe("{b} and $&")
})

test("a place without a value is the programmer's mistake", () => {
  expect(() => say("To {who}.")).toThrow(TypeError)
  expect(() => sayPlainly("To {who}.", {})).toThrow(TypeError)
})
