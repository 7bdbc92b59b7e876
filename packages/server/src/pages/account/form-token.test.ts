import { expect, test } from "vitest"
import { boundTo, formTokenOf, isFormToken, newSeed } from "./form-token.ts"

const seed = newSeed()
const guest = boundTo(undefined)
const session = boundTo("0190-a")

test("a form is ours when its token fits the browser's seed and who the browser is", () => {
  expect(isFormToken(seed, [guest], formTokenOf(seed, guest))).toBe(true)
  expect(isFormToken(seed, [session], formTokenOf(seed, session))).toBe(true)
})

test("a token of another browser, of another session or of nobody does nothing", () => {
  expect(isFormToken(newSeed(), [guest], formTokenOf(seed, guest))).toBe(false)
  expect(isFormToken(seed, [session], formTokenOf(seed, guest))).toBe(false)
  expect(isFormToken(seed, [boundTo("0190-b")], formTokenOf(seed, session))).toBe(false)
  for (const shown of [undefined, "", "x", seed]) expect(isFormToken(seed, [guest], shown)).toBe(false)
})

test("a seed that somebody planted empty or short is none", () => {
  for (const planted of [undefined, "", "aaaa"])
    expect(isFormToken(planted, [guest], formTokenOf(planted ?? "", guest))).toBe(false)
})

test("no two seeds are alike", () => {
  expect(new Set(Array.from({ length: 100 }, newSeed)).size).toBe(100)
})
