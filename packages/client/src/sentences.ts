import type { ErrorCode, ErrorFacts } from "./client-error.ts"

const texts: Partial<Record<ErrorCode, string>> = {
  input_invalid: "Please check what you entered.",
  unauthenticated: "You are signed out. Sign in again.",
  credentials_incorrect: "That email address and password don't match.",
  account_disabled: "This account has been switched off.",
  address_unconfirmed: "Confirm your email address first. The link is in your inbox.",
  too_many_attempts: "Too many tries.",
  too_many_requests: "Too many tries.",
  challenge_spent: "This took too long. Start again.",
  code_incorrect: "That code is not right. Check it and try again.",
  code_already_used: "That code has been used. Wait for the next one.",
  factor_dead: "This app can't be used any more. Use a recovery code and add the app again.",
  kind_not_offered: "That way of confirming is not available here.",
  factor_limit_reached: "You have as many apps as you can have. Remove one first.",
  factor_required: "You need at least one second step. Add another before you remove this one.",
  already_enrolled: "You already have an authenticator app. Remove it first.",
  enrolment_required: "Set up a second step first.",
  enrolment_expired: "This took too long. Start again with a new QR code.",
  session_reverification_required: "Confirm that it's you first.",
  mfa_token_invalid: "That confirmation has been used or has run out. Confirm again.",
  insufficient_scope: "You are not allowed to do that.",
  forbidden: "You are not allowed to do that.",
  not_found: "That is not there any more.",
  conflict: "Something else changed at the same time. Try again.",
  address_taken: "That email address is already in use.",
  password_rejected: "Choose another password.",
  link_invalid: "That link has been used or has run out. Ask for a new one.",
  network_error: "No connection. Check it and try again.",
  reverification_cancelled: "You didn't confirm that it's you, so nothing was changed.",
}

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

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`

/** "in 40 seconds", "in 5 minutes": rounded up, so that nobody comes back too early. */
export function waitInWords(seconds: number): string {
  if (seconds < 90) return `in ${plural(Math.max(1, Math.ceil(seconds)), "second")}`
  if (seconds < 5400) return `in ${plural(Math.ceil(seconds / 60), "minute")}`
  return `in ${plural(Math.ceil(seconds / 3600), "hour")}`
}

/** The English sentence for a refusal. Says what to do next and tells nothing that the person may not know. */
export function sentenceFor(facts: ErrorFacts): string {
  const { code, retryAfter, clockOffSeconds, reasons, minimumLength } = facts
  if (code === "code_incorrect" && clockOffSeconds) {
    const side = clockOffSeconds < 0 ? "behind" : "ahead"
    return `Your phone's clock is about ${plural(Math.abs(clockOffSeconds), "second")} ${side}. Switch on automatic time, then try the next code.`
  }
  if (code === "password_rejected" && reasons?.length) {
    const said = reasons.map((reason) =>
      reason === "too_short" && minimumLength ? `Use at least ${minimumLength} characters.` : passwordReasons[reason],
    )
    return [texts[code], ...said].filter(Boolean).join(" ")
  }
  const text = texts[code] ?? "Something went wrong. Try again in a moment."
  return retryAfter ? `${text} Try again ${waitInWords(retryAfter)}.` : text
}
