import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { typedDigits, typedText } from "./typed-code.ts"

describe("digits as people type them", () => {
  test.each([
    "012345",
    " 012345 ",
    "012 345",
    "0 1 2 3 4 5",
    "012-345",
    "012–345",
    "012—345",
    "012−345",
    "012\u00a0345",
    "012\u202f345",
    "012\u200b345",
    "\ufeff012345\n",
    "012\t345",
    "０１２３４５",
    "٠١٢٣٤٥",
    "۰۱۲۳۴۵",
    "०१२३४५",
    "๐๑๒๓๔๕",
    "𝟎𝟏𝟐𝟑𝟒𝟓",
    "𝟘𝟙𝟚𝟛𝟜𝟝",
  ])("%j is 012345", (typed) => {
    expect(typedDigits(typed)).toBe("012345")
  })

  test.each([
    ["empty", ""],
    ["only blanks", " \u00a0- "],
    ["letters", "12345a"],
    ["a sign", "+123456"],
    ["a decimal point", "123.456"],
    ["an exponent", "1e5"],
    ["hexadecimal", "0x1234"],
    ["circled digits that are no letters of a number", "abc①"],
    ["a number", 123456],
    ["true", true],
    ["null", null],
    ["undefined", undefined],
    ["a list", ["123456"]],
    ["an object", { code: "123456" }],
    ["endless", "1".repeat(100_000)],
    ["a NUL", "123\u0000456"],
    ["half a surrogate pair", "12345\ud83d"],
  ])("%s is no code", (_, typed) => {
    expect(typedDigits(typed)).toBeUndefined()
  })

  test("Unicode's decimal digits come in whole runs of ten", () => {
    const points = Array.from({ length: 0x110000 }, (_, point) => (point >= 0xd800 && point < 0xe000 ? 0 : point))
    const all = points.map((point) => String.fromCodePoint(point)).join("")
    for (const [run] of all.matchAll(/\p{Nd}+/gu)) expect(Array.from(run).length % 10).toBe(0)
  })

  test("separators anywhere change nothing", () => {
    const separator = fc.constantFrom(" ", "-", "\u2009", "\u200d", "–", "")
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), separator), { minLength: 1, maxLength: 20 }),
        (parts) => {
          expect(typedDigits(parts.map(([digit, between]) => `${digit}${between}`).join(""))).toBe(
            parts.map(([digit]) => digit).join(""),
          )
        },
      ),
    )
  })

  test("whatever comes in, the answer is digits or nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.anything()), (input) => {
        expect(typedDigits(input) ?? "0").toMatch(/^[0-9]+$/)
      }),
    )
  })
})

describe("codes of letters", () => {
  test.each(["abcde-fghjk", "ABCDE FGHJK", " abcdefghjk ", "ａｂｃｄｅ－ＦＧＨＪＫ"])("%j is ABCDEFGHJK", (typed) => {
    expect(typedText(typed)).toBe("ABCDEFGHJK")
  })
  test.each([["", null, 7, {}, [], "-", "x".repeat(200)]])("%j is nothing", (typed) => {
    expect(typedText(typed)).toBeUndefined()
  })
})
