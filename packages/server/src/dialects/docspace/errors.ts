import type { CountersignError, ErrorCode } from "../../engine/errors.ts"
import type { Asked } from "../dialect.ts"
import { type Complaints, contentType, failed, invalid } from "./envelope.ts"
import { ValidationFailed, WordedRefusal } from "./fields.ts"
import { linkTo } from "./operation.ts"

const denied = "Access denied"

/** What each refusal is here. Of two statuses that its clients know, the one that the documentation has. */
const meanings: Readonly<Record<ErrorCode, readonly [status: number, message: string]>> = {
  input_invalid: [400, "The request can't be read."],
  unauthenticated: [401, "Authentication is required"],
  credentials_incorrect: [401, "User authentication failed"],
  account_disabled: [403, "User disabled"],
  address_unconfirmed: [403, "The e-mail address has to be confirmed first"],
  too_many_attempts: [429, "Too many attempts. Try again later."],
  too_many_requests: [429, "Too many requests. Try again later."],
  challenge_spent: [401, "The link has expired"],
  code_incorrect: [400, "Incorrect code"],
  code_already_used: [400, "Incorrect code"],
  factor_dead: [400, "Incorrect code"],
  kind_not_offered: [403, "TFA settings are not available"],
  factor_limit_reached: [403, "No more authenticator apps can be connected"],
  factor_required: [403, "Two-factor authentication is demanded here: connect another app first"],
  already_enrolled: [403, "An authenticator app is connected already"],
  enrolment_required: [403, "No authenticator app is connected"],
  enrolment_expired: [400, "Incorrect code"],
  session_reverification_required: [403, "Sign in again to do this"],
  mfa_token_invalid: [403, denied],
  insufficient_scope: [403, "The key has no permission for this"],
  forbidden: [403, denied],
  not_found: [404, "The required resource was not found"],
  conflict: [409, "Something else changed it at the same time. Try again."],
  address_taken: [400, "The e-mail address is taken"],
  password_rejected: [400, "The password can't be used"],
  link_invalid: [403, "The link is invalid"],
  origin_refused: [403, denied],
  method_not_allowed: [405, "Method not allowed"],
  unsupported_media_type: [415, "The body has to be JSON"],
  body_too_large: [413, "The body is too large"],
  request_timeout: [408, "The request took too long to arrive"],
  unavailable: [503, "Not available at the moment"],
}

/** At the sign-in these are one with an unknown user and a wrong password, to the letter. */
const signInFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "code_incorrect",
  "code_already_used",
  "factor_dead",
  "enrolment_expired",
  "challenge_spent",
  "credentials_incorrect",
])

/** The one place where a refusal of this wire gets its status and its words. Always JSON, always the envelope. */
export const renderError = (error: CountersignError, asked: Asked): Response => {
  const code = meant(error, asked)
  const [status, usual] = meanings[code]
  const message = error instanceof WordedRefusal ? error.words : usual
  const complaints = code === "input_invalid" ? complaintsOf(error) : undefined
  const body = complaints ? invalid(complaints, linkOf(asked)) : failed(status, message)
  const headers = new Headers({ "content-type": contentType, "cache-control": "no-store" })
  const { retryAfter } = error.details
  if (retryAfter !== undefined) headers.set("retry-after", String(Math.max(1, Math.ceil(retryAfter))))
  // RFC 9110, section 15.5.2; RFC 6750, section 3.
  if (status === 401) headers.set("www-authenticate", "Bearer")
  return new Response(JSON.stringify(body), { status, headers })
}

/** 500: what went wrong is in the operator's log, not here. */
export const renderFault = (): Response =>
  new Response(JSON.stringify(failed(500, "Something went wrong here")), {
    status: 500,
    headers: { "content-type": contentType, "cache-control": "no-store" },
  })

const meant = ({ code, details }: CountersignError, { url }: Asked): ErrorCode => {
  // What can't be a code is as wrong as another.
  const of = code === "input_invalid" && details.field === "answer" ? "code_incorrect" : code
  return isSignIn(url) && signInFailures.has(of) ? "credentials_incorrect" : of
}

const isSignIn = ({ pathname }: URL): boolean => /\/authentication(?:\/(?!confirm$|logout$)[^/]*)?$/.test(pathname)

/** The engine's names of what was wrong, as this wire calls them. */
const properties: Readonly<Record<string, string>> = {
  exemptAddresses: "trustedIps",
  scopes: "permissions",
  expiresAt: "expiresInDays",
}

const complaintsOf = (error: CountersignError): Complaints | undefined => {
  if (error instanceof ValidationFailed) return error.complaints
  const { field } = error.details
  if (field === undefined) return undefined
  const name = properties[field] ?? field
  return { [name]: [`The ${name} field is not valid.`] }
}

const linkOf = ({ url, request }: Asked) => linkTo(url, "", request.method)
