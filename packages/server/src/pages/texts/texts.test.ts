import { describe, expect, test } from "vitest"
import { errorCodes } from "../../engine/errors.ts"
import { type Language, languageOf, languages, type Texts, textsOf, wishedLanguage } from "./texts.ts"

/** Every text by its path: functions are called with the numbers that make a difference. */
const flat = (words: unknown, path = ""): [string, string][] => {
  if (typeof words === "string") return [[path, words]]
  if (typeof words === "function")
    return [0, 1, 2, 7].map((count) => [`${path}(${count})`, (words as (...of: number[]) => string)(count, 10)])
  if (typeof words !== "object" || words === null) throw new TypeError(`${path} is no text`)
  return Object.entries(words).flatMap(([name, inner]) => flat(inner, `${path}.${name}`))
}

const placesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).toSorted()
const english = new Map(flat(textsOf("en")))

describe.each(languages)("the words in %s", (language: Language) => {
  const words: Texts = textsOf(language)
  const texts = flat(words)

  test("are the same ones as in English, and none is empty", () => {
    expect(texts.map(([path]) => path).toSorted()).toEqual([...english.keys()].toSorted())
    for (const [path, text] of texts) expect([path, text.trim().length > 0]).toEqual([path, true])
  })

  test("have the same places to be filled in", () => {
    for (const [path, text] of texts) expect([path, placesIn(text)]).toEqual([path, placesIn(english.get(path) ?? "")])
  })

  test("are there for everything that the engine refuses", () => {
    for (const code of errorCodes) expect(words.refusals[code]).toMatch(/[.…]$/)
  })

  test("shout at nobody and keep the API's words to the API", () => {
    for (const [path, text] of texts)
      expect([path, /!|\b(TOTP|OTP|challenge|factor|token|HTTP)\b/i.test(told(path, text))]).toEqual([path, false])
  })
})

/** One event is about the technique itself. */
const told = (path: string, text: string): string => (path.endsWith("refresh_token.reused") ? "" : text)

test("a language is found from its tag, whatever the region", () => {
  expect(languageOf("de-AT")).toBe("de")
  expect(languageOf("EN_us")).toBe("en")
  for (const tag of ["fr", "", null, undefined, "deutsch", "toString"]) expect(languageOf(tag)).toBeUndefined()
})

test("of several wishes the strongest that can be met is met", () => {
  expect(wishedLanguage("fr-CH, de;q=0.8, en;q=0.9")).toBe("en")
  expect(wishedLanguage("de-DE,de;q=0.9,en;q=0.8")).toBe("de")
  expect(wishedLanguage("en;q=0, de;q=0.1")).toBe("de")
  for (const junk of [null, "", "*", "fr", ";;;,,,", "en;q=0", "x".repeat(2_000)])
    expect(wishedLanguage(junk)).toBeUndefined()
})
