import { describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import { nativeForTests } from "./native-for-tests.ts"

const tooOld = 11 * 60
const header = "countersign-mfa-token"

const actions = {
  pay: { level: "second_factor", seconds: 60, singleUse: true },
  browse: { level: "second_factor", seconds: 900, singleUse: false },
} as const

const mint = async (by: TestClient, body: object = {}): Promise<string> =>
  (await by.post<{ token: string }>("/v1/mfa-tokens", body)).json.token

/** A browser whose proof is too old, with a token that was made in time. */
const withToken = async (body: object = {}) => {
  const server = await nativeForTests({ settings: { actions } })
  const user = await server.createUser({ totp: true })
  const browser = await server.signedIn(user)
  server.clock.advance(tooOld - 120)
  const token = await mint(browser, body)
  server.clock.advance(120)
  return { server, user, browser, token, factorId: user.factorId ?? "" }
}

/** Everything that takes one in a header. */
const asked: Record<string, (by: TestClient, headers: Record<string, string>, factorId: string) => Promise<Answered>> =
  {
    "POST /factors": (by, headers) => by.post("/v1/factors", { kind: "totp" }, headers),
    "PATCH /factors/{id}": (by, headers, id) =>
      by.patch(`/v1/factors/${id}`, { name: "Phone", default: true }, headers),
    "DELETE /factors/{id}": (by, headers, id) => by.delete(`/v1/factors/${id}`, undefined, headers),
    "POST /recovery-codes": (by, headers) => by.post("/v1/recovery-codes", undefined, headers),
    "POST /me/password": (by, headers) => by.post("/v1/me/password", { password: "Heron-Quay-88!" }, headers),
    "POST /me/address": (by, headers) => by.post("/v1/me/address", { email: "new@example.com" }, headers),
    "POST /api-keys": (by, headers) => by.post("/v1/api-keys", { name: "script" }, headers),
  }
type Answered = { status: number; json: Record<string, unknown> }

describe.each(Object.entries(asked))("%s", (_name, ask) => {
  test("passes with a token in place of a fresh second factor, once", async () => {
    const { browser, token, factorId } = await withToken({ singleUse: false })
    expect((await ask(browser, {}, factorId)).json).toMatchObject({ code: "session_reverification_required" })
    expect((await ask(browser, { [header]: token }, factorId)).status).toBeLessThan(300)
    const again = await browser.post("/v1/recovery-codes", undefined, { [header]: token })
    expect([again.status, again.json["code"]]).toEqual([403, "mfa_token_invalid"])
  })

  test("is refused with a wrong token, however fresh the session is", async () => {
    const server = await nativeForTests({ settings: { actions } })
    const user = await server.createUser({ totp: true })
    const [browser, other] = [await server.signedIn(user), await server.signedIn(user)]
    const bound = await mint(browser, { action: "pay" })
    for (const token of ["", "csm_unknown", await mint(other), bound, "x".repeat(2000)]) {
      const refused = await ask(browser, { [header]: token }, user.factorId ?? "")
      expect([refused.status, refused.json["code"]]).toEqual([403, "mfa_token_invalid"])
    }
    expect((await browser.get("/v1/session")).json).toMatchObject({ user: { id: user.id } })
  })
})

describe("the header", () => {
  test("has another name as well, and two different tokens are one too many", async () => {
    const { browser, token } = await withToken()
    const both = { [header]: token, "x-mfa-auth-token": "csm_other" }
    expect((await browser.post("/v1/recovery-codes", undefined, both)).json).toMatchObject({
      code: "mfa_token_invalid",
    })
    expect((await browser.post("/v1/recovery-codes", undefined, { "x-mfa-auth-token": token })).status).toBe(201)
  })

  test("is none of a key's or a service's, nor of an enrolment that is owed", async () => {
    const { server, user, browser, token } = await withToken()
    const key = await server.engine.apiKeys.create(
      { actor: { type: "operator", name: "t" }, userId: user.id, source: { door: "cli" } },
      { name: "script", scopes: ["accounts.self:write"] },
    )
    const byKey = await server.client({ bearer: key.key }).post("/v1/recovery-codes", undefined, { [header]: token })
    expect(byKey.json).toMatchObject({ status: 403, code: "mfa_token_invalid" })
    const service = server.client({ bearer: await server.createServiceKey(["factors:write"]) })
    expect((await service.post(`/v1/users/${user.id}/recovery-codes`, undefined, { [header]: token })).status).toBe(201)
    expect((await browser.post("/v1/recovery-codes", undefined, { [header]: token })).status).toBe(201)
  })

  test("may be sent from an app on an allowed origin, with the name of a request", async () => {
    const app = "https://app.example.com"
    const server = await nativeForTests({ settings: { allowedOrigins: [app] } })
    const preflight = await server.fetch(
      new Request("https://auth.example.com/v1/recovery-codes", {
        method: "OPTIONS",
        headers: {
          origin: app,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type,countersign-mfa-token,idempotency-key",
        },
      }),
    )
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get("access-control-allow-origin")).toBe(app)
    expect(preflight.headers.get("access-control-allow-credentials")).toBe("true")
    expect(preflight.headers.get("access-control-allow-headers")?.split(",")).toEqual(
      expect.arrayContaining(["authorization", "content-type", "countersign-mfa-token", "idempotency-key"]),
    )
  })

  test("of thirty requests with one token at once one is done", async () => {
    const { browser, token } = await withToken()
    const settled = await Promise.all(
      Array.from({ length: 30 }, () => browser.post("/v1/recovery-codes", undefined, { [header]: token })),
    )
    const statuses = settled.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(new Set(statuses)).toEqual(new Set([201, 403]))
  })
})

describe("minting", () => {
  test("is for the actions that the policy lists: their life and number of uses hold, whatever is asked for", async () => {
    const server = await nativeForTests({ settings: { actions } })
    const browser = await server.signedIn(await server.createUser({ totp: true }))
    expect((await browser.get("/v1/policy")).json).toMatchObject({ actions })
    const made = await browser.post("/v1/mfa-tokens", { action: "browse", singleUse: true })
    const expiresAt = new Date(server.clock.now() + 900_000).toISOString()
    expect(made.json).toMatchObject({ action: "browse", singleUse: false, expiresAt })
    for (const action of ["transfer", "__proto__", "constructor"]) {
      const refused = await browser.post("/v1/mfa-tokens", { action })
      expect([refused.status, refused.json["errors"]]).toEqual([422, [{ field: "action", reason: "invalid" }]])
    }
  })

  test("with a proof makes the session fresh, by app, by recovery code and by mail", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const by = { actor: { type: "operator", name: "t" }, userId: user.id, source: { door: "cli" } } as const
    await server.engine.factors.add(by, { kind: "email-code" })
    const { codes } = await server.engine.recoveryCodes.replace(by)
    const browser = await server.signedIn(user)
    const proofs: Record<string, () => Promise<string | undefined>> = {
      totp: () => Promise.resolve(user.app?.code()),
      "recovery-code": () => Promise.resolve(codes[0]),
      "email-code": async () => {
        await browser.post("/v1/step-up", { level: "second_factor" })
        expect((await browser.post("/v1/challenge/start", { kind: "email-code" })).status).toBe(200)
        return String((await server.mails()).at(-1)?.facts["code"])
      },
    }
    for (const [kind, proof] of Object.entries(proofs)) {
      server.clock.advance(tooOld)
      expect((await browser.post("/v1/mfa-tokens", {})).status).toBe(403)
      const made = await browser.post("/v1/mfa-tokens", { proof: { kind, answer: await proof() } })
      expect([kind, made.status]).toEqual([kind, 201])
      expect((await browser.get("/v1/session")).json).toMatchObject({
        session: { factorAges: [expect.any(Number), 0] },
      })
      expect((await browser.post("/v1/mfa-tokens", {})).status).toBe(201)
    }
  })

  test("with a wrong proof never looks like a lost session, and five make the right one wait", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    for (const answer of ["", "12", "letters", null])
      expect((await browser.post("/v1/mfa-tokens", { proof: { kind: "totp", answer } })).status).toBe(422)
    for (let tries = 0; tries < 5; tries++) {
      const refused = await browser.post("/v1/mfa-tokens", { proof: { kind: "totp", answer: "000000" } })
      expect([refused.status, refused.json["code"]]).toEqual([400, "code_incorrect"])
    }
    const right = await browser.post("/v1/mfa-tokens", { proof: { kind: "totp", answer: user.app?.code() } })
    expect([right.status, right.json["code"]]).toEqual([429, "too_many_attempts"])
    const unsent = await browser.post("/v1/mfa-tokens", { proof: { kind: "email-code", answer: "123456" } })
    expect([unsent.status, unsent.json["code"]]).toEqual([422, "kind_not_offered"])
  })
})
