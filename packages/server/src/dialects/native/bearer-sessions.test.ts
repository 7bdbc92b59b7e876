import { describe, expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import type { Answer } from "../../testing/client.ts"
import { nativeForTests, type NativeForTests } from "./native-for-tests.ts"

/** A client that keeps its session itself has to be handed each new token of it, also where an answer has no body. */

const renewed = ({ headers }: Answer<unknown>): string => headers.get("countersign-session") ?? ""
const alive = async (server: NativeForTests, bearer: string) => (await server.client({ bearer }).get("/v1/me")).status

describe("a bearer session's new token", () => {
  test("comes in a header with whatever renews it, and the one before ends half a minute later", async () => {
    const server = await nativeForTests()
    const user = await server.createUser()
    let bearer: string = (await server.bearerOf(user)).token
    const by = () => server.client({ bearer })
    const begun = await by().post<{ factor: { id: string }; show: { uri: string } }>("/v1/factors", { kind: "totp" })
    expect(renewed(begun)).toBe("")
    const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
    const steps: Record<string, () => Promise<Answer<unknown>>> = {
      confirm: () => by().post("/v1/factors/confirm", { kind: "totp", answer: app.code() }),
      password: () => by().post("/v1/me/password", { current: user.password, password: "Heron-Quay-88!" }),
      proof: () => by().post("/v1/mfa-tokens", { proof: { kind: "totp", answer: app.code() } }),
      remove: () => by().delete(`/v1/factors/${begun.json.factor.id}`),
    }
    for (const [name, step] of Object.entries(steps)) {
      const before = bearer
      const answered = await step()
      expect([name, answered.status < 300, answered.headers.getSetCookie()]).toEqual([name, true, []])
      bearer = renewed(answered)
      expect(bearer).toMatch(/^css_/)
      expect(bearer).not.toBe(before)
      expect([await alive(server, before), await alive(server, bearer)]).toEqual([200, 200])
      server.clock.advance(30)
      expect([await alive(server, before), await alive(server, bearer)]).toEqual([401, 200])
    }
  })

  test("may be read by an app on an allowed origin", async () => {
    const app = "https://app.example.com"
    const server = await nativeForTests({ settings: { allowedOrigins: [app] } })
    const bearer = await server.bearerOf(await server.createUser())
    const { headers } = await bearer.get("/v1/session", { origin: app })
    expect(headers.get("access-control-allow-origin")).toBe(app)
    expect(headers.get("access-control-expose-headers")?.split(/, */)).toEqual(
      expect.arrayContaining(["countersign-session", "retry-after", "www-authenticate"]),
    )
  })

  test("is a cookie to a browser, never a header", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const before = browser.cookies.get("__Host-countersign")
    const minted = await browser.post("/v1/mfa-tokens", { proof: { kind: "totp", answer: user.app?.code() } })
    expect([minted.status, renewed(minted)]).toEqual([201, ""])
    expect(browser.cookies.get("__Host-countersign")).not.toBe(before)
  })

  test("stands in the body where the answer is a step of signing in", async () => {
    const server = await nativeForTests({ settings: { secondFactor: { rule: "required" } } })
    const { email, password } = await server.createUser()
    const first = await server.client().post<{ token: string }>("/v1/sign-in", { email, password, session: "bearer" })
    const owed = server.client({ bearer: first.json.token })
    const begun = await owed.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" })
    const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
    type Confirmed = { recoveryCodes: string[]; signIn: { token: string } }
    const confirmed = await owed.post<Confirmed>("/v1/factors/confirm", { kind: "totp", answer: app.code() })
    expect(renewed(confirmed)).toBe("")
    const bearer = server.client({ bearer: confirmed.json.signIn.token })
    // The codes are the session's that came of it, in the form and the order in which they were shown.
    expect((await bearer.get("/v1/recovery-codes/copy")).json).toEqual({ codes: confirmed.json.recoveryCodes })
    expect((await owed.get("/v1/recovery-codes/copy")).status).toBe(401)
    await bearer.post("/v1/recovery-codes/acknowledge")
    expect((await bearer.get("/v1/recovery-codes/copy")).json).toMatchObject({ status: 404, code: "not_found" })
  })
})

test("whoever has just confirmed a factor needs no further proof for new codes", async () => {
  const server = await nativeForTests()
  const user = await server.createUser()
  const bearer = await server.bearerOf(user)
  const begun = await bearer.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" })
  const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
  // Beginning was guarded; the first code may come when the session's own proof has grown old.
  server.clock.advance(601)
  const confirmed = await bearer.post("/v1/factors/confirm", { kind: "totp", answer: app.code() })
  expect(confirmed.status).toBe(200)
  const now = server.client({ bearer: renewed(confirmed) })
  expect((await now.get("/v1/session")).json).toMatchObject({ session: { factorAges: [10, 0] } })
  expect((await now.post("/v1/recovery-codes")).status).toBe(201)
})

test("a step-up to both factors is answered twice by the challenge's own token", async () => {
  const server = await nativeForTests()
  const user = await server.createUser({ totp: true })
  const bearer = await server.bearerOf(user)
  server.clock.advance(601)
  const opened = await bearer.post<{ token: string; kinds: { kind: string }[] }>("/v1/step-up", {
    level: "multi_factor",
  })
  expect(opened.json.kinds.map(({ kind }) => kind)).toEqual(["password"])
  const challenge = server.client({ bearer: opened.json.token })
  const half = await challenge.post("/v1/challenge/answer", { kind: "password", answer: user.password })
  expect([half.status, half.json]).toEqual([
    200,
    expect.objectContaining({ status: "second_factor", token: opened.json.token }),
  ])
  expect(half.json).toMatchObject({
    challenge: { purpose: "step_up", level: "multi_factor", kinds: [{ kind: "totp" }] },
  })
  const done = await challenge.post<{ token: string }>("/v1/challenge/answer", {
    kind: "totp",
    answer: user.app?.code(),
  })
  expect(done.json).toMatchObject({ status: "complete", session: { factorAges: [0, 0] } })
  expect((await server.client({ bearer: done.json.token }).post("/v1/recovery-codes")).status).toBe(201)
})

test.each(["first_factor", "second_factor", "multi_factor"])(
  "who has no second factor steps up to %s with the password alone",
  async (level) => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const browser = await server.signedIn(user)
    server.clock.advance(601)
    expect((await browser.post("/v1/factors", { kind: "totp" })).json).toMatchObject({
      code: "session_reverification_required",
      level: "first_factor",
    })
    const opened = await browser.post("/v1/step-up", { level })
    expect(opened.json).toMatchObject({ level: "first_factor", kinds: [{ kind: "password" }] })
    const done = await browser.post("/v1/challenge/answer", { kind: "password", answer: user.password })
    expect(done.json).toMatchObject({ status: "complete" })
    expect((await browser.post("/v1/factors", { kind: "totp" })).status).toBe(201)
  },
)

test("who has nothing to prove a level with is told so", async () => {
  const server = await nativeForTests()
  const service = server.client({
    bearer: await server.createServiceKey(["users:write", "factors:write", "challenges:write"]),
  })
  await service.post("/v1/users", { externalId: "4711" })
  const begun = await service.post<{ show: { uri: string } }>("/v1/users/external:4711/factors", { kind: "totp" })
  const app = createAuthenticator(server.clock.now).scan(begun.json.show.uri)
  await service.post("/v1/users/external:4711/factors/confirm", { kind: "totp", answer: app.code() })
  server.clock.advance(30)
  const opened = await service.post<{ token: string }>("/v1/users/external:4711/challenges", {})
  const challenge = server.client({ bearer: opened.json.token })
  const done = await challenge.post<{ token: string }>("/v1/challenge/answer", { kind: "totp", answer: app.code() })
  const bearer = server.client({ bearer: done.json.token })
  expect((await bearer.post("/v1/step-up", { level: "first_factor" })).json).toMatchObject({
    status: 422,
    code: "kind_not_offered",
  })
  expect((await bearer.post("/v1/step-up", { level: "second_factor" })).status).toBe(201)
})
