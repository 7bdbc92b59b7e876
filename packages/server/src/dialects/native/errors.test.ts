import { describe, expect, test } from "vitest"
import type { ErrorDetails } from "../../engine/errors.ts"
import { CountersignError, errorCodes } from "../../engine/errors.ts"
import { UnreadableRequest } from "../../http/unreadable-request.ts"
import type { Asked } from "../dialect.ts"
import { faultProblem, meanings, problemOf } from "./errors.ts"

const asked = (via?: "cookie" | "bearer"): Asked => ({
  request: new Request("https://auth.example.com/v1/me"),
  url: new URL("https://auth.example.com/v1/me"),
  credential: via && { via, token: "css_x" },
})
const rendered = async (error: CountersignError, via?: "cookie" | "bearer") => {
  const response = problemOf(error, asked(via))
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

describe("every code of the closed list", () => {
  test.each(errorCodes)("%s has a problem document of its own", async (code) => {
    const { status, headers, body } = await rendered(new CountersignError(code))
    expect(headers.get("content-type")).toBe("application/problem+json")
    expect(body).toMatchObject({
      code,
      status,
      type: `urn:countersign:error:${code}`,
      title: expect.stringMatching(/^[A-Z].+/),
    })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status === 503 || status < 500).toBe(true)
  })
  test("titles are told apart", () => {
    const titles = errorCodes.map((code) => meanings[code].title)
    expect(new Set(titles).size).toBe(titles.length)
  })
  test("names a scheme exactly when it is a 401 or a bearer lacks something (RFC 9110, section 15.5.2)", async () => {
    const silent: string[] = []
    for (const code of errorCodes)
      for (const via of ["cookie", "bearer", undefined] as const) {
        const { status, headers } = await rendered(new CountersignError(code), via)
        if (status === 401 && !headers.get("www-authenticate")?.startsWith("Bearer")) silent.push(`${code} ${via}`)
      }
    expect(silent).toEqual([])
  })
})

describe("the facts of a refusal", () => {
  const facts: readonly [ErrorDetails, Record<string, unknown>][] = [
    [{ field: "email" }, { errors: [{ field: "email", reason: "invalid" }] }],
    [{ fields: [{ field: "a", reason: "required" }] }, { errors: [{ field: "a", reason: "required" }] }],
    [{ retryAfter: 90 }, { retryAfter: 90, detail: "Try again in 90 seconds." }],
    [{ retryAfter: 301 }, { detail: "Try again in 6 minutes." }],
    [{ clockOffSeconds: -70 }, { clockOffSeconds: -70, detail: expect.stringContaining("70 seconds behind") }],
    [{ clockOffSeconds: 240 }, { detail: expect.stringContaining("4 minutes ahead") }],
    [
      { reasons: ["too_short"], minimumLength: 15 },
      { reasons: ["too_short"], minimumLength: 15, detail: expect.stringContaining("15") },
    ],
    [
      { level: "multi_factor", maxAgeSeconds: 600 },
      { level: "multi_factor", maxAgeSeconds: 600 },
    ],
  ]
  test.each(facts)("%j travel along", async (details, expected) => {
    expect((await rendered(new CountersignError("input_invalid", details))).body).toMatchObject(expected)
  })
  test("a wait is a header as well, in whole seconds", async () => {
    expect(
      (await rendered(new CountersignError("too_many_attempts", { retryAfter: 1.2 }))).headers.get("retry-after"),
    ).toBe("2")
    expect(
      (await rendered(new CountersignError("too_many_requests", { retryAfter: 0 }))).headers.get("retry-after"),
    ).toBe("1")
  })
})

describe("who asked", () => {
  const stepUp = new CountersignError("session_reverification_required", { level: "first_factor", maxAgeSeconds: 60 })
  test("a cookie that has to step up is told 403, a bearer 401 with what would do", async () => {
    expect((await rendered(stepUp, "cookie")).status).toBe(403)
    const bearer = await rendered(stepUp, "bearer")
    expect(bearer.status).toBe(401)
    expect(bearer.headers.get("www-authenticate")).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="urn:countersign:aal1", max_age="60"',
    )
  })
  test("what can't be read is a 400 with its reason", async () => {
    const { status, body, headers } = await rendered(new UnreadableRequest("token_in_query"))
    expect([status, body["errors"]]).toEqual([400, [{ field: "", reason: "token_in_query" }]])
    expect(headers.get("www-authenticate")).toBe('Bearer error="invalid_request"')
  })
})

test("a fault says nothing", async () => {
  expect(await faultProblem().json()).toEqual({
    type: "urn:countersign:error:fault",
    title: "Something went wrong here",
    status: 500,
    code: "fault",
  })
})
