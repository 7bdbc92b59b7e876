import { expect, test } from "vitest"
import { settingsForTests } from "../../testing/engine.ts"
import { isCommonPassword } from "./common-passwords.ts"
import { commonWords } from "./common-words.ts"
import { judgeNewPassword } from "./password-rules.ts"

const settings = settingsForTests({ issuer: "Countersign" })
const judge = (password: string, about: Parameters<typeof judgeNewPassword>[2] = {}) =>
  judgeNewPassword(password, settings, about)

test("length is counted in characters, not in bytes, from 8 to 1024", () => {
  expect(judge("kX7#qLp")).toEqual(["too_short"])
  expect(judge("kX7#qLp2")).toEqual([])
  expect(judge("🔑🐙🦑🐋🌵🍋🎻")).toEqual(["too_short"])
  expect(judge("🔑🐙🦑🐋🌵🍋🎻🚲")).toEqual([])
  expect(judge("kX7#qLp2".repeat(128))).toEqual([])
  expect(judge(`${"kX7#qLp2".repeat(128)}!`)).toEqual(["too_long"])
})

test("a decomposed character counts as the composed one", () => {
  expect(judge("kX7qLp\u0061\u0308")).toEqual(["too_short"])
  expect(judge("kX7qLp2\u0061\u0308")).toEqual([])
})

test("there are no composition rules unless a profile sets them", () => {
  for (const password of [
    "tin dustpan gravel",
    "ppqvnzjkwt",
    "7 lantern 8 quarry",
    "наш-дом-у-реки",
    "水曜日の夜の電車で",
  ])
    expect([password, judge(password)]).toEqual([password, []])
})

test.each([
  "password",
  "Password1",
  "password1234567",
  "P@ssw0rd!",
  "p4$$w0rd1",
  "Monkey2024!",
  "123dragon",
  "qwerty123456",
  "qwertyuiop",
  "1q2w3e4r5t",
  "1qaz2wsx",
  "aaaaaaaa",
  "abcabcabc",
  "12345678",
  "987654321",
  "11223344",
  "31121999",
  "1999-12-31",
  "passwordpassword",
  "ILoveYou1",
  "Sunshine!",
  "letmein123",
  "trustno1",
  "abcd1234",
  "Summer2026!",
  "welcome1!",
  "asdfghjkl",
  "football",
  "baseball",
  "superman",
  "michelle",
  "ｐａｓｓｗｏｒｄ",
])("%s is refused as common", (password) => {
  expect(judge(password)).toContain("common")
})

test("the list with its everyday endings is worth far more than the 3,000 first guesses", () => {
  const endings = ["", "1", "12", "123", "1234", "12345", "!", "1!", "123!", "2024", "2025", "2026", "01", "99", "00"]
  let refused = 0
  const passed: string[] = []
  for (const word of commonWords)
    for (const ending of endings) {
      const guess = word + ending
      if (guess.length < 8) continue
      if (isCommonPassword(guess)) refused++
      else passed.push(guess)
    }
  expect(passed).toEqual([])
  expect(refused).toBeGreaterThan(15_000)
})

test.each([
  "Kestrel-Mast-77!",
  "tr0ub4dor&3",
  "Tulip-Anchor-19",
  "84736251",
  "Grüße-9€-Boot",
  "violet kayak 42",
  "correct horse battery staple",
])("%s is not taken for common", (password) => {
  expect(isCommonPassword(password)).toBe(false)
})

test("what is little more than the service's or the account's name is refused", () => {
  const about = { email: "kowalczyk.ewa@parcelforge.example", names: ["Ewelina", "Kowalczyk"] }
  for (const password of [
    "countersign",
    "Countersign1",
    "C0untersign!!",
    "kowalczyk77",
    "ewelina2026",
    "parcelforge1",
    "Kowalczyk.Ewa",
  ])
    expect([password, judge(password, about)]).toEqual([password, ["contains_context"]])
  expect(judge("countersign-quarry-lantern", about)).toEqual([])
  expect(judge("kowalczyk77", {})).toEqual([])
})

test("common and context words can be left unchecked", () => {
  const loose = settingsForTests({ password: { refuseCommon: false } })
  expect(judgeNewPassword("password", loose, {})).toEqual([])
})

test("a user of whom a second factor is demanded may have the shorter length", () => {
  const strict = settingsForTests({ password: { minimumLength: 15, minimumLengthWithRequiredFactor: 8 } })
  expect(judgeNewPassword("lantern-42-tin", strict, {})).toEqual(["too_short"])
  expect(judgeNewPassword("lantern-42-tin!", strict, {})).toEqual([])
  expect(judgeNewPassword("lantern-42-tin", strict, { secondFactorRequired: true })).toEqual([])
})

// The rules and their order: contracts of ASP.NET Core Identity, "Password rules".
const identity = settingsForTests({
  password: {
    minimumLength: 6,
    minimumLengthWithRequiredFactor: 6,
    refuseCommon: false,
    requireDigit: true,
    requireLowercase: true,
    requireUppercase: true,
    requireNonAlphanumeric: true,
    requireUniqueCharacters: 1,
  },
})

test.each([
  ["abc", ["too_short", "requires_non_alphanumeric", "requires_digit", "requires_uppercase"]],
  [
    "",
    [
      "too_short",
      "requires_non_alphanumeric",
      "requires_digit",
      "requires_lowercase",
      "requires_uppercase",
      "requires_unique_characters",
    ],
  ],
  ["        ", ["too_short", "requires_digit", "requires_lowercase", "requires_uppercase"]],
  ["ABCDEF1!", ["requires_lowercase"]],
  ["Äbcdef1", ["requires_uppercase"]],
  ["Abcde1!", []],
] as const)("under the composition rules %j is refused for %j", (password, reasons) => {
  expect(judgeNewPassword(password, identity, {})).toEqual(reasons)
})

test("half a surrogate pair is no text", () => {
  expect(judge("lantern-42-\ud83d")).toEqual(["unusable_characters"])
})
