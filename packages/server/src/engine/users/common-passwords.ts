/** Whether a password is one that everybody tries first (NIST SP 800-63B-4, 3.1.1.2; ASVS 6.2.4). Pure. */
import { commonWords } from "./common-words.ts"

/** The longest decoration (digits and signs) that is looked through in front of and behind a common word. */
const longestDecoration = 8

const lookAlikes: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "l",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
  "+": "t",
}

/** Lower case without marks, look-alike digits and signs as letters, nothing but letters and digits. */
export const plainForm = (text: string): string =>
  Array.from(text.normalize("NFKD").toLowerCase(), (sign) => lookAlikes[sign] ?? sign)
    .join("")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")

export function isCommonPassword(password: string): boolean {
  const text = password.normalize("NFKC").trim().toLowerCase()
  if (text.length > 64) return isRepeated(text)
  return isRepeated(text) || isKeyboardRun(text) || isDate(text) || isWordWithDecoration(text)
}

/** `Monkey2024!`, `123dragon`, `p4$$w0rd1`: take away what stands around, then read look-alikes. */
function isWordWithDecoration(text: string): boolean {
  const letters = text.replaceAll(/[\s._\-']/g, "")
  const [, before = "", core = "", behind = ""] = /^([^\p{L}]*)(.*?)([^\p{L}]*)$/u.exec(letters) ?? []
  if (before.length > longestDecoration || behind.length > longestDecoration) return false
  const readings = [plainForm(core).replaceAll("l", "i")]
  // A look-alike may stand at the edge (`passw0rd`, `$unshine`), where it was taken for decoration.
  for (let take = 0; take <= behind.length; take++) {
    const end = core + behind.slice(0, take)
    readings.push(end, plainForm(end))
    if (before !== "") readings.push(plainForm(before.slice(-1) + core + behind.slice(0, take)))
  }
  return readings.some((reading) => commonWords.has(reading) || isTwice(reading))
}

const isTwice = (text: string): boolean => {
  const half = text.slice(0, text.length / 2)
  return text.length % 2 === 0 && half + half === text && commonWords.has(half)
}

/** `aaaaaaaa`, `abcabcabc`, `12121212`: one short piece again and again, at least three times. */
function isRepeated(text: string): boolean {
  for (let unit = 1; unit <= Math.min(6, text.length / 3); unit++)
    if (
      text
        .slice(0, unit)
        .repeat(Math.ceil(text.length / unit))
        .slice(0, text.length) === text
    )
      return true
  // Two different signs in all are no more than a pattern.
  return text.length >= 6 && new Set(text).size <= 2
}

const rows = [
  "01234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
  "qsdfghjklm",
  "wxcvbn",
  "!@#$%^&*()",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
  "qazwsxedcrfvtgbyhnujm",
  "1q2w3e4r5t6y7u8i9o0p",
  "q1w2e3r4t5y6u7i8o9p0",
  "1a2b3c4d5e6f7g8h9i",
  "a1b2c3d4e5f6g7h8i9",
  "147258369",
  "159753",
  "741852963",
  "zaq12wsxcde34rfv",
  "123qweasdzxc",
  "112233445566778899",
  "aabbccddeeffgg",
]
const runs = rows.flatMap((row) => [row, Array.from(row).toReversed().join("")])

/** Nothing but runs along a row of keys, of the alphabet or of the digits, each at least three long. */
function isKeyboardRun(text: string): boolean {
  let at = 0
  while (at < text.length) {
    let longest = 0
    for (const run of runs)
      for (let length = Math.min(run.length, text.length - at); length > Math.max(longest, 2); length--)
        if (run.includes(text.slice(at, at + length))) longest = length
    // One or two signs may hang on at the end (`qwertyuiop1`, `12345678!`).
    if (longest === 0) return at >= 6 && text.length - at <= 2
    at += longest
  }
  return text.length > 0
}

/** `31121999`, `1999-12-31`, `12.31.1999`, with a sign or two behind. */
function isDate(text: string): boolean {
  const digits = text.replaceAll(/[\s./-]/g, "").replace(/[^0-9]{1,2}$/, "")
  const year = "(19|20)\\d\\d"
  const small = "(0[1-9]|[12]\\d|3[01])"
  return new RegExp(`^(${small}${small}${year}|${year}${small}${small}|${year}${year})$`).test(digits)
}
