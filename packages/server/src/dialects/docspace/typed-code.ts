import { CountersignError } from "../../engine/errors.ts"

const shapes = /[\s\p{Pd}]+/gu

/**
 * The kinds that a typed code may be of, likeliest first, among those that are offered. The wire has one field for codes
 * of an app and backup codes; what is digits alone may be either, and the engine says which of them it can't be without
 * counting it. A mailed code only where there is no app: six digits are one or the other.
 */
export const kindsOf = (code: string, offered: readonly string[]): readonly string[] => {
  const isDigits = /^\p{Nd}+$/u.test(code.normalize("NFKC").replaceAll(shapes, ""))
  const possible = isDigits ? [offered.includes("totp") ? "totp" : "email-code", "recovery-code"] : ["recovery-code"]
  return possible.filter((kind) => offered.includes(kind))
}

/**
 * Tries the code as each of the kinds until one takes it for a code of its own.
 * @throws CountersignError whatever the last of them said; `code_incorrect` where it can be a code of none
 */
export const tryAs = async <T>(kinds: readonly string[], attempt: (kind: string) => Promise<T>): Promise<T> => {
  for (const kind of kinds) {
    try {
      return await attempt(kind)
    } catch (error) {
      const isOther =
        error instanceof CountersignError && (error.code === "input_invalid" || error.code === "kind_not_offered")
      if (!isOther) throw error
    }
  }
  throw new CountersignError("code_incorrect")
}
