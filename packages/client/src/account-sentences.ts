import { CountersignClientError } from "./client-error.ts"
import type { ErrorCode, ErrorFacts, SentenceFor } from "./client-error.ts"

const passwordReasons: Record<string, string> = {
  too_short: "It has to be longer.",
  too_long: "It is too long.",
  common: "It is one of the first that somebody would guess.",
  contains_context: "It must not contain your name or the name of this service.",
  requires_digit: "It needs a digit.",
  requires_lowercase: "It needs a small letter.",
  requires_uppercase: "It needs a capital letter.",
  requires_non_alphanumeric: "It needs a sign that is neither letter nor digit.",
}

/** Says what is wrong with a password, each reason in a sentence of its own. */
const passwordSentence = ({ reasons = [], minimumLength }: ErrorFacts): string =>
  [
    "Choose another password.",
    ...reasons.map((reason) =>
      reason === "too_short" && minimumLength ? `Use at least ${minimumLength} characters.` : passwordReasons[reason],
    ),
  ]
    .filter(Boolean)
    .join(" ")

const texts: Partial<Record<ErrorCode, (facts: ErrorFacts) => string>> = {
  password_rejected: passwordSentence,
  link_invalid: () => "That link has been used or has run out. Ask for a new one.",
  address_taken: () => "That email address is already in use.",
}

/** Runs it, and gives refusals that only such calls meet the sentence that helps. */
export async function inWords<T>(run: Promise<T>, sentence: SentenceFor | undefined): Promise<T> {
  try {
    return await run
  } catch (error) {
    const text = error instanceof CountersignClientError ? texts[error.code]?.(error) : undefined
    if (!(error instanceof CountersignClientError) || text === undefined) throw error
    throw new CountersignClientError(error, (facts) => sentence?.(facts) ?? text, error.cause)
  }
}
