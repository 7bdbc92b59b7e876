import { describe, expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import type { TestClient } from "../../testing/client.ts"
import { nativeForTests } from "./native-for-tests.ts"

type BegunBody = { factor: { id: string; state: string }; show: { secret: string; uri: string } }
type ConfirmedBody = {
  factor: { id: string; state: string }
  recoveryCodes: string[]
  signIn: { status: string; token: string }
}

const begin = async (by: TestClient, body: object = { kind: "totp" }) => await by.post<BegunBody>("/v1/factors", body)

describe("adding an app", () => {
  test("begins with a key, ends with its first code, and brings recovery codes once", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    const begun = await begin(browser, { kind: "totp", name: "My phone" })
    expect(begun.status).toBe(201)
    expect(begun.json.show.uri).toMatch(/^otpauth:\/\/totp\//)
    const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)

    const wrong = await browser.post("/v1/factors/confirm", { kind: "totp", answer: "000000" })
    expect([wrong.status, wrong.json["code"]]).toEqual([400, "code_incorrect"])
    const confirmed = await browser.post<ConfirmedBody>("/v1/factors/confirm", { kind: "totp", answer: app.code() })
    expect(confirmed.json.factor).toMatchObject({ state: "on", name: "My phone" })
    expect(confirmed.json.recoveryCodes).toHaveLength(10)

    const listed = await browser.get("/v1/factors")
    expect(listed.json).toMatchObject({ factors: [{ kind: "totp", name: "My phone" }] })
    expect(listed.text).not.toContain(begun.json.show.secret)
    expect((await browser.get("/v1/session")).json).toMatchObject({
      user: { secondFactorEnabled: true, recoveryCodes: { left: 10, acknowledged: false } },
    })
  })
  test("a phone whose clock is off is told by how much", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    const { json } = await begin(browser)
    const app = createAuthenticator(server.clock.now).scan(json.show.uri)
    const off = await browser.post("/v1/factors/confirm", { kind: "totp", answer: app.code(-120) })
    expect(off.json).toMatchObject({
      code: "code_incorrect",
      clockOffSeconds: expect.any(Number),
      detail: expect.stringContaining("behind"),
    })
  })
  test("ends other sessions and renews this one's token", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const other = await server.signedIn(user)
    const bearer = await server.bearerOf(user)
    const { json } = await begin(bearer)
    const app = createAuthenticator(server.clock.now).scan(json.show.uri)
    const confirmed = await bearer.post("/v1/factors/confirm", { kind: "totp", answer: app.code() })
    const renewed = confirmed.headers.get("countersign-session")
    expect(renewed).toMatch(/^css_/)
    expect((await other.get("/v1/me")).status).toBe(401)
    expect((await server.client({ bearer: renewed ?? "" }).get("/v1/me")).status).toBe(200)
    server.clock.advance(60)
    expect((await bearer.get("/v1/me")).status).toBe(401)
  })
  test("is refused for a kind that is not offered", async () => {
    const server = await nativeForTests({ settings: { factors: ["totp"] } })
    const browser = await server.signedIn(await server.createUser())
    for (const kind of ["email-code", "password", "recovery-code", "carrier-pigeon"])
      expect((await begin(browser, { kind })).json).toMatchObject({ code: "kind_not_offered" })
  })
})

describe("a demanded enrolment", () => {
  const demanding = { settings: { secondFactor: { rule: "required" as const } } }
  test("opens only what enrols, and its confirmation signs in", async () => {
    const server = await nativeForTests(demanding)
    const user = await server.createUser()
    const browser = server.client()
    const first = await browser.post("/v1/sign-in", { email: user.email, password: user.password })
    expect(first.json).toMatchObject({ status: "enrolment", challenge: { purpose: "enrol", postponableUntil: null } })
    expect((await browser.get("/v1/me")).status).toBe(401)
    expect((await browser.get("/v1/factors")).status).toBe(401)
    expect((await browser.post("/v1/challenge/postpone")).status).toBe(403)

    const { json } = await begin(browser)
    const app = createAuthenticator(server.clock.now).scan(json.show.uri)
    const confirmed = await browser.post<ConfirmedBody>("/v1/factors/confirm", { kind: "totp", answer: app.code() })
    expect(confirmed.json).toMatchObject({ signIn: { status: "complete" }, recoveryCodes: expect.any(Array) })
    expect((await browser.get("/v1/me")).status).toBe(200)
  })
  test("works for a bearer too", async () => {
    const server = await nativeForTests(demanding)
    const user = await server.createUser()
    const credentials = { email: user.email, password: user.password, session: "bearer" }
    const first = await server.client().post<{ token: string }>("/v1/sign-in", credentials)
    const challenge = server.client({ bearer: first.json.token })
    const { json } = await begin(challenge)
    const app = createAuthenticator(server.clock.now).scan(json.show.uri)
    const { signIn } = (
      await challenge.post<ConfirmedBody>("/v1/factors/confirm", { kind: "totp", answer: app.code() })
    ).json
    expect((await server.client({ bearer: signIn.token }).get("/v1/me")).status).toBe(200)
  })
  test("can be put off while policy lets it", async () => {
    const server = await nativeForTests({
      settings: { secondFactor: { rule: "required", from: Date.UTC(2031, 0, 1) } },
    })
    const user = await server.createUser()
    const browser = server.client()
    await browser.post("/v1/sign-in", { email: user.email, password: user.password })
    expect((await browser.post("/v1/challenge/postpone")).json).toMatchObject({ status: "complete" })
  })
  test("is no way in for whoever has a factor already", async () => {
    const server = await nativeForTests(demanding)
    const user = await server.createUser({ totp: true })
    const browser = server.client()
    await browser.post("/v1/sign-in", { email: user.email, password: user.password })
    expect((await begin(browser)).status).toBe(401)
    expect((await browser.post("/v1/challenge/postpone")).status).toBeGreaterThanOrEqual(400)
  })
})

describe("changing factors", () => {
  test("a factor is renamed, made the default and removed", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const path = `/v1/factors/${user.factorId}`
    expect((await browser.patch(path, { name: "Work phone" })).json).toMatchObject({ name: "Work phone" })
    expect((await browser.patch(path, { default: true })).status).toBe(200)
    expect((await browser.get("/v1/me")).json).toMatchObject({ defaultFactorId: user.factorId })
    expect((await browser.delete(path)).status).toBe(204)
    expect((await browser.get("/v1/me")).json).toMatchObject({ secondFactorEnabled: false, recoveryCodes: null })
  })
  test("the last one stays where policy demands one", async () => {
    const server = await nativeForTests({ settings: { secondFactor: { rule: "required" } } })
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    expect((await browser.delete(`/v1/factors/${user.factorId}`)).json).toMatchObject({ code: "factor_required" })
  })
})

describe("what waits for its first code", () => {
  test("is listed on demand to the session that began it, also after a reload, and confirmed by its code alone", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const [browser, other] = [await server.signedIn(user), await server.signedIn(user)]
    const begun = await begin(browser, { kind: "totp", name: "Tablet" })
    const pending = { id: begun.json.factor.id, state: "pending", name: "Tablet", confirmedAt: null }
    const states = async (by: TestClient, query = "") =>
      (await by.get<{ factors: { state: string }[] }>(`/v1/factors${query}`)).json.factors.map(({ state }) => state)
    expect(await states(browser)).toEqual(["on"])
    expect(await states(browser, "?pending=1")).toEqual(["on", "pending"])
    expect(await states(other, "?pending=1")).toEqual(["on"])
    expect((await browser.get("/v1/factors?pending=1")).json).toMatchObject({ factors: [{}, pending] })
    expect((await browser.get("/v1/factors?pending=yes")).status).toBe(422)

    const tablet = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
    const confirmed = await browser.post<ConfirmedBody>("/v1/factors/confirm", { kind: "totp", answer: tablet.code() })
    expect(confirmed.json.factor).toMatchObject({ ...pending, state: "on", confirmedAt: expect.any(String) })
    expect(await states(browser, "?pending=1")).toEqual(["on", "on"])
  })

  test("is the only thing that a code confirms: without it there is nothing to confirm", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const none = await browser.post("/v1/factors/confirm", { kind: "totp", answer: user.app?.code() })
    expect([none.status, none.json["code"]]).toEqual([410, "enrolment_expired"])
  })
})

describe("removing twice", () => {
  test("is not found, at once or after another, and asks for no proof of what is not there", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const remove = async () => await browser.delete(`/v1/factors/${user.factorId}`)
    const both = await Promise.all([remove(), remove()])
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([204, 404]))
    server.clock.advance(3600)
    expect((await remove()).json).toMatchObject({ status: 404, code: "not_found" })
    expect((await browser.delete("/v1/factors/unknown")).status).toBe(404)
  })
})

describe("recovery codes", () => {
  test("can be read again by who made them, until they are acknowledged", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const [browser, other] = [await server.signedIn(user), await server.signedIn(user)]
    const made = await browser.post<{ codes: string[] }>("/v1/recovery-codes")
    expect(made.status).toBe(201)
    expect((await browser.get("/v1/recovery-codes/copy")).json).toEqual({ codes: made.json.codes })
    expect((await other.get("/v1/recovery-codes/copy")).status).toBe(404)
    expect((await browser.post("/v1/recovery-codes/acknowledge")).status).toBe(204)
    expect((await browser.get("/v1/recovery-codes/copy")).status).toBe(404)
    expect((await browser.get("/v1/recovery-codes")).json).toMatchObject({ left: 10, acknowledged: true })
  })
  test("that one request asks for twice are made once", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser({ totp: true }))
    const ask = async (key: string) => await browser.post("/v1/recovery-codes", undefined, { "idempotency-key": key })
    const [first, second] = await Promise.all([ask("one"), ask("one")])
    expect([first.status, first.json]).toEqual([201, second.json])
    expect((await ask("two")).json).not.toEqual(first.json)
    expect((await ask("one")).json).toMatchObject({ status: 409, code: "conflict" })
    for (const key of ["", "a b", "x".repeat(256)])
      expect((await ask(key)).json).toMatchObject({ status: 422, errors: [{ field: "Idempotency-Key" }] })
    const begun = async () => await begin(browser)
    expect((await begun()).json.show.secret).not.toBe((await begun()).json.show.secret)
  })

  test("are not made before there is a factor", async () => {
    const server = await nativeForTests()
    const browser = await server.signedIn(await server.createUser())
    expect((await browser.post("/v1/recovery-codes")).status).toBeGreaterThanOrEqual(400)
  })
})
