import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose"
import { expect } from "vitest"
import type { Accounts, Answer } from "./accounts-client.ts"

/** What `[ApiController]` answers a model that is not valid. */
export const problem = (errors: Record<string, string[]>) => ({
  type: expect.any(String) as string,
  title: "One or more validation errors occurred.",
  status: 400,
  traceId: expect.any(String) as string,
  errors,
})

/** The answer of both steps, with every property there. */
export const authResponse = (change: Record<string, unknown>) => ({
  isAuthSuccessful: false,
  errorMessage: null,
  token: null,
  is2StepVerificationRequired: false,
  provider: null,
  ...change,
})

export const expectRefusedLogin = (answer: Answer, errorMessage: string) => {
  expect([answer.status, answer.json]).toEqual([401, authResponse({ errorMessage })])
  expect(answer.headers.get("content-type")).toContain("application/json")
}

export const expectSentence = (answer: Answer, text: string) => {
  expect([answer.status, answer.text]).toEqual([400, text])
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8")
}

export const tokenOf = (answer: Answer): string => {
  expect(answer.status).toBe(200)
  const { token } = answer.json as { token: string | null }
  expect(answer.json).toEqual(authResponse({ isAuthSuccessful: true, token: expect.any(String) as string }))
  return token ?? ""
}

/** The claims, once the token has verified with the published keys. */
export const claimsOf = async (accounts: Accounts, token: string): Promise<JWTPayload> => {
  const keys = (await (await fetch(`${accounts.server.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    issuer: accounts.server.url,
    audience: accounts.server.url,
    currentDate: new Date(accounts.server.clock.now()),
  })
  return payload
}

export const messageOf = (answer: Answer) => [
  answer.status,
  (answer.json as { errorMessage?: unknown } | undefined)?.errorMessage,
]

export const wrong = [401, "Invalid Authentication"]

export const locked = [401, "The account is locked out"]

export const isToken = (answer: Answer) =>
  answer.status === 200 && (answer.json as { token: string | null }).token !== null
