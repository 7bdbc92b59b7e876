import { describe, expect, test } from "vitest"
import { textOf } from "./say.ts"
import { CountersignError, errorCodes } from "../../engine/errors.ts"
import { languages } from "../texts/texts.ts"
import type { Frame } from "./frame.ts"
import { missing, refusalOf } from "./refusals.ts"

const frame = (language: Frame["language"]): Frame => ({
  language,
  now: Date.UTC(2030, 0, 1),
  issuer: "Heron Books",
  base: "/account",
  assets: { css: "", js: "", icon: "" },
  formToken: undefined,
  here: "/account",
  posted: true,
  signedIn: false,
})

describe.each(languages)("in %s", (language) => {
  test.each(errorCodes)("%s has words, with nothing left to be filled in", (code) => {
    for (const details of [
      {},
      { retryAfter: 90 },
      { field: "email" },
      { field: "made-up" },
      { reasons: ["unheard_of"] },
    ]) {
      const { summary, fields } = refusalOf(new CountersignError(code, details), frame(language))
      const said = textOf(summary).replaceAll(/ data-until="[^"]*"/g, "")
      const all = [said, ...Object.values(fields)].join(" ")
      expect(all).toMatch(/\p{L}{3}/u)
      expect(all).not.toMatch(/[{}]|undefined|\[object/)
    }
  })
})

test("a phone whose clock is off is told by how much and what to do", () => {
  const words = (seconds: number): string =>
    refusalOf(new CountersignError("code_incorrect", { clockOffSeconds: seconds }), frame("en")).fields["code"] ?? ""
  expect(words(-70)).toContain("about 70 seconds behind")
  expect(words(70)).toContain("about 70 seconds ahead")
  expect(words(-70)).toContain("automatic")
})

test("the last tries are counted aloud", () => {
  const wrong = (attemptsLeft: number): string =>
    refusalOf(new CountersignError("code_incorrect"), frame("en"), { attemptsLeft }).fields["code"] ?? ""
  expect(wrong(4)).not.toContain("left")
  expect(wrong(2)).toContain("You have 2 tries left.")
  expect(wrong(1)).toContain("You have one try left.")
})

test("a refused password says all that is wrong with it at once, and where", () => {
  const error = new CountersignError("password_rejected", {
    reasons: ["too_short", "requires_digit"],
    minimumLength: 12,
  })
  const { summary, fields } = refusalOf(error, frame("en"))
  expect(fields["password"]).toBe("Make it at least 12 characters long. Put in a digit.")
  expect(textOf(summary)).toContain('href="#password"')
})

test("what is missing is named, each with a way to it", () => {
  const { summary, fields } = missing(frame("en"), ["email", "password"])
  expect(Object.keys(fields)).toEqual(["email", "password"])
  for (const name of ["email", "password"]) expect(textOf(summary)).toContain(`href="#${name}"`)
})
