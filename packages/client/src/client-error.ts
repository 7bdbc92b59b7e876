import { sentenceFor } from "./sentences.ts"
import type { Level } from "./wire.ts"

/** The server's closed list, and what only a client can meet: no answer, an answer that makes no sense, a closed dialog. */
export type ErrorCode =
  | "input_invalid"
  | "unauthenticated"
  | "credentials_incorrect"
  | "account_disabled"
  | "address_unconfirmed"
  | "too_many_attempts"
  | "too_many_requests"
  | "challenge_spent"
  | "code_incorrect"
  | "code_already_used"
  | "factor_dead"
  | "kind_not_offered"
  | "factor_limit_reached"
  | "factor_required"
  | "already_enrolled"
  | "enrolment_required"
  | "enrolment_expired"
  | "session_reverification_required"
  | "mfa_token_invalid"
  | "insufficient_scope"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "address_taken"
  | "password_rejected"
  | "link_invalid"
  | "origin_refused"
  | "method_not_allowed"
  | "unsupported_media_type"
  | "body_too_large"
  | "request_timeout"
  | "unavailable"
  | "fault"
  | "network_error"
  | "unexpected_answer"
  | "reverification_cancelled"
  | "reverification_ui_unavailable"

/** What travels with a refusal. */
export type ErrorFacts = {
  readonly code: ErrorCode
  /** The HTTP status; 0 where there was no answer. */
  readonly status?: number | undefined
  /** Seconds until another try is worth while. */
  readonly retryAfter?: number | undefined
  readonly fields?: readonly { readonly field: string; readonly reason: string }[] | undefined
  /** Why a password was rejected. */
  readonly reasons?: readonly string[] | undefined
  /** By how many seconds the phone's clock is off; negative: behind. */
  readonly clockOffSeconds?: number | undefined
  /** What has to be proved again, with `session_reverification_required`. */
  readonly level?: Level | undefined
  readonly maxAgeSeconds?: number | undefined
  readonly minimumLength?: number | undefined
  readonly attemptsLeft?: number | undefined
  readonly requestId?: string | undefined
}

/** Turns a refusal into a sentence for a screen; undefined leaves it to the English one. */
export type SentenceFor = (facts: ErrorFacts) => string | undefined

/** A refusal, or no answer. `code` is the contract; `sentence` (also the `message`) is fit for a screen. */
export class CountersignClientError extends Error {
  declare readonly code: ErrorCode
  declare readonly status: number
  declare readonly retryAfter: number | undefined
  declare readonly fields: readonly { readonly field: string; readonly reason: string }[]
  declare readonly reasons: readonly string[]
  declare readonly level: Level | undefined
  declare readonly maxAgeSeconds: number | undefined
  declare readonly clockOffSeconds: number | undefined
  declare readonly minimumLength: number | undefined
  /** How many wrong answers the open challenge still takes. */
  declare readonly attemptsLeft: number | undefined
  declare readonly requestId: string | undefined
  declare readonly sentence: string

  constructor(facts: ErrorFacts, sentenceOf: SentenceFor = sentenceFor, cause?: unknown) {
    const sentence = sentenceOf(facts) ?? sentenceFor(facts)
    super(sentence, { cause })
    Object.assign(this, { status: 0, fields: [], reasons: [] }, facts, { name: "CountersignClientError", sentence })
  }
}

/** Whether it is a refusal (of that code, where one is given). */
export function isClientError(error: unknown, code?: ErrorCode): error is CountersignClientError {
  return error instanceof CountersignClientError && (code === undefined || error.code === code)
}
