import type { ErrorDetails } from "../../engine/errors.ts"

/** Why a password was refused, one sentence a reason, for the client to print. */
export const passwordSentences = ({ reasons = [], minimumLength }: ErrorDetails): string[] => {
  const sentences = reasons.map((reason) =>
    reason === "too_short" && minimumLength !== undefined
      ? `Passwords must be at least ${String(minimumLength)} characters.`
      : (byReason[reason] ?? "This password can't be used."),
  )
  return sentences.length > 0 ? sentences : ["This password can't be used."]
}

const byReason: Readonly<Record<string, string>> = {
  too_short: "Passwords must be longer.",
  too_long: "Passwords must be shorter.",
  common: "This password is one of those that are tried first. Choose another one.",
  contains_context: "Passwords must not be made of the name of the service or of your own.",
  requires_non_alphanumeric: "Passwords must have at least one non alphanumeric character.",
  requires_digit: "Passwords must have at least one digit ('0'-'9').",
  requires_lowercase: "Passwords must have at least one lowercase ('a'-'z').",
  requires_uppercase: "Passwords must have at least one uppercase ('A'-'Z').",
  requires_unique_characters: "Passwords must use more different characters.",
  unusable_characters: "Passwords must be made of characters that can be stored.",
}
