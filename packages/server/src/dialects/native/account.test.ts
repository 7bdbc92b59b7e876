import { describe, expect, test } from "vitest"
import { nativeForTests } from "./native-for-tests.ts"

describe("the session", () => {
  test("is read without a credential as nobody's, and a dead bearer is refused", async () => {
    const server = await nativeForTests()
    const nobody = await server.client().get("/v1/session")
    expect([nobody.status, nobody.json]).toEqual([200, { session: null, user: null, tasks: [], challenge: null }])
    const dead = await server.client({ bearer: "css_dead" }).get("/v1/session")
    expect(dead.status).toBe(401)
    expect(dead.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"')
  })
  test("a request without any credential is told no error (RFC 6750, section 3)", async () => {
    const server = await nativeForTests()
    const { status, headers } = await server.client().get("/v1/me")
    expect([status, headers.get("www-authenticate")]).toEqual([401, "Bearer"])
  })
  test("a planted cookie is cleared and not adopted by the sign-in that follows", async () => {
    const server = await nativeForTests()
    const { email, password } = await server.createUser()
    const browser = server.client()
    browser.cookies.set("__Host-countersign", "css_planted")
    await browser.post("/v1/sign-in", { email, password })
    expect(browser.cookies.get("__Host-countersign")).not.toBe("css_planted")
    browser.cookies.set("__Host-countersign", "css_planted")
    expect((await browser.get("/v1/session")).json).toMatchObject({ session: null })
    expect(browser.cookies.has("__Host-countersign")).toBe(false)
  })
  test("signing out ends it for good", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    const token = browser.cookies.get("__Host-countersign") ?? ""
    expect((await browser.delete("/v1/session")).status).toBe(204)
    expect(browser.cookies.size).toBe(0)
    expect((await server.client({ bearer: token }).get("/v1/me")).status).toBe(401)
    expect((await browser.delete("/v1/session")).status).toBe(204)
  })
  test("others are listed and ended, one or all", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const [one, two, three] = [await server.signedIn(user), await server.signedIn(user), await server.signedIn(user)]
    const { json } = await one.get<{ sessions: { id: string; current: boolean }[] }>("/v1/sessions")
    expect(json.sessions.filter(({ current }) => current)).toHaveLength(1)
    expect(json.sessions).toHaveLength(3)
    const twoId = (await two.get<{ session: { id: string } }>("/v1/session")).json.session.id
    expect((await one.delete(`/v1/sessions/${twoId}`)).status).toBe(204)
    expect((await two.get("/v1/me")).status).toBe(401)
    expect((await one.post("/v1/sessions/end-others")).json).toEqual({ ended: 1 })
    expect((await three.get("/v1/me")).status).toBe(401)
  })
  test("ending one's own takes the cookie along", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    const { id } = (await browser.get<{ session: { id: string } }>("/v1/session")).json.session
    await browser.delete(`/v1/sessions/${id}`)
    expect(browser.cookies.size).toBe(0)
  })
})

describe("the account", () => {
  test("name and language change, and can be taken away", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    expect((await browser.patch("/v1/me", { firstName: "Grace", locale: "de" })).json).toMatchObject({
      firstName: "Grace",
      locale: "de",
    })
    expect((await browser.patch("/v1/me", { firstName: null })).json).toMatchObject({ firstName: null, locale: "de" })
  })
  test.each([
    { roles: ["admin"] },
    { email: "x@example.com" },
    { emailConfirmed: true },
    { id: "1" },
    { disabled: false },
  ])("nobody gives themselves %j", async (change) => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    expect((await browser.patch("/v1/me", change)).status).toBe(422)
  })
  test("a new password ends the other sessions and keeps this one", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const [browser, other] = [await server.signedIn(user), await server.signedIn(user)]
    const wrong = await browser.post("/v1/me/password", {
      current: "not it at all",
      password: "a phrase nobody else has",
    })
    expect(wrong.status).toBe(401)
    expect((await browser.get("/v1/me")).status).toBe(200)
    expect(
      (await browser.post("/v1/me/password", { current: user.password, password: "a phrase nobody else has" })).status,
    ).toBe(204)
    expect((await browser.get("/v1/me")).status).toBe(200)
    expect((await other.get("/v1/me")).status).toBe(401)
  })
  test("a new address counts once its link was followed", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    const asked = await browser.post("/v1/me/address", { email: "new@example.com" })
    expect([asked.status, asked.json]).toEqual([202, { status: "accepted" }])
    expect((await browser.get("/v1/me")).json["email"]).not.toBe("new@example.com")
    const mail = (await server.mails()).findLast(({ to }) => to === "new@example.com")
    const link = new URL(String(mail?.facts["link"]))
    const token = link.searchParams.get("token") ?? link.hash.split("token=")[1]
    expect((await browser.post("/v1/address/confirm", { token })).json).toEqual({ email: "new@example.com" })
  })
  test("its activity is told, a page at a time", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    await server.signedIn(user)
    const first = await browser.get<{ items: { event: string; id: string }[]; next: string }>("/v1/activity?limit=1")
    expect(first.json.items).toHaveLength(1)
    const second = await browser.get<typeof first.json>(
      `/v1/activity?limit=1&after=${encodeURIComponent(first.json.next)}`,
    )
    expect(second.json.items[0]?.id).not.toBe(first.json.items[0]?.id)
  })
  test.each(["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "after=", "limit=1.5", "limit=1e400"])(
    "an odd page (%s) is refused by name",
    async (query) => {
      const server = await nativeForTests()
      const browser = await server.signedIn(await server.createUser())
      const refused = await browser.get(`/v1/activity?${query}`)
      expect(refused.status).toBe(422)
      expect(refused.json).toMatchObject({ errors: [{ field: query.split("=")[0] }] })
    },
  )
})

describe("API keys", () => {
  test("act for their user, are listed without themselves, and end when revoked", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    const made = await browser.post<{ key: string; record: { id: string } }>("/v1/api-keys", { name: "backup script" })
    expect(made.status).toBe(201)
    const script = server.client({ bearer: made.json.key })
    expect((await script.get("/v1/me")).json).toMatchObject({ email: user.email })
    const state = await script.get("/v1/session")
    expect(state.json).toMatchObject({ session: null, user: { email: user.email } })
    const listed = await browser.get("/v1/api-keys")
    expect(listed.json).toMatchObject({ keys: [{ name: "backup script" }] })
    expect(listed.text).not.toContain(made.json.key)
    expect((await browser.delete(`/v1/api-keys/${made.json.record.id}`)).status).toBe(204)
    expect((await script.get("/v1/me")).status).toBe(401)
  })
  test("are no proof of a second factor", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const { key } = (await browser.post<{ key: string }>("/v1/api-keys", { name: "script" })).json
    const script = server.client({ bearer: key })
    for (const refused of [
      await script.delete(`/v1/factors/${user.factorId}`),
      await script.post("/v1/recovery-codes"),
      await script.post("/v1/mfa-tokens", {}),
      await script.post("/v1/step-up", { level: "second_factor" }),
      await script.post("/v1/api-keys", { name: "more" }),
    ])
      expect([refused.status >= 401 && refused.status <= 403, refused.text.includes("csk_")]).toEqual([true, false])
  })
})

test("policy tells what is offered, to anybody, and what is owed to who is signed in", async () => {
  const server = await nativeForTests({
    settings: { secondFactor: { rule: "required", from: Date.UTC(2031, 0, 1) }, factors: ["totp"] },
  })
  const policy = await server.client().get("/v1/policy")
  expect(policy.json).toMatchObject({
    secondFactor: "required",
    factors: ["totp"],
    stepUpSeconds: 600,
    minimumPasswordLength: 8,
  })
})
