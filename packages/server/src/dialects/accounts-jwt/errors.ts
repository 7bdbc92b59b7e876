import type { CountersignError, ErrorCode } from "../../engine/errors.ts"
import { bareProblem, problemResponse } from "../../http/problem.ts"
import type { Asked } from "../dialect.ts"
import { refused } from "./auth-response.ts"
import { passwordSentences } from "./password-sentences.ts"
import { type Complaints, ValidationFailed } from "./validation.ts"

/**
 * The one place where a refusal of this door gets its status and body. The client maps 400, 401, 403 and 404 alone and
 * shows an empty box for anything else, so that no limit may be a bare 429: it is the failure of its page, with
 * `Retry-After` beside it.
 */
export const renderError = (error: CountersignError, asked: Asked): Response => {
  const response = refusal(error, asked)
  const { retryAfter } = error.details
  if (retryAfter !== undefined && !isTelling(error, asked)) response.headers.set("retry-after", String(retryAfter))
  return response
}

const tooMany = "Too many attempts. Please try again later."

/** Refusals that come before any endpoint, or of the server as a whole: alike on every path. */
const everywhere: Partial<Record<ErrorCode, readonly [number, string]>> = {
  not_found: [404, "Not Found"],
  method_not_allowed: [405, "Method Not Allowed"],
  request_timeout: [408, "Request Timeout"],
  body_too_large: [413, "Content Too Large"],
  unsupported_media_type: [415, "Unsupported Media Type"],
  unavailable: [503, "Service Unavailable"],
  origin_refused: [403, "Forbidden"],
}

const refusal = (error: CountersignError, asked: Asked): Response => {
  const bare = everywhere[error.code]
  if (bare) return bareProblem(...bare)
  const endpoint = endpointOf(asked)
  if (error.code === "input_invalid" && !isOwnWords(error, endpoint)) return validationProblem(complaintsOf(error))
  switch (endpoint) {
    case "registration":
      return ofRegistration(error)
    case "login":
      return json(401, refused(ofLogin(error.code)))
    case "twostepverification":
      // Whatever it was: nobody learns whether the address, the first step, the provider or the code was wrong.
      return sentence("Invalid Token Verification", asked)
    case "emailconfirmation":
      return sentence(isLimit(error) ? tooMany : "Invalid Email Confirmation Request", asked)
    case "forgotpassword":
      return sentence(isLimit(error) ? tooMany : "Invalid Request", asked)
    case "resetpassword":
      return ofReset(error)
    default:
      return bareProblem(404, "Not Found")
  }
}

/** What has a sentence of its endpoint's own: an address that is none, and a code that can't be one. */
const isOwnWords = ({ details }: CountersignError, endpoint: string): boolean =>
  (endpoint === "registration" && details.field === "email") ||
  (endpoint === "twostepverification" && details.field === "answer")

const loginMessages: Partial<Record<ErrorCode, string>> = {
  address_unconfirmed: "Email is not confirmed",
  too_many_attempts: "The account is locked out",
  // Known only after the right password, and lifted by an operator alone.
  account_disabled: "The account is locked out",
  too_many_requests: tooMany,
  kind_not_offered: "Invalid 2-Step Verification Provider.",
  enrolment_required: "Invalid 2-Step Verification Provider.",
}
const ofLogin = (code: ErrorCode): string => loginMessages[code] ?? "Invalid Authentication"

const failed = (errors: string[]) => json(400, { isSuccessfulRegistration: false, errors })

const ofRegistration = (error: CountersignError): Response => {
  if (error.code === "address_taken")
    return failed(["This email address is already taken. If it is yours, look into its mailbox."])
  if (error.code === "password_rejected") return failed(passwordSentences(error.details))
  if (isLimit(error)) return failed([tooMany])
  return failed([error.code === "input_invalid" ? "The email address is invalid." : "The registration failed."])
}

const ofReset = (error: CountersignError): Response => {
  if (error.code === "password_rejected") return json(400, { errors: passwordSentences(error.details) })
  if (isLimit(error)) return json(400, { errors: [tooMany] })
  return json(400, { errors: ["Invalid token."] })
}

const isLimit = ({ code }: CountersignError): boolean => code === "too_many_requests" || code === "too_many_attempts"

/** At the second step any wait but that of the client's own address would tell of a sign-in under way. */
const isTelling = ({ code }: CountersignError, asked: Asked): boolean =>
  endpointOf(asked) === "twostepverification" && code !== "too_many_requests" && code !== "unavailable"

const endpointOf = ({ url }: Asked): string => url.pathname.toLowerCase().split("/").findLast(Boolean) ?? ""

/** The names of the wire for the engine's. */
const properties: Readonly<Record<string, string>> = {
  email: "Email",
  password: "Password",
  firstName: "FirstName",
  lastName: "LastName",
  clientURI: "ClientURI",
  answer: "Token",
  token: "Token",
}

const complaintsOf = (error: CountersignError): Complaints => {
  if (error instanceof ValidationFailed) return error.complaints
  const { details } = error
  const fields = [
    ...(details.field === undefined ? [] : [details.field]),
    ...(details.fields ?? []).map(({ field }) => field),
  ]
  const named = [...new Set(fields)].map((field) => properties[field]).filter((name) => name !== undefined)
  if (named.length === 0) return { "": ["The request can't be read."] }
  return Object.fromEntries(named.map((name) => [name, [`The ${name} field is not valid.`]]))
}

/** As `[ApiController]` answers a model that is not valid. */
const validationProblem = (errors: Complaints): Response =>
  problemResponse({
    type: "https://tools.ietf.org/html/rfc9110#section-15.5.1",
    title: "One or more validation errors occurred.",
    status: 400,
    traceId: crypto.randomUUID(),
    errors,
  })

const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json; charset=utf-8" } })

/** A 400 that is one sentence: bare text, or a JSON string for a caller that takes JSON and nothing else. */
const sentence = (text: string, { request }: Asked): Response => {
  const accept = (request.headers.get("accept") ?? "").toLowerCase()
  const onlyJson = /\bjson\b/.test(accept) && !/text\/|\*\/\*/.test(accept)
  return onlyJson
    ? json(400, text)
    : new Response(text, { status: 400, headers: { "content-type": "text/plain; charset=utf-8" } })
}
