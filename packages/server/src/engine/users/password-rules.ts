/** What a new password may be. Pure; the reasons are codes, so that doors and pages put them in their own words. */
import type { Settings } from "../settings.ts"
import { isCommonPassword, plainForm } from "./common-passwords.ts"

export const passwordReasons = [
  "too_short",
  "too_long",
  "common", // well known, or a plain pattern of it
  "contains_context", // hardly more than the service's or the account's own name
  "requires_non_alphanumeric",
  "requires_digit",
  "requires_lowercase",
  "requires_uppercase",
  "requires_unique_characters",
  "unusable_characters", // text that is not well-formed Unicode
] as const

export type PasswordReason = (typeof passwordReasons)[number]

type About = {
  readonly email?: string | null | undefined
  readonly names?: readonly (string | null | undefined)[]
  /** Policy demands a second factor of the user, so that a shorter password is enough (NIST SP 800-63B-4, 3.1.1.2). */
  readonly secondFactorRequired?: boolean
}

/** The shortest password, in code points, that is accepted of such a user. */
export const minimumLengthOf = ({ password }: Pick<Settings, "password">, about: About): number =>
  about.secondFactorRequired ? password.minimumLengthWithRequiredFactor : password.minimumLength

/**
 * Everything that speaks against a password, in the order of the list; empty when it may be used.
 * Length is counted in code points of the NFC form.
 */
export function judgeNewPassword(
  password: string,
  settings: Pick<Settings, "password" | "issuer">,
  about: About,
): PasswordReason[] {
  const rules = settings.password
  if (!password.isWellFormed()) return ["unusable_characters"]
  const text = password.normalize("NFC")
  const signs = Array.from(text)
  const reasons: PasswordReason[] = []
  if (signs.length < minimumLengthOf(settings, about) || text.trim() === "") reasons.push("too_short")
  if (signs.length > rules.maximumLength) return ["too_long"]
  if (rules.refuseCommon && text !== "") {
    if (isCommonPassword(text)) reasons.push("common")
    else if (restsOnContext(text, contextWords(settings.issuer, about))) reasons.push("contains_context")
  }
  if (rules.requireNonAlphanumeric && !/[^A-Za-z0-9]/.test(text)) reasons.push("requires_non_alphanumeric")
  if (rules.requireDigit && !/[0-9]/.test(text)) reasons.push("requires_digit")
  if (rules.requireLowercase && !/[a-z]/.test(text)) reasons.push("requires_lowercase")
  if (rules.requireUppercase && !/[A-Z]/.test(text)) reasons.push("requires_uppercase")
  if (new Set(signs).size < rules.requireUniqueCharacters) reasons.push("requires_unique_characters")
  return reasons
}

/** ASVS 6.1.2: the words that belong to this service and this account. */
function contextWords(issuer: string, { email, names = [] }: About): string[] {
  const [local = "", domain = ""] = (email ?? "").split("@")
  const words = [
    issuer,
    ...issuer.split(/[^\p{L}\p{N}]+/u),
    local,
    ...local.split(/[^\p{L}\p{N}]+/u),
    domain,
    domain.split(".")[0],
    ...names,
  ]
  return words.flatMap((word) => (word ? [plainForm(word)] : [])).filter((word) => word.length >= 4)
}

/** Without the context's words fewer than six characters are left: what stands around them is decoration. */
function restsOnContext(password: string, words: readonly string[]): boolean {
  let rest = plainForm(password)
  const whole = rest
  for (const word of words.toSorted((a, b) => b.length - a.length)) rest = rest.replaceAll(word, "")
  return rest !== whole && Array.from(rest).length < 6
}
