import type { CountersignError, ErrorCode, ErrorDetails, Level } from "../../engine/errors.ts"
import { problemResponse } from "../../http/problem.ts"
import { UnreadableRequest } from "../../http/unreadable-request.ts"
import type { Asked } from "../dialect.ts"

type Meaning = { readonly status: number; readonly title: string; readonly detail?: string }

/**
 * The one place where a refusal gets its status. 401 is for credentials (and, for a bearer, a proof that is too old:
 * RFC 9470); 410 for what was there and is spent; 409 for what the account's present state forbids; 400 for a wrong
 * code, which is no matter of who asks, so that no client drops its session for it.
 */
export const meanings: Readonly<Record<ErrorCode, Meaning>> = {
  input_invalid: { status: 422, title: "Some of the input can't be used" },
  unauthenticated: { status: 401, title: "Not signed in" },
  credentials_incorrect: { status: 401, title: "The address or the password is wrong" },
  account_disabled: { status: 403, title: "This account is disabled" },
  address_unconfirmed: { status: 403, title: "The address has to be confirmed first" },
  too_many_attempts: { status: 429, title: "Too many tries" },
  too_many_requests: { status: 429, title: "Too many requests from this address" },
  challenge_spent: { status: 410, title: "This step has ended; begin again" },
  code_incorrect: { status: 400, title: "The code is wrong" },
  code_already_used: {
    status: 400,
    title: "The code was used already",
    detail: "It was right a moment ago. Wait for the next one.",
  },
  factor_dead: {
    status: 409,
    title: "This factor has to be set up anew",
    detail: "It was tried too often without success.",
  },
  kind_not_offered: { status: 422, title: "That kind of factor is not offered here" },
  factor_limit_reached: { status: 409, title: "No more factors of this kind" },
  factor_required: { status: 409, title: "One second factor has to stay" },
  already_enrolled: { status: 409, title: "A factor is set up already" },
  enrolment_required: { status: 403, title: "A second factor has to be set up first" },
  enrolment_expired: { status: 410, title: "There is nothing left to confirm; begin again" },
  session_reverification_required: { status: 403, title: "This needs a fresh proof of who you are" },
  mfa_token_invalid: { status: 403, title: "The MFA token is not valid for this" },
  insufficient_scope: { status: 403, title: "The key lacks a scope" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Something else changed it at the same time", detail: "Read again and repeat." },
  address_taken: { status: 409, title: "There is an account with this address" },
  password_rejected: { status: 422, title: "This password can't be used" },
  link_invalid: { status: 410, title: "This link is not valid any more" },
  origin_refused: { status: 403, title: "Requests from this origin are refused" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  unsupported_media_type: { status: 415, title: "The body has to be JSON" },
  body_too_large: { status: 413, title: "The body is too large" },
  request_timeout: { status: 408, title: "The request took too long to arrive" },
  unavailable: { status: 503, title: "Not available at the moment" },
}

/** `type` of every problem is this and the code. */
export const problemTypePrefix = "urn:countersign:error:"

/** What a session that satisfies the level would carry as `acr`. */
export const acrOf = (level: Level): string =>
  level === "first_factor" ? "urn:countersign:aal1" : "urn:countersign:aal2"

const unreadableTitles: Record<UnreadableRequest["reason"], string> = {
  malformed_json: "The body is not valid JSON",
  malformed_form: "The body is not a valid form",
  malformed_text: "The body is not valid UTF-8 or broke off",
  body_already_read: "The body was read before it came here",
  token_in_query: "Tokens are not taken from the address",
}

/** A code may be refused differently for the way in which a request came. */
const statusOf = (error: CountersignError, asked: Asked): number => {
  if (error instanceof UnreadableRequest) return 400
  // RFC 9470, section 3, speaks to bearers; a 401 would make a cookie's client think that its session is gone.
  if (error.code === "session_reverification_required" && asked.credential?.via === "bearer") return 401
  return meanings[error.code].status
}

/** RFC 6750, section 3, and RFC 9470, section 3. No error is named to somebody who showed nothing. */
const authenticateHeader = (error: CountersignError, status: number, asked: Asked): string | undefined => {
  const bearer = asked.credential?.via === "bearer"
  const { level, maxAgeSeconds, scope } = error.details
  if (error.code === "session_reverification_required" && bearer)
    return [
      'Bearer error="insufficient_user_authentication"',
      `acr_values="${acrOf(level ?? "second_factor")}"`,
      ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
    ].join(", ")
  if (error.code === "insufficient_scope" && bearer)
    return `Bearer error="insufficient_scope"${scope === undefined ? "" : `, scope="${scope}"`}`
  if (error instanceof UnreadableRequest && error.reason === "token_in_query") return 'Bearer error="invalid_request"'
  if (status !== 401) return undefined
  return bearer && error.code === "unauthenticated" ? 'Bearer error="invalid_token"' : "Bearer"
}

const inSeconds = (seconds: number): string => {
  const unit = seconds < 120 ? "second" : "minute"
  return new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long" }).format(
    unit === "second" ? seconds : Math.ceil(seconds / 60),
  )
}

/** A sentence that helps, where the details let us say one. */
const detailOf = ({ code, details }: CountersignError): string | undefined => {
  if (details.clockOffSeconds !== undefined) {
    const way = details.clockOffSeconds < 0 ? "behind" : "ahead"
    return `The clock of the device is about ${inSeconds(Math.abs(details.clockOffSeconds))} ${way}. Switch on automatic time.`
  }
  if (details.retryAfter !== undefined) return `Try again in ${inSeconds(details.retryAfter)}.`
  if (details.minimumLength !== undefined) return `It has to have at least ${details.minimumLength} characters.`
  return meanings[code].detail
}

const fieldErrors = ({ field, fields }: ErrorDetails): { field: string; reason: string }[] | undefined =>
  fields ?? (field === undefined ? undefined : [{ field, reason: "invalid" }])

/** The native form of a refusal: a problem document (RFC 9457) with the code, which is the contract, and its facts. */
export const problemOf = (error: CountersignError, asked: Asked): Response => {
  const { code, details } = error
  const status = statusOf(error, asked)
  const authenticate = authenticateHeader(error, status, asked)
  const headers: Record<string, string> = {
    ...(authenticate === undefined ? {} : { "www-authenticate": authenticate }),
    ...(details.retryAfter === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(details.retryAfter))) }),
  }
  const { level, maxAgeSeconds, retryAfter, attemptsLeft, clockOffSeconds, reasons, scope, minimumLength } = details
  return problemResponse(
    {
      type: `${problemTypePrefix}${code}`,
      title: error instanceof UnreadableRequest ? unreadableTitles[error.reason] : meanings[code].title,
      status,
      detail: detailOf(error),
      code,
      errors: error instanceof UnreadableRequest ? [{ field: "", reason: error.reason }] : fieldErrors(details),
      retryAfter,
      level,
      maxAgeSeconds,
      attemptsLeft,
      clockOffSeconds,
      reasons,
      scope,
      minimumLength,
    },
    headers,
  )
}

/** 500: what went wrong is in the operator's log, not here. */
export const faultProblem = (): Response =>
  problemResponse({ type: `${problemTypePrefix}fault`, title: "Something went wrong here", status: 500, code: "fault" })
