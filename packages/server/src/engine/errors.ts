/**
 * The closed list of what can be refused to a user. The codes are part of the contract of every door; the texts
 * are not. A dialect maps each to its own wire, and a test walks the list.
 */
export const errorCodes = [
  "input_invalid", // a field is missing or malformed; `field` names it
  "unauthenticated", // no credential, or one that is unknown, expired or ended
  "credentials_incorrect", // wrong password or unknown identifier: never told apart
  "account_disabled", // told only after the right password
  "address_unconfirmed", // told only after the right password
  "too_many_attempts", // a lock or a wait on the account or the challenge; `retryAfter` in seconds
  "too_many_requests", // a limit on the client's address; `retryAfter` in seconds
  "challenge_spent", // unknown, expired, settled or exhausted challenge
  "code_incorrect", // includes "already used" and "factor dead", for anybody but a proven session
  "code_already_used", // told only during enrolment and to a proven session
  "factor_dead", // 100 failures without a success: has to be bound anew; told only to a proven session
  "kind_not_offered", // the installation, or this challenge, does not offer that kind of factor
  "factor_limit_reached",
  "factor_required", // policy demands that one factor stays
  "already_enrolled", // a door that allows one authenticator met a second one
  "enrolment_required", // policy demands a second factor before this may pass
  "enrolment_expired", // no pending factor that the code could confirm
  "session_reverification_required", // needs a fresh proof; `level` and `maxAgeSeconds`
  "mfa_token_invalid", // unknown, expired, spent, or for another action
  "insufficient_scope", // the key lacks a scope; `scope` names it
  "forbidden",
  "not_found",
  "conflict", // a concurrent change won; read again
  "address_taken", // only for operators, service keys, and doors whose wire demands it
  "password_rejected", // `reasons` says why
  "link_invalid", // unknown, used or expired mailed link
  "origin_refused",
  "method_not_allowed",
  "unsupported_media_type",
  "body_too_large",
  "request_timeout",
  "unavailable", // the database can't answer
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Facts that may travel with a refusal. None of them is ever a secret or something that was typed. */
export type ErrorDetails = {
  /** The input's name, dotted for nested fields. */
  field?: string
  /** All fields that were refused, when there are several. */
  fields?: { field: string; reason: string }[]
  /** Why a password was rejected, as codes: `too_short`, `too_long`, `common`, `contains_context`, `requires_digit`, … */
  reasons?: string[]
  /** Seconds until another try is worth while. */
  retryAfter?: number
  /** By how many seconds the phone's clock is off; negative: behind. */
  clockOffSeconds?: number
  /** How often the challenge can still be answered. */
  attemptsLeft?: number
  level?: Level
  maxAgeSeconds?: number
  scope?: string
  /** The shortest password that is accepted, with `too_short`. */
  minimumLength?: number
}

/** What a session has to prove again. `multi_factor` is both. */
export type Level = "first_factor" | "second_factor" | "multi_factor"

/** A refusal that the user can do something about. The programmer's mistakes are `TypeError`s. */
export class CountersignError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(code)
    this.name = "CountersignError"
    this.code = code
    this.details = details
  }
}
