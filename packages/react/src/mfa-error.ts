import { CountersignClientError } from "@countersign/client"
import type { ErrorCode } from "@countersign/client"

/** A refusal as the calls of `useMfa` throw it. `message` is a sentence fit for a screen. */
export class MfaError extends Error {
  readonly code: string
  readonly status: number
  readonly retryAfter: number | undefined

  constructor(code: string, status: number, message: string, cause?: CountersignClientError) {
    super(message, { cause })
    this.name = "MfaError"
    this.code = code
    this.status = status
    this.retryAfter = cause?.retryAfter
  }
}

const meanings: Partial<Record<ErrorCode, readonly [string, number]>> = {
  code_incorrect: ["mfa_invalid_code", 422],
  factor_dead: ["mfa_invalid_code", 422],
  code_already_used: ["mfa_code_already_used", 422],
  input_invalid: ["mfa_invalid_request", 422],
  enrolment_expired: ["mfa_invalid_request", 422],
  kind_not_offered: ["mfa_invalid_request", 422],
  too_many_attempts: ["mfa_rate_limited", 429],
  too_many_requests: ["mfa_rate_limited", 429],
  not_found: ["mfa_device_not_found", 422],
  // Documented so for the one-device setting; no client may drop its session for it.
  factor_limit_reached: ["mfa_device_limit", 401],
  already_enrolled: ["mfa_device_limit", 401],
  mfa_token_invalid: ["mfa_token_invalid", 403],
}

export const mfaRequired = (): MfaError =>
  new MfaError("mfa_required", 401, "Confirm with your device before you add another.")

/** Runs it and throws in this shape. */
export async function mfaCall<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof CountersignClientError)) throw error
    const [code, status] = meanings[error.code] ?? [error.code, error.status]
    throw new MfaError(code, status, error.sentence, error)
  }
}
