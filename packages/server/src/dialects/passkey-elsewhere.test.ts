/** Doors whose wire has no place for a passkey: they say no, and never let anybody in without the second step. */
import { afterEach, beforeEach, expect, test } from "vitest"
import { createPasskeyAuthenticator } from "../testing/passkey-authenticator.ts"
import { startTestServer, type TestServer, type TestUser } from "../testing/testing.ts"

let server: TestServer
let user: TestUser
let codes: readonly string[]
beforeEach(async () => {
  server = await startTestServer({ doors: ["native", "account", "identity", "accounts", "docspace"] })
  user = await server.createUser()
  const browser = server.client()
  const credentials = { email: user.email, password: user.password }
  await browser.post("/v1/sign-in", credentials)
  const begun = await browser.post<{ show: { options: unknown } }>("/v1/factors", { kind: "passkey" })
  const answer = createPasskeyAuthenticator({ origin: server.url }).create(begun.json.show.options)
  const confirmed = await browser.post<{ recoveryCodes: string[] }>("/v1/factors/confirm", { kind: "passkey", answer })
  codes = confirmed.json.recoveryCodes
})
afterEach(async () => {
  const { reports } = server
  await server.close()
  if (reports.length > 0) throw new Error(`the server reported: ${reports.join("; ")}`)
})

test("the Identity API asks for a second step that it can't take, but for a recovery code", async () => {
  const login = async (more: object = {}) =>
    await server.client().post("/identity/login", { email: user.email, password: user.password, ...more })
  expect(await login()).toMatchObject({ status: 401, json: { detail: "RequiresTwoFactor" } })
  expect(await login({ twoFactorCode: "123456" })).toMatchObject({ status: 401 })
  expect(await login({ twoFactorRecoveryCode: codes[0] })).toMatchObject({ status: 200 })
})

test("the accounts API names no provider, and refuses", async () => {
  const answer = await server.client().post("/api/accounts/login", { email: user.email, password: user.password })
  expect(answer.text).not.toContain("eyJ")
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
})

test("the DocSpace API asks for a code, and takes none but a recovery code", async () => {
  const sign = async (path: string, more: object = {}) =>
    await server.client().post(`/api/2.0/${path}`, { userName: user.email, password: user.password, ...more })
  expect((await sign("authentication")).text).not.toContain("expires")
  expect((await sign("authentication/123456", { code: "123456" })).status).toBeGreaterThanOrEqual(400)
  const recovered = await sign(`authentication/${codes[0]}`, { code: codes[0] })
  expect(recovered.status).toBeLessThan(300)
})
