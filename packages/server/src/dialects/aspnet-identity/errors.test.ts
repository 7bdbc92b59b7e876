import { describe, expect, test } from "vitest"
import { CountersignError, type ErrorCode, errorCodes, type ErrorDetails } from "../../engine/errors.ts"
import { UnreadableRequest } from "../../http/unreadable-request.ts"
import type { Asked } from "../dialect.ts"
import { BindingFailed } from "./binding.ts"
import { renderError } from "./errors.ts"

const endpoints = [
  "register",
  "login",
  "refresh",
  "confirmEmail",
  "resendConfirmationEmail",
  "forgotPassword",
  "resetPassword",
  "manage/2fa",
  "manage/info",
  "logout",
  "roles",
] as const

/** What clients may meet under `errors`, by the wire's contract. */
const validationCodes = [
  "InvalidEmail",
  "InvalidUserName",
  "DuplicateUserName",
  "DuplicateEmail",
  "InvalidToken",
  "PasswordMismatch",
  "OldPasswordRequired",
  "CannotResetSharedKeyAndEnable",
  "RequiresTwoFactor",
  "InvalidTwoFactorCode",
  "PasswordTooShort",
  "PasswordRequiresNonAlphanumeric",
  "PasswordRequiresDigit",
  "PasswordRequiresLower",
  "PasswordRequiresUpper",
  "PasswordRequiresUniqueChars",
  "ConcurrencyFailure",
  "DefaultError",
]
const results = ["Failed", "LockedOut", "NotAllowed", "RequiresTwoFactor"]

const asked = (endpoint: string): Asked => {
  const url = new URL(`http://localhost:3000/base/identity/${endpoint}`)
  return { url, request: new Request(url), credential: undefined }
}
const render = (code: ErrorCode, endpoint: string, details: ErrorDetails = {}) =>
  renderError(new CountersignError(code, details), asked(endpoint))

type Told = { status: number; type: string; title: string; detail?: string; errors?: Record<string, string[]> }

describe.each(endpoints)("%s", (endpoint) => {
  test.each(errorCodes)("%s has one of the wire's three forms", async (code) => {
    const response = render(code, endpoint, { field: "email", retryAfter: 7 })
    const text = await response.text()
    expect(response.headers.get("retry-after")).toBe("7")
    expect([400, 401, 403, 404, 405, 408, 413, 415, 429, 503]).toContain(response.status)
    if (response.status === 401) expect(response.headers.get("www-authenticate")).toBe("Bearer")
    if (text === "") {
      expect(response.headers.get("content-length")).toBe("0")
      return
    }
    expect(response.headers.get("content-type")).toBe("application/problem+json")
    const told = JSON.parse(text) as Told
    expect(told.status).toBe(response.status)
    expect(told.type).toMatch(/^https:/)
    if (told.status === 401) {
      expect(Object.keys(told)).toEqual(["type", "title", "status", "detail"])
      expect(told.title).toBe("Unauthorized")
      expect(results).toContain(told.detail)
      expect(endpoint).toBe("login")
      return
    }
    expect(Object.keys(told)).toEqual(["type", "title", "status", "errors"])
    for (const [name, texts] of Object.entries(told.errors ?? {})) {
      expect(validationCodes).toContain(name)
      for (const one of texts) expect(one).toMatch(/^[A-Z].*\.$/)
    }
    expect(Object.keys(told.errors ?? {})).toHaveLength(1)
  })

  test("what does not fit the endpoint's shape is 400 without a word", async () => {
    for (const error of [
      new BindingFailed(),
      new UnreadableRequest("malformed_json"),
      new CountersignError("input_invalid", { fields: [{ field: "", reason: "duplicate_key" }] }),
    ]) {
      const response = renderError(error, asked(endpoint))
      expect([response.status, await response.text(), response.headers.get("content-length")]).toEqual([400, "", "0"])
    }
  })
})

test("what was typed wrong at the sign-in looks like every other failure", async () => {
  const texts = await Promise.all(
    (["credentials_incorrect", "code_incorrect", "challenge_spent", "kind_not_offered", "input_invalid"] as const).map(
      (code) => render(code, "login", { field: "answer" }).text(),
    ),
  )
  expect(new Set(texts).size).toBe(1)
})

test("every broken rule of a password is told, several under the code that stands for what the wire has no word for", async () => {
  const reasons = ["too_short", "common", "requires_digit", "contains_context"]
  const told = (await render("password_rejected", "register", { reasons, minimumLength: 9 }).json()) as Told
  expect(Object.keys(told.errors ?? {})).toEqual(["PasswordTooShort", "DefaultError", "PasswordRequiresDigit"])
  expect(told.errors?.["DefaultError"]).toHaveLength(2)
  expect(told.errors?.["PasswordTooShort"]?.[0]).toContain("9 characters")
})

test("the endpoint is found in any case of letters", async () => {
  expect(render("unauthenticated", "LOGIN").headers.get("content-type")).toBe("application/problem+json")
  expect(await render("link_invalid", "CONFIRMEMAIL").text()).toBe("")
})
