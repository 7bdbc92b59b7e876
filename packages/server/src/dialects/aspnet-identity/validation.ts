import { CountersignError, type ErrorDetails } from "../../engine/errors.ts"

/** The codes of this wire that clients find under `errors`. They are its contract; the texts are shown as they stand. */
const texts = {
  InvalidEmail: "This is not an email address.",
  InvalidUserName: "An email address may only have the letters a to z, digits and the signs - . _ @ + in it.",
  DuplicateUserName: "This email address already has an account.",
  InvalidToken: "The code is wrong, was used before, or is too old.",
  PasswordMismatch: "The old password is wrong.",
  OldPasswordRequired: "The old password is needed for this change.",
  CannotResetSharedKeyAndEnable:
    "A new key can't be made and turned on in one step. Ask for the key first, then confirm it with a code.",
  RequiresTwoFactor: "A code from the authenticator app is needed to turn two-factor authentication on.",
  InvalidTwoFactorCode: "The code from the authenticator app is wrong or was used before.",
  PasswordTooShort: "The password is too short.",
  PasswordRequiresNonAlphanumeric: "The password needs a character that is neither a letter nor a digit.",
  PasswordRequiresDigit: "The password needs a digit (0 to 9).",
  PasswordRequiresLower: "The password needs a lower-case letter (a to z).",
  PasswordRequiresUpper: "The password needs an upper-case letter (A to Z).",
  PasswordRequiresUniqueChars: "The password needs more different characters.",
  ConcurrencyFailure: "Something else changed the account at the same moment. Try again.",
  DefaultError: "That did not work.",
} as const

export type ValidationCode = keyof typeof texts

/** One refusal with everything that is wrong: several texts under a code where it stands for several reasons. */
export type Complaints = Partial<Record<ValidationCode, string[]>>

/** The input breaks a rule of the wire. Rendered as a validation problem. */
export class ValidationFailed extends CountersignError {
  readonly complaints: Complaints

  /** `text` replaces the code's usual one. `details`: what the refusal that is told this way came with. */
  constructor(code: ValidationCode, text?: string, details: ErrorDetails = {}) {
    super("input_invalid", details)
    this.name = "ValidationFailed"
    this.complaints = complaint(code, text)
  }
}

export const complaint = (code: ValidationCode, text: string = texts[code]): Complaints => ({ [code]: [text] })

const ofPassword: Readonly<Record<string, ValidationCode>> = {
  too_short: "PasswordTooShort",
  requires_non_alphanumeric: "PasswordRequiresNonAlphanumeric",
  requires_digit: "PasswordRequiresDigit",
  requires_lowercase: "PasswordRequiresLower",
  requires_uppercase: "PasswordRequiresUpper",
  requires_unique_characters: "PasswordRequiresUniqueChars",
}

/** Rules that the original does not have, and so has no code for. */
const furtherRules: Readonly<Record<string, string>> = {
  too_long: "The password is too long.",
  common: "This password is one of those that are tried first. Choose another one.",
  contains_context: "The password must not be made of the name of the service or of your own.",
  unusable_characters: "The password has characters in it that can't be stored.",
}

/** All broken rules of a password together, in the order in which they were reported. */
export const passwordComplaints = ({ reasons = [], minimumLength }: ErrorDetails): Complaints => {
  const complaints: Complaints = {}
  for (const reason of reasons) {
    const code = ofPassword[reason] ?? "DefaultError"
    const told =
      reason === "too_short" && minimumLength !== undefined
        ? `The password needs at least ${String(minimumLength)} characters.`
        : (furtherRules[reason] ?? texts[code])
    ;(complaints[code] ??= []).push(told)
  }
  return reasons.length > 0 ? complaints : complaint("DefaultError", "This password can't be used.")
}
