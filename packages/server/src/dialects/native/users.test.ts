import { describe, expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import { nativeForTests } from "./native-for-tests.ts"

const everything = ["users:read", "users:write", "factors:read", "factors:write", "challenges:write"] as const

/** The calls of `docs/guides/own-users.md`, in its order. */
describe("an app that has its own users", () => {
  test("adds a second factor to its own sign-in", async () => {
    const server = await nativeForTests()
    const app = server.client({
      bearer: await server.createServiceKey(["users:write", "factors:write", "challenges:write"]),
    })

    const created = await app.post<{ id: string }>("/v1/users", { externalId: "4711" })
    expect(created.status).toBe(201)
    const begun = await app.post<{ show: { uri: string } }>("/v1/users/external:4711/factors", { kind: "totp" })
    expect(begun.status).toBe(201)
    const phone = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
    const confirmed = await app.post<{ recoveryCodes: string[] }>("/v1/users/external:4711/factors/confirm", {
      kind: "totp",
      answer: phone.code(),
    })
    expect([confirmed.status, confirmed.json.recoveryCodes.length]).toEqual([200, 10])

    server.clock.advance(30)
    const opened = await app.post<{ status: string; token: string }>("/v1/users/external:4711/challenges", {})
    expect([opened.status, opened.json.status]).toEqual([201, "second_factor"])
    const challenge = server.client({ bearer: opened.json.token })
    const wrong = await challenge.post("/v1/challenge/answer", { kind: "totp", answer: "000000" })
    expect([wrong.status, wrong.json["code"]]).toEqual([400, "code_incorrect"])
    const answered = await challenge.post<{ status: string; user: { externalId: string } }>("/v1/challenge/answer", {
      kind: "totp",
      answer: phone.code(),
    })
    expect(answered.json).toMatchObject({ status: "complete", user: { id: created.json.id, externalId: "4711" } })

    const again = await challenge.post("/v1/challenge/answer", { kind: "totp", answer: phone.code() })
    expect(again.status).toBe(410)
    server.clock.advance(30)
    const next = await app.post<{ token: string }>("/v1/users/external:4711/challenges", {})
    const byCode = { kind: "recovery-code", answer: confirmed.json.recoveryCodes[0] }
    expect((await server.client({ bearer: next.json.token }).post("/v1/challenge/answer", byCode)).json).toMatchObject({
      status: "complete",
      recoveryCodesLeft: 9,
    })
  })
  test("is told when there is no factor to ask for", async () => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(["users:write", "challenges:write"]) })
    await app.post("/v1/users", { externalId: "4711" })
    expect((await app.post("/v1/users/external:4711/challenges", {})).json).toMatchObject({
      code: "enrolment_required",
    })
  })
})

describe("a service and users", () => {
  test("creates, reads, lists, searches, changes, disables and removes", async () => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(everything) })
    const made = await app.post<{ id: string }>("/v1/users", {
      email: "ada@example.com",
      emailConfirmed: true,
      roles: ["editor"],
      firstName: "Ada",
    })
    await app.post("/v1/users", { externalId: "2" })
    const path = `/v1/users/${made.json.id}`
    expect((await app.get(path)).json).toMatchObject({
      email: "ada@example.com",
      roles: ["editor"],
      disabled: false,
      hasPassword: false,
    })
    expect((await app.get<{ items: unknown[] }>("/v1/users?search=ada")).json.items).toHaveLength(1)
    const page = await app.get<{ items: { id: string }[]; next: string }>("/v1/users?limit=1")
    const rest = await app.get<{ items: { id: string }[] }>(
      `/v1/users?limit=1&after=${encodeURIComponent(page.json.next)}`,
    )
    expect(rest.json.items[0]?.id).not.toBe(page.json.items[0]?.id)
    expect((await app.patch(path, { roles: [], externalId: "1", disabled: true })).json).toMatchObject({
      roles: [],
      externalId: "1",
      disabled: true,
    })
    expect((await app.get("/v1/users/external:1")).status).toBe(200)
    expect((await app.delete(path)).status).toBe(204)
    expect((await app.get(path)).status).toBe(404)
  })
  test("disabling a user ends the session at the next call", async () => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(everything) })
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    await app.patch(`/v1/users/${user.id}`, { disabled: true })
    expect((await browser.get("/v1/me")).status).toBe(401)
  })
  test("a taken address or id is a conflict", async () => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(everything) })
    await app.post("/v1/users", { email: "ada@example.com", externalId: "1" })
    expect((await app.post("/v1/users", { email: "ADA@example.com" })).status).toBe(409)
    expect((await app.post("/v1/users", { externalId: "1" })).status).toBe(409)
  })
  test("lists and removes factors, and never sees a secret again", async () => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(everything) })
    const user = await server.createUser({ totp: true })
    const listed = await app.get(`/v1/users/${user.id}/factors`)
    expect(listed.json).toMatchObject({ factors: [{ id: user.factorId, kind: "totp" }] })
    expect(listed.text).not.toContain(user.app?.secret)
    expect((await app.post(`/v1/users/${user.id}/recovery-codes`)).status).toBe(201)
    expect((await app.get(`/v1/users/${user.id}/recovery-codes`)).json).toMatchObject({ left: 10 })
    expect((await app.delete(`/v1/users/${user.id}/factors/${user.factorId}`)).status).toBe(204)
    expect((await app.get(`/v1/users/${user.id}/factors`)).json).toMatchObject({ factors: [] })
  })
  test("another user's factor under this user's path is not found", async () => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(everything) })
    const [one, other] = [await server.createUser({ totp: true }), await server.createUser({ totp: true })]
    expect((await app.delete(`/v1/users/${one.id}/factors/${other.factorId}`)).status).toBe(404)
  })
  test.each(["external:", "external:nobody", "nobody", "..", "external:%00"])("%s is not found", async (id) => {
    const server = await nativeForTests()
    const app = server.client({ bearer: await server.createServiceKey(everything) })
    expect((await app.get(`/v1/users/${id === ".." ? "%2e%2e" : id}`)).status).toBe(404)
  })
})
