import { CountersignClientError } from "@countersign/client"
import type { ErrorCode, Level } from "@countersign/client"

export type APIErrorItem = {
  readonly code: string
  readonly message: string
  readonly longMessage: string
  readonly meta: {
    readonly paramName?: string
    readonly reverification?: { readonly level: Level; readonly after_minutes: number }
  }
}

/**
 * A refusal as the resources (`user`, `signIn`, `session`) throw it. Its own keys are what `JSON.stringify` prints, so
 * nothing is among them that a log may not have. `cause` is the client's error.
 */
export class CountersignAPIResponseError extends Error {
  readonly clerkError = true
  readonly countersignError = true
  readonly code = "api_response_error"
  readonly status: number
  declare readonly retryAfter?: number
  declare readonly requestId?: string
  readonly errors: readonly APIErrorItem[]

  constructor(
    status: number,
    error: APIErrorItem,
    more: { retryAfter?: number | undefined; cause?: CountersignClientError },
  ) {
    super(error.longMessage, { cause: more.cause })
    Object.defineProperty(this, "name", { value: "CountersignAPIResponseError" })
    this.status = status
    if (more.retryAfter !== undefined) this.retryAfter = more.retryAfter
    if (more.cause?.requestId !== undefined) this.requestId = more.cause.requestId
    this.errors = [error]
  }
}

/** What went wrong without an answer of the server: a closed dialog, no connection. */
export class CountersignRuntimeError extends Error {
  readonly clerkError = true
  readonly countersignError = true
  readonly code: string
  readonly clerkRuntimeError = true

  constructor(code: string, message: string, cause?: unknown) {
    super(`Countersign: ${message} (code="${code}")`, { cause })
    Object.defineProperty(this, "name", { value: "CountersignRuntimeError" })
    this.code = code
  }
}

export const isAPIResponseError = (error: unknown): error is CountersignAPIResponseError =>
  error instanceof CountersignAPIResponseError
export const isRuntimeError = (error: unknown): error is CountersignRuntimeError =>
  error instanceof CountersignRuntimeError
export const isReverificationCancelledError = (error: unknown): boolean =>
  isRuntimeError(error) && error.code === "reverification_cancelled"
export const isUserLockedError = (error: unknown): boolean =>
  isAPIResponseError(error) && error.errors[0]?.code === "user_locked"

/** Where a refusal comes from decides how it is called. */
export type Origin = {
  /** The name of the field that was judged. */
  readonly param?: "code" | "password"
  /** While an app is being added a wait is no lock on the account. */
  readonly enrolling?: boolean
  /** Codes that mean something else here. */
  readonly means?: Partial<Record<ErrorCode, readonly [number, string]>>
}

const meanings: Partial<Record<ErrorCode, readonly [number, string]>> = {
  code_incorrect: [422, "form_code_incorrect"],
  code_already_used: [422, "form_code_incorrect"],
  factor_dead: [422, "form_code_incorrect"],
  credentials_incorrect: [422, "form_password_incorrect"],
  input_invalid: [422, "form_param_format_invalid"],
  enrolment_expired: [422, "totp_not_pending"],
  factor_limit_reached: [422, "totp_already_enabled"],
  already_enrolled: [422, "totp_already_enabled"],
  factor_required: [403, "mfa_required_by_policy"],
  too_many_attempts: [403, "user_locked"],
  challenge_spent: [400, "verification_expired"],
  unauthenticated: [401, "authentication_invalid"],
  session_reverification_required: [403, "session_reverification_required"],
}
const judged: ReadonlySet<ErrorCode> = new Set([
  "code_incorrect",
  "code_already_used",
  "factor_dead",
  "credentials_incorrect",
  "input_invalid",
])
const fieldNames: Readonly<Record<string, string>> = { answer: "code", email: "identifier" }

/** A refusal that needs no request to be known. */
export function refuse(status: number, code: string, message: string, param?: string): CountersignAPIResponseError {
  const meta = param === undefined ? {} : { paramName: param }
  return new CountersignAPIResponseError(status, { code, message, longMessage: message, meta }, {})
}

/** The client's error in the shape that resources throw; anything else comes back as it is. */
export function asResourceError(error: unknown, origin: Origin = {}): unknown {
  if (!(error instanceof CountersignClientError)) return error
  const { code, status, retryAfter, sentence, level = "second_factor", maxAgeSeconds = 600 } = error
  if (status === 0) return new CountersignRuntimeError(code, sentence, error)
  const [shown, name] = origin.means?.[code] ??
    (origin.enrolling && code === "too_many_attempts" ? [429, "too_many_requests"] : undefined) ??
    meanings[code] ?? [status, code]
  const field = error.fields[0]?.field
  const param = field === undefined ? origin.param : (fieldNames[field] ?? field)
  const meta = {
    ...(judged.has(code) && param !== undefined ? { paramName: param } : {}),
    ...(code === "session_reverification_required"
      ? { reverification: { level, after_minutes: Math.round(maxAgeSeconds / 60) } }
      : {}),
  }
  const item = { code: name, message: sentence, longMessage: sentence, meta }
  return new CountersignAPIResponseError(shown, item, { retryAfter, cause: error })
}

/** Runs it and throws in the resources' shape. */
export async function resourceCall<T>(run: () => Promise<T>, origin?: Origin): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw asResourceError(error, origin)
  }
}
