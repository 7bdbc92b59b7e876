import { describe, expect, test } from "vitest"
import { CountersignError, type ErrorCode, errorCodes, type ErrorDetails } from "../../engine/errors.ts"
import type { Asked } from "../dialect.ts"
import { renderError, renderFault } from "./errors.ts"
import { complaint, WordedRefusal } from "./fields.ts"

const paths = [
  "settings/tfaapp/validate",
  "settings/tfaapp",
  "authentication",
  "authentication/123456",
  "keys",
] as const

const asked = (path: string, base = ""): Asked => {
  const url = new URL(`http://localhost:3000${base}/api/2.0/${path}?q=typed`)
  return { url, request: new Request(url, { method: "POST" }), credential: undefined }
}
const render = async (error: CountersignError, path: string, base?: string) => {
  const response = renderError(error, asked(path, base))
  const text = await response.text()
  return { response, status: response.status, text, json: JSON.parse(text) as Record<string, unknown> }
}
const ofCode = (code: ErrorCode, details: ErrorDetails = {}) => new CountersignError(code, details)

describe("every refusal at every endpoint", () => {
  test.each(paths.flatMap((path) => errorCodes.map((code) => [path, code] as const)))(
    "%s answers %s in the envelope, with nothing of the runtime in it",
    async (path, code) => {
      const { status, json, response, text } = await render(ofCode(code, { retryAfter: 30, field: "name" }), path)
      expect([400, 401, 403, 404, 405, 408, 409, 413, 415, 429, 503]).toContain(status)
      expect(json).toMatchObject({ error: { message: expect.any(String) }, status: 1, statusCode: status })
      expect(Object.keys(json["error"] as object)).toEqual(["message"])
      expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8")
      expect(response.headers.get("cache-control")).toBe("no-store")
      expect(response.headers.get("retry-after")).toBe("30")
      expect(text).not.toMatch(/[a-z]_[a-z]|stack|\.ts\b|typed|123456/)
    },
  )
})

test.each([
  ["unauthenticated", "keys", 401],
  ["code_incorrect", "settings/tfaapp/validate", 400],
  ["code_already_used", "settings/tfaapp/validate", 400],
  ["too_many_attempts", "settings/tfaapp/validate", 429],
  ["already_enrolled", "settings/tfaapp/setup", 403],
  ["insufficient_scope", "settings/tfaapp/setup", 403],
  ["forbidden", "settings/tfaapp", 403],
  ["account_disabled", "authentication", 403],
  ["not_found", "nothing", 404],
] as const)("%s at %s is %i", async (code, path, status) => {
  expect((await render(ofCode(code), path)).status).toBe(status)
})

test("at the sign-in a wrong code is a wrong password, to the letter, below any prefix", async () => {
  const expected = await render(ofCode("credentials_incorrect"), "authentication")
  expect(expected.status).toBe(401)
  expect(expected.json["error"]).toEqual({ message: "User authentication failed" })
  for (const base of ["", "/two/fa"])
    for (const path of ["authentication", "authentication/123456"])
      for (const error of [
        ofCode("code_incorrect"),
        ofCode("code_already_used"),
        ofCode("factor_dead"),
        ofCode("enrolment_expired"),
        ofCode("challenge_spent"),
        ofCode("input_invalid", { field: "answer" }),
      ]) {
        const { status, text } = await render(error, path, base)
        expect([status, text]).toEqual([401, expected.text])
      }
})

test("a 401 says how to sign in, and nothing else does", async () => {
  const found = await render(ofCode("unauthenticated"), "keys")
  expect(found.response.headers.get("www-authenticate")).toBe("Bearer")
  expect((await render(ofCode("forbidden"), "keys")).response.headers.has("www-authenticate")).toBe(false)
})

test("what is wrong with a body is named in both forms that clients read", async () => {
  const { status, json } = await render(complaint("code", "is required"), "settings/tfaapp/validate")
  expect(status).toBe(400)
  expect(json).toMatchObject({
    response: { status: 400, errors: { code: ["The code field is required."] }, traceId: expect.any(String) },
    count: 1,
    error: { message: "The code field is required." },
    status: 1,
    statusCode: 400,
  })
  const renamed = await render(ofCode("input_invalid", { field: "exemptAddresses" }), "settings/tfaapp")
  expect(renamed.json["response"]).toMatchObject({ errors: { trustedIps: [expect.any(String)] } })
})

test("a refusal with words of its own is said in them", async () => {
  const { status, json } = await render(new WordedRefusal("kind_not_offered", "Not here"), "settings/tfaapp")
  expect([status, json["error"]]).toEqual([403, { message: "Not here" }])
})

test("a fault is an envelope too, and says nothing", async () => {
  const response = renderFault()
  expect(response.status).toBe(500)
  expect(await response.json()).toEqual({
    error: { message: "Something went wrong here" },
    status: 1,
    statusCode: 500,
  })
})
