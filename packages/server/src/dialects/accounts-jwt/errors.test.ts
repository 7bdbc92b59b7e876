import { describe, expect, test } from "vitest"
import { CountersignError, type ErrorCode, errorCodes, type ErrorDetails } from "../../engine/errors.ts"
import type { Asked } from "../dialect.ts"
import { renderError } from "./errors.ts"
import { ValidationFailed } from "./validation.ts"

const endpoints = [
  "registration",
  "emailconfirmation",
  "login",
  "twostepverification",
  "forgotpassword",
  "resetpassword",
] as const

const asked = (endpoint: string, accept = "application/json, text/plain, */*"): Asked => {
  const url = new URL(`http://localhost:3000/api/Accounts/${endpoint}`)
  return { url, request: new Request(url, { headers: { accept } }), credential: undefined }
}

const render = async (code: ErrorCode, endpoint: string, details: ErrorDetails = {}) => {
  const response = renderError(new CountersignError(code, details), asked(endpoint))
  return { response, status: response.status, text: await response.text() }
}

describe("every refusal at every endpoint", () => {
  const every = endpoints.flatMap((endpoint) => errorCodes.map((code) => [endpoint, code] as const))

  test.each(every)("%s answers %s with something that the client can show, and never 429", async (endpoint, code) => {
    const { status, text, response } = await render(code, endpoint, { retryAfter: 30 })
    const elsewhere = [403, 404, 405, 408, 413, 415, 503]
    const expected = endpoint === "login" ? [400, 401, ...elsewhere] : [400, ...elsewhere]
    expect(expected).toContain(status)
    expect(text).not.toBe("")
    // A client that reads `errorMessage` of a 401 falls over anything else.
    const body: unknown = status === 401 ? JSON.parse(text) : undefined
    expect(status === 401 ? Object.keys(body as object) : []).toEqual(
      status === 401 ? ["isAuthSuccessful", "errorMessage", "token", "is2StepVerificationRequired", "provider"] : [],
    )
    expect(response.headers.get("content-type")).toMatch(/json|text\/plain/)
  })

  test.each(endpoints)("%s prints no code of the engine", async (endpoint) => {
    for (const code of errorCodes) expect((await render(code, endpoint)).text).not.toMatch(/[a-z]+_[a-z]+/)
  })
})

test.each([
  ["credentials_incorrect", "Invalid Authentication"],
  ["address_unconfirmed", "Email is not confirmed"],
  ["too_many_attempts", "The account is locked out"],
  ["account_disabled", "The account is locked out"],
  ["kind_not_offered", "Invalid 2-Step Verification Provider."],
  ["conflict", "Invalid Authentication"],
] as const)("login answers %s with the sentence %j", async (code, errorMessage) => {
  const { status, text } = await render(code, "login")
  expect([status, (JSON.parse(text) as { errorMessage: string }).errorMessage]).toEqual([401, errorMessage])
})

test("at the second step all refusals are one, down to the headers, but for a limit on the client's own address", async () => {
  const refusals: ErrorCode[] = [
    "challenge_spent",
    "code_incorrect",
    "code_already_used",
    "factor_dead",
    "kind_not_offered",
    "too_many_attempts",
    "credentials_incorrect",
    "enrolment_expired",
    "address_unconfirmed",
  ]
  const seen = new Set<string>()
  for (const code of refusals) {
    const { response, status, text } = await render(code, "twostepverification", { retryAfter: 30 })
    seen.add(JSON.stringify([status, text, [...response.headers]]))
  }
  expect(seen.size).toBe(1)
  const limited = await render("too_many_requests", "twostepverification", { retryAfter: 30 })
  expect([limited.text, limited.response.headers.get("retry-after")]).toEqual(["Invalid Token Verification", "30"])
})

test("what can't be a code is a wrong one", async () => {
  expect((await render("input_invalid", "twostepverification", { field: "answer" })).text).toBe(
    "Invalid Token Verification",
  )
})

test("a password that was refused is told in sentences, one a reason", async () => {
  const details = { reasons: ["too_short", "requires_digit", "something_new"], minimumLength: 12 }
  const errors = [
    "Passwords must be at least 12 characters.",
    "Passwords must have at least one digit ('0'-'9').",
    "This password can't be used.",
  ]
  const registration = await render("password_rejected", "registration", details)
  expect(JSON.parse(registration.text)).toEqual({ isSuccessfulRegistration: false, errors })
  expect(JSON.parse((await render("password_rejected", "resetpassword", details)).text)).toEqual({ errors })
  const bare = await render("password_rejected", "resetpassword")
  expect(JSON.parse(bare.text)).toEqual({ errors: ["This password can't be used."] })
})

test("complaints are a map of lists that a form can join, and each answer has its own trace", async () => {
  const failed = new ValidationFailed({ Email: ["Email is required."] })
  const answers = await Promise.all([1, 2].map(() => renderError(failed, asked("registration")).json()))
  const [first, second] = answers as { traceId: string; errors: object; title: string; status: number }[]
  expect(first).toMatchObject({
    title: "One or more validation errors occurred.",
    status: 400,
    errors: { Email: ["Email is required."] },
  })
  expect(first?.traceId).not.toBe(second?.traceId)
})

test("a field of the engine's that the wire does not have is not named", async () => {
  const { status, text } = await render("input_invalid", "registration", { field: "locale" })
  expect([status, (JSON.parse(text) as { errors: unknown }).errors]).toEqual([
    400,
    { "": ["The request can't be read."] },
  ])
})
