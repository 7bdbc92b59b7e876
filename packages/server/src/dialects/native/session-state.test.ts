import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose"
import { describe, expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import { nativeForTests, publicUrl } from "./native-for-tests.ts"

/** What a client learns with one request after a reload, in every state that somebody can be in. */

const nobody = { session: null, user: null, tasks: [], challenge: null }

describe("who is signed in, and what is owed", () => {
  test("an open challenge is told with nobody, by cookie and by bearer", async () => {
    const server = await nativeForTests()
    const { id, email, password } = await server.createUser({ totp: true })
    const browser = server.client()
    await browser.post("/v1/sign-in", { email, password })
    const owed = {
      ...nobody,
      challenge: { purpose: "sign_in", user: { id, email }, kinds: [{ kind: "totp" }], attemptsLeft: 5 },
    }
    expect((await browser.get("/v1/session")).json).toMatchObject(owed)
    const first = await server.client().post<{ token: string }>("/v1/sign-in", { email, password, session: "bearer" })
    const asked = await server.client({ bearer: first.json.token }).get<{ challenge: { user: object } }>("/v1/session")
    expect([asked.status, asked.json]).toEqual([200, expect.objectContaining({ session: null, user: null })])
    expect(asked.json.challenge.user).toEqual({ id, email })
  })

  test("a demanded enrolment says so, and what may be enrolled", async () => {
    const server = await nativeForTests({ settings: { secondFactor: { rule: "required" } } })
    const { email, password } = await server.createUser()
    const browser = server.client()
    await browser.post("/v1/sign-in", { email, password })
    const { json } = await browser.get<{ challenge: { purpose: string; kinds: { kind: string }[] } }>("/v1/session")
    expect(json).toMatchObject({ session: null, user: null, challenge: { purpose: "enrol", postponableUntil: null } })
    expect(json.challenge.kinds.map(({ kind }) => kind)).toContain("totp")
  })

  test("a session that steps up has both", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    await browser.post("/v1/step-up", { level: "second_factor" })
    expect((await browser.get("/v1/session")).json).toMatchObject({
      session: { current: true },
      user: { id: user.id },
      challenge: { purpose: "step_up", level: "second_factor" },
    })
  })

  test("a dead challenge is none to a cookie, and a 401 to a bearer", async () => {
    const server = await nativeForTests()
    const { email, password } = await server.createUser({ totp: true })
    const browser = server.client()
    await browser.post("/v1/sign-in", { email, password })
    const first = await server.client().post<{ token: string }>("/v1/sign-in", { email, password, session: "bearer" })
    server.clock.advance(601)
    const [byCookie, byBearer] = [
      await browser.get("/v1/session"),
      await server.client({ bearer: first.json.token }).get("/v1/session"),
    ]
    expect([byCookie.status, byCookie.json]).toEqual([200, nobody])
    expect([byBearer.status, byBearer.json["code"]]).toEqual([401, "unauthenticated"])
    for (const bearer of ["csc_unknown", "css_unknown", "csk_unknown", "junk"])
      expect((await server.client({ bearer }).get("/v1/session")).status).toBe(401)
  })

  test("what policy demands meanwhile is a task, and gone once it is done", async () => {
    const server = await nativeForTests({ settings: { secondFactor: { rule: "required", roles: ["editor"] } } })
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    expect((await browser.get("/v1/session")).json).toMatchObject({ tasks: [], challenge: null })
    const service = server.client({ bearer: await server.createServiceKey(["users:write"]) })
    await service.patch(`/v1/users/${user.id}`, { roles: ["editor"] })
    expect((await browser.get("/v1/session")).json).toMatchObject({
      session: { current: true },
      tasks: ["enrol_second_factor"],
    })
    const begun = await browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" })
    const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
    await browser.post("/v1/factors/confirm", { kind: "totp", answer: app.code() })
    expect((await browser.get("/v1/session")).json).toMatchObject({ tasks: [] })
  })

  test("an app's own server may ask with the browser's cookie passed on, from wherever the page was", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ")
    for (const headers of [{}, { origin: "https://elsewhere.example" }, { "sec-fetch-site": "cross-site" }]) {
      const asked = await server.fetch(new Request(`${publicUrl}/v1/session`, { headers: { cookie, ...headers } }))
      expect(asked.status).toBe(200)
      expect(await asked.json()).toMatchObject({ user: { id: user.id } })
      expect(asked.headers.get("access-control-allow-origin")).toBeNull()
    }
  })
})

describe("the user on it", () => {
  test("tells kinds and codes at every step of their lives, with a revision that grows", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    type Me = { revision: number; factorKinds: string[]; recoveryCodes: object | null; secondFactorEnabled: boolean }
    const me = async () => (await browser.get<Me>("/v1/me")).json
    const start = await me()
    expect(start).toMatchObject({ factorKinds: [], recoveryCodes: null, secondFactorEnabled: false })

    const begun = await browser.post<{ factor: { id: string }; show: { uri: string } }>("/v1/factors", { kind: "totp" })
    expect(await me()).toEqual(start)
    const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
    const confirmed = await browser.post<{ recoveryCodes: string[] }>("/v1/factors/confirm", {
      kind: "totp",
      answer: app.code(),
    })
    const enrolled = await me()
    expect(enrolled).toMatchObject({
      factorKinds: ["totp"],
      recoveryCodes: { left: 10, total: 10, acknowledged: false },
      defaultFactorId: begun.json.factor.id,
    })
    expect(enrolled.revision).toBeGreaterThan(start.revision)

    for (const answer of confirmed.json.recoveryCodes) {
      await browser.post("/v1/step-up", { level: "second_factor" })
      const done = await browser.post<{ status: string; user: Me }>("/v1/challenge/answer", {
        kind: "recovery-code",
        answer,
      })
      expect(done.json.user).toEqual(await me())
    }
    const emptied = await me()
    expect(emptied).toMatchObject({ factorKinds: ["totp"], recoveryCodes: { left: 0, total: 10 } })
    expect(emptied.revision).toBe(enrolled.revision + 10)

    await browser.delete(`/v1/factors/${begun.json.factor.id}`)
    expect(await me()).toMatchObject({ factorKinds: [], recoveryCodes: null, secondFactorEnabled: false })
    expect((await me()).revision).toBeGreaterThan(emptied.revision)
  })
})

describe("the ages of its factors", () => {
  test("a remembered device's second factor was never proved, which is not the same as having none", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = server.client()
    const { email, password } = user
    await browser.post("/v1/sign-in", { email, password })
    await browser.post("/v1/challenge/answer", { kind: "totp", answer: user.app?.code(), rememberDevice: true })
    await browser.delete("/v1/session")
    server.clock.advance(120)
    const again = await browser.post("/v1/sign-in", { email, password })
    expect(again.json).toMatchObject({
      status: "complete",
      session: { deviceRemembered: true, factorAges: [0, 99_999], secondFactorAt: null },
    })
    const listed = await browser.get<{ sessions: { factorAges: number[] }[] }>("/v1/sessions")
    expect(listed.json.sessions[0]?.factorAges).toEqual([0, 99_999])
    const plain = await server.signedIn(await server.createUser())
    expect((await plain.get("/v1/session")).json).toMatchObject({ session: { factorAges: [0, -1] } })
  })
})

describe("a token for the app's own server", () => {
  const app = "https://app.example.com"

  test("says of whom, how lately and for which page it is, and is checked with the published keys", async () => {
    const server = await nativeForTests({ settings: { allowedOrigins: [app] } })
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    server.clock.advance(150)
    const asked = await browser.post<{ token: string; expiresAt: string }>("/v1/session/token", undefined, {
      origin: app,
    })
    expect(asked.status).toBe(200)
    expect(asked.headers.get("cache-control")).toBe("no-store")
    const keys = createLocalJWKSet((await server.engine.sessions.jwks()) as unknown as JSONWebKeySet)
    const { payload } = await jwtVerify(asked.json.token, keys, { currentDate: new Date(server.clock.now()) })
    const state = await browser.get<{ session: { id: string; amr: string[]; acr: string; factorAges: number[] } }>(
      "/v1/session",
    )
    const { id, amr, acr, factorAges } = state.json.session
    expect(payload).toMatchObject({ iss: publicUrl, sub: user.id, sid: id, amr, acr, fva: factorAges })
    expect(factorAges).toEqual([3, 3])
    expect(Date.parse(asked.json.expiresAt)).toBe((payload.exp ?? 0) * 1000)
  })

  test("is for the page's own origin where that is allowed, else for this server's", async () => {
    const server = await nativeForTests({ settings: { allowedOrigins: [app] } })
    const user = await server.createUser()
    const [browser, bearer] = [await server.signedIn(user), await server.bearerOf(user)]
    const audience = async (by: typeof browser, origin?: string) => {
      const asked = await by.post<{ token?: string }>("/v1/session/token", undefined, origin ? { origin } : {})
      const [, payload = ""] = asked.json.token?.split(".") ?? []
      return payload === ""
        ? asked.status
        : (JSON.parse(Buffer.from(payload, "base64url").toString()) as { aud: string }).aud
    }
    expect(await audience(browser)).toBe(publicUrl)
    expect(await audience(bearer)).toBe(publicUrl)
    expect(await audience(bearer, app)).toBe(app)
    expect(await audience(bearer, "https://elsewhere.example")).toBe(publicUrl)
  })

  test("is refused to a page of another site, to nobody, to keys and to an open challenge", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ")
    const foreign = await server.fetch(
      new Request(`${publicUrl}/v1/session/token`, {
        method: "POST",
        headers: { cookie, origin: "https://evil.example" },
      }),
    )
    expect([foreign.status, ((await foreign.json()) as { code: string }).code]).toEqual([403, "origin_refused"])
    expect((await server.client().post("/v1/session/token")).status).toBe(401)
    const key = await server.engine.apiKeys.create(
      { actor: { type: "operator", name: "t" }, userId: user.id, source: { door: "cli" } },
      { name: "script" },
    )
    expect((await server.client({ bearer: key.key }).post("/v1/session/token")).status).toBe(403)
    const { email, password } = user
    const first = await server.client().post<{ token: string }>("/v1/sign-in", { email, password, session: "bearer" })
    expect((await server.client({ bearer: first.json.token }).post("/v1/session/token")).status).toBe(401)
  })
})
