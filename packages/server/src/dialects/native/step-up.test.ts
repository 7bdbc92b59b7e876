import { describe, expect, test } from "vitest"
import { nativeForTests } from "./native-for-tests.ts"

const tooOld = 11 * 60

describe("a proof that is too old", () => {
  test("is a 403 to a cookie, with the level that is wanted", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser({ totp: true }))
    server.clock.advance(tooOld)
    const refused = await browser.post("/v1/recovery-codes")
    expect(refused.status).toBe(403)
    expect(refused.json).toMatchObject({
      code: "session_reverification_required",
      level: "second_factor",
      maxAgeSeconds: 600,
    })
    expect(refused.headers.get("www-authenticate")).toBeNull()
    expect((await browser.get("/v1/me")).status).toBe(200)
  })
  test("is a 401 to a bearer, by RFC 9470", async () => {
    const server = await nativeForTests()
    const bearer = await server.bearerOf(await server.createUser({ totp: true }))
    server.clock.advance(tooOld)
    const refused = await bearer.post("/v1/recovery-codes")
    expect([refused.status, refused.json["code"]]).toEqual([401, "session_reverification_required"])
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="urn:countersign:aal2", max_age="600"',
    )
  })
  test("is mended by a challenge, once, and the session has a new token", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    server.clock.advance(tooOld)
    const before = browser.cookies.get("__Host-countersign")
    const opened = await browser.post("/v1/step-up", { level: "second_factor" })
    expect([opened.status, opened.json]).toEqual([
      201,
      expect.objectContaining({ purpose: "step_up", level: "second_factor" }),
    ])
    expect(opened.json["token"]).toBeUndefined()
    const answered = await browser.post("/v1/challenge/answer", { kind: "totp", answer: user.app?.code() })
    expect(answered.json).toMatchObject({ status: "complete", session: { aal: "aal2" } })
    expect(browser.cookies.get("__Host-countersign")).not.toBe(before)
    expect((await browser.post("/v1/recovery-codes")).status).toBe(201)
  })
  test("is mended for a bearer by the challenge's own token", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const bearer = await server.bearerOf(user)
    server.clock.advance(tooOld)
    const opened = await bearer.post<{ token: string }>("/v1/step-up", { level: "second_factor" })
    const challenge = server.client({ bearer: opened.json.token })
    const answered = await challenge.post<{ token: string }>("/v1/challenge/answer", {
      kind: "totp",
      answer: user.app?.code(),
    })
    expect((await server.client({ bearer: answered.json.token }).post("/v1/recovery-codes")).status).toBe(201)
  })
})

describe("an MFA token", () => {
  const actions = { pay: { level: "second_factor" as const, seconds: 60, singleUse: true } }
  test("is minted by a fresh session and spent once, for its own action, by a service", async () => {
    const server = await nativeForTests({ settings: { actions } })
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const minted = await browser.post<{ token: string }>("/v1/mfa-tokens", { action: "pay" })
    expect([minted.status, minted.json]).toEqual([201, expect.objectContaining({ action: "pay", singleUse: true })])
    const service = server.client({ bearer: await server.createServiceKey(["mfa-tokens:spend"]) })
    const spend = async (more: object) =>
      await service.post("/v1/mfa-tokens/spend", { token: minted.json.token, ...more })
    expect((await spend({ action: "other" })).json).toMatchObject({ code: "mfa_token_invalid" })
    expect((await spend({ action: "pay", userId: user.id })).json).toMatchObject({ userId: user.id, action: "pay" })
    expect((await spend({ action: "pay", userId: user.id })).status).toBe(403)
  })
  test("proves the factor on the way where the session is old", async () => {
    const server = await nativeForTests({ settings: { actions } })
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    server.clock.advance(tooOld)
    expect((await browser.post("/v1/mfa-tokens", { action: "pay" })).status).toBe(403)
    const proof = { kind: "totp", answer: user.app?.code() }
    expect((await browser.post("/v1/mfa-tokens", { action: "pay", proof })).status).toBe(201)
    expect((await browser.post("/v1/mfa-tokens", { action: "pay", proof })).json).toMatchObject({
      code: expect.stringMatching(/^code_/),
    })
  })
  test("is not spent by a browser or by a key without the scope", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser({ totp: true }))
    expect((await browser.post("/v1/mfa-tokens/spend", { token: "csm_x" })).status).toBe(403)
    const service = server.client({ bearer: await server.createServiceKey(["users:read"]) })
    const refused = await service.post("/v1/mfa-tokens/spend", { token: "csm_x" })
    expect(refused.json).toMatchObject({ code: "insufficient_scope", scope: "mfa-tokens:spend" })
    expect(refused.headers.get("www-authenticate")).toBe('Bearer error="insufficient_scope", scope="mfa-tokens:spend"')
  })
})
