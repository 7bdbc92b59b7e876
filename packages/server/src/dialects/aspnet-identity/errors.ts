import type { CountersignError, ErrorCode } from "../../engine/errors.ts"
import { problemResponse } from "../../http/problem.ts"
import { UnreadableRequest } from "../../http/unreadable-request.ts"
import type { Asked } from "../dialect.ts"
import { BindingFailed } from "./binding.ts"
import { complaint, type Complaints, passwordComplaints, ValidationFailed } from "./validation.ts"

/** The one place where a refusal of this door gets its status and body. */
export const renderError = (error: CountersignError, asked: Asked): Response => {
  const response = refusal(error, endpointOf(asked))
  const { retryAfter } = error.details
  if (retryAfter !== undefined) response.headers.set("retry-after", String(retryAfter))
  return response
}

/** Refusals that come before any endpoint, or of the server as a whole. */
const everywhere: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
  unavailable: 503,
  origin_refused: 403,
}

const refusal = (error: CountersignError, endpoint: string): Response => {
  const { code } = error
  if (error instanceof ValidationFailed) return validationProblem(error.complaints)
  const status = everywhere[code]
  if (status !== undefined) return bare(status)
  if (isUnreadable(error)) return bare(400)
  if (code === "too_many_requests") return limited()
  switch (endpoint) {
    case "login":
      return signInProblem(resultOf[code] ?? "Failed")
    case "refresh":
    case "confirmemail":
      return bare(401)
    default:
      return code === "unauthenticated" ? bare(401) : validationProblem(complaintsOf(error))
  }
}

/** What did not even fit the endpoint's shape. A refusal of the engine's own names a field. */
const isUnreadable = (error: CountersignError): boolean =>
  error instanceof BindingFailed ||
  error instanceof UnreadableRequest ||
  (error.code === "input_invalid" && error.details.field === undefined)

export type SignInResult = "Failed" | "LockedOut" | "NotAllowed" | "RequiresTwoFactor"

const resultOf: Partial<Record<ErrorCode, SignInResult>> = {
  too_many_attempts: "LockedOut",
  // Both of these are told only after the right password.
  account_disabled: "LockedOut",
  address_unconfirmed: "NotAllowed",
  // Policy demands a second factor of somebody who has none, and this wire can't set one up before the sign-in.
  enrolment_required: "NotAllowed",
}

/** A refused sign-in, or one that is not finished yet. Clients compare `detail`. */
export const signInProblem = (result: SignInResult): Response =>
  problemResponse({ type: section("15.5.2"), title: "Unauthorized", status: 401, detail: result }, challenge)

const validationProblem = (errors: Complaints): Response =>
  problemResponse({
    type: section("15.5.1"),
    title: "One or more validation errors occurred.",
    status: 400,
    errors,
  })

/** A limit on the client's address. In the form of a validation problem, whose texts every client shows. */
const limited = (): Response =>
  problemResponse({
    type: "https://tools.ietf.org/html/rfc6585#section-4",
    title: "Too Many Requests",
    status: 429,
    errors: complaint("DefaultError", "Too many tries from this network. Wait a while, then try again."),
  })

const section = (number: string): string => `https://tools.ietf.org/html/rfc9110#section-${number}`

// RFC 9110, section 11.6.1: a 401 names how one would sign in. No browser opens a box of its own for this scheme.
const challenge = { "www-authenticate": "Bearer" }

const bare = (status: number): Response =>
  new Response(null, { status, headers: { "content-length": "0", ...(status === 401 && challenge) } })

const complaintsOf = (error: CountersignError): Complaints => {
  switch (error.code) {
    case "password_rejected":
      return passwordComplaints(error.details)
    case "address_taken":
      return complaint("DuplicateUserName")
    case "link_invalid":
      return complaint("InvalidToken")
    case "credentials_incorrect":
      return complaint("PasswordMismatch")
    case "too_many_attempts":
      // Of the old password, which is the only thing guessed here that counts under its own code.
      return complaint("PasswordMismatch", "There were too many wrong tries. Wait a while, then try again.")
    case "conflict":
      return complaint("ConcurrencyFailure")
    case "input_invalid":
      return complaint(byField[error.details.field ?? ""] ?? "DefaultError")
    default:
      return complaint("DefaultError", sentences[error.code])
  }
}

const byField = { email: "InvalidEmail", current: "OldPasswordRequired", answer: "InvalidTwoFactorCode" } as Readonly<
  Record<string, "InvalidEmail" | "OldPasswordRequired" | "InvalidTwoFactorCode">
>

/** What the wire has no code for. */
const sentences: Partial<Record<ErrorCode, string>> = {
  session_reverification_required: "For this change you have to sign in anew. Sign out, sign in, and try again.",
  factor_required: "Two-factor authentication is required here and can't be turned off.",
  factor_limit_reached: "There are as many authenticator apps as an account may have.",
  address_unconfirmed: "Confirm your email address first.",
  kind_not_offered: "This is not offered here.",
}

/** What stands below the door's prefix: `manage/2fa`. */
const endpointOf = ({ url }: Asked): string => url.pathname.toLowerCase().split("/identity/").at(-1) ?? ""
