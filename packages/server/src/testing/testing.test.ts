import { expect, test } from "vitest"
import { startTestServer } from "./testing.ts"

const phrase = "a long enough pass phrase"
type Begun = { factor: { id: string }; show: { secret: string; uri: string } }

test("the whole story: sign up, confirm, add an app, sign out, sign in with its code", async () => {
  await using server = await startTestServer()
  const browser = server.client()
  const email = "ann@example.com"

  expect(await browser.post("/v1/sign-up", { email, password: phrase })).toMatchObject({ status: 202 })
  const mail = await server.mails.latestTo(email)
  const token = new URL(mail.links[0] ?? "").searchParams.get("token")
  expect(await browser.post("/v1/address/confirm", { token })).toMatchObject({ status: 200, json: { email } })
  expect(await browser.post("/v1/sign-in", { email, password: phrase })).toMatchObject({ json: { status: "complete" } })

  const begun = await browser.post<Begun>("/v1/factors", { kind: "totp" })
  const app = server.authenticator.scan(begun.json.show.uri)
  const confirmed = await browser.post<{ recoveryCodes: string[] }>("/v1/factors/confirm", {
    kind: "totp",
    answer: app.code(),
  })
  expect(confirmed.json.recoveryCodes).toHaveLength(10)

  expect(await browser.delete("/v1/session")).toMatchObject({ status: 204 })
  expect(await browser.post("/v1/sign-in", { email, password: phrase })).toMatchObject({
    json: { status: "second_factor" },
  })
  server.clock.advance(30)
  expect(await browser.post("/v1/challenge/answer", { kind: "totp", answer: app.code() })).toMatchObject({
    json: { status: "complete", session: { aal: "aal2" } },
  })
  expect(await browser.get("/v1/session")).toMatchObject({ json: { user: { email, secondFactorEnabled: true } } })
  expect(server.reports).toEqual([])
})

test("a user that is made at once signs in with password and code", async () => {
  await using server = await startTestServer()
  const { email, password, app } = await server.createUser({ totp: true })
  const browser = server.client()
  await browser.post("/v1/sign-in", { email, password })
  const answered = await browser.post("/v1/challenge/answer", { kind: "totp", answer: app.code() })
  expect(answered).toMatchObject({ status: 200, json: { status: "complete" } })
})

test("a service's key speaks for the app", async () => {
  await using server = await startTestServer()
  const key = await server.createServiceKey(["users:read"])
  const { id } = await server.createUser()
  const app = server.client({ bearer: key })
  expect(await app.get(`/v1/users/${id}`)).toMatchObject({ status: 200, json: { id } })
  expect(await app.post("/v1/users", { email: "bob@example.com" })).toMatchObject({ status: 403 })
})

test("time stands still until it is moved", async () => {
  await using server = await startTestServer({ startAt: Date.UTC(2031, 5, 1) })
  const { email, password } = await server.createUser()
  const browser = server.client()
  await browser.post("/v1/sign-in", { email, password })
  server.clock.advance(13 * 86_400)
  expect(await browser.get("/v1/session")).toMatchObject({ json: { user: { email } } })
  server.clock.advance(15 * 86_400)
  expect((await browser.get("/v1/me")).status).toBe(401)
})

test("servers know nothing of one another", async () => {
  await using one = await startTestServer()
  await using two = await startTestServer()
  const { email, password } = await one.createUser()
  expect((await two.client().post("/v1/sign-in", { email, password })).status).toBe(401)
})

test("what is set on the machine does not reach a test", async () => {
  process.env["COUNTERSIGN_ISSUER"] = "Somebody's machine"
  await using server = await startTestServer()
  delete process.env["COUNTERSIGN_ISSUER"]
  expect(server.engine.settings.issuer).toBe("Countersign")
})

test("a server that listens answers at its address", async () => {
  await using server = await startTestServer({ listen: true })
  const response = await fetch(`${server.url.replace("localhost", "127.0.0.1")}/readyz`)
  expect(response.status).toBe(200)
})

test("a mail that was not sent is an error that says so", async () => {
  await using server = await startTestServer()
  await expect(server.mails.latestTo("nobody@example.com")).rejects.toThrow(
    "no mail has been sent to nobody@example.com",
  )
})
