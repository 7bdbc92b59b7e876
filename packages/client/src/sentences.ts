import type { ErrorCode, ErrorFacts } from "./client-error.ts"

const texts: Partial<Record<ErrorCode, string>> = {
  input_invalid: "Please check what you entered.",
  unauthenticated: "You are signed out. Sign in again.",
  credentials_incorrect: "That email address and password don't match.",
  account_disabled: "This account is switched off.",
  address_unconfirmed: "Confirm your email address first. The link is in your inbox.",
  too_many_attempts: "Too many tries.",
  too_many_requests: "Too many tries.",
  challenge_spent: "This took too long. Start again.",
  code_incorrect: "That code is not right. Check it and try again.",
  code_already_used: "That code has been used. Wait for the next one.",
  factor_dead: "This app can't be used any more. Use a recovery code.",
  kind_not_offered: "That is not available here.",
  factor_limit_reached: "You already have as many apps as you can have.",
  factor_required: "You need a second step. Add another first.",
  already_enrolled: "You already have an authenticator app. Remove it first.",
  enrolment_required: "Set up a second step first.",
  enrolment_expired: "This took too long. Start again.",
  session_reverification_required: "Confirm that it's you first.",
  mfa_token_invalid: "That has been used or has run out. Confirm again.",
  forbidden: "You are not allowed to do that.",
  not_found: "That is not there any more.",
  conflict: "Something else changed meanwhile. Try again.",
  network_error: "No connection. Check it and try again.",
  reverification_cancelled: "You didn't confirm, so nothing was changed.",
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
  const { code, retryAfter, clockOffSeconds } = facts
  if (code === "code_incorrect" && clockOffSeconds) {
    const side = clockOffSeconds < 0 ? "behind" : "ahead"
    return `Your phone's clock is about ${plural(Math.abs(clockOffSeconds), "second")} ${side}. Switch on automatic time, then try the next code.`
  }
  const text = texts[code] ?? "Something went wrong. Try again in a moment."
  return retryAfter ? `${text} Try again ${waitInWords(retryAfter)}.` : text
}
