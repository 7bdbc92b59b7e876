import { describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import { createPasskeyAuthenticator } from "../../testing/passkey-authenticator.ts"
import { type NativeForTests, nativeForTests, publicUrl } from "./native-for-tests.ts"

type Shown = { show: { options: Record<string, unknown> } }
type Begun = Shown & { factor: { id: string; state: string } }
type Confirmed = { factor: { id: string }; recoveryCodes?: string[]; signIn?: { status: string; token?: string } }
type SignIn = {
  status: string
  token?: string
  session?: { aal: string; amr: string[] }
  challenge?: { kinds: { kind: string }[]; attemptsLeft: number }
}

const start = (settings: object = {}): Promise<NativeForTests> =>
  nativeForTests({ settings: { relyingParty: { id: "auth.example.com", origins: [publicUrl] }, ...settings } })

const device = () => createPasskeyAuthenticator({ origin: publicUrl })

const enrol = async (by: TestClient, authenticator: ReturnType<typeof device>, path = "/v1/factors") => {
  const begun = await by.post<Begun>(path, { kind: "passkey", name: "Laptop" })
  expect([begun.status, begun.json.factor.state]).toEqual([201, "pending"])
  const answer = authenticator.create(begun.json.show.options)
  return await by.post<Confirmed>(`${path}/confirm`, { kind: "passkey", answer })
}

const ask = async (by: TestClient): Promise<Record<string, unknown>> => {
  const started = await by.post<Shown>("/v1/challenge/start", { kind: "passkey" })
  expect(started.status).toBe(200)
  return started.json.show.options
}

describe("a passkey over the native API", () => {
  test("is added, signs in, steps up, is renamed and removed, in a browser", async () => {
    const server = await start()
    const user = await server.createUser()
    const authenticator = device()
    const browser = await server.signedIn(user)
    expect((await browser.get("/v1/factors")).json).toMatchObject({ offered: ["passkey", "totp", "email-code"] })
    const confirmed = await enrol(browser, authenticator)
    expect(confirmed.status).toBe(200)
    expect(confirmed.json).toMatchObject({ factor: { kind: "passkey", name: "Laptop", state: "on" } })
    expect(confirmed.json.recoveryCodes).toHaveLength(10)

    const fresh = server.client()
    const first = await fresh.post<SignIn>("/v1/sign-in", { email: user.email, password: user.password })
    expect(first.json).toMatchObject({ status: "second_factor" })
    expect(first.json.challenge?.kinds.map(({ kind }) => kind)).toEqual(["passkey", "recovery-code"])
    const answer = authenticator.get(await ask(fresh))
    const done = await fresh.post<SignIn>("/v1/challenge/answer", { kind: "passkey", answer, rememberDevice: true })
    expect(done.json).toMatchObject({
      status: "complete",
      session: { aal: "aal2", amr: expect.arrayContaining(["pwd", "hwk", "user", "mfa"]) },
    })
    const again = await fresh.post("/v1/challenge/answer", { kind: "passkey", answer })
    expect(again.status).toBe(410)

    server.clock.advance(3600)
    const path = `/v1/factors/${confirmed.json.factor.id}`
    expect((await fresh.patch(path, { name: "Old laptop" })).json).toMatchObject({
      code: "session_reverification_required",
      level: "second_factor",
    })
    expect((await fresh.post("/v1/step-up", { level: "second_factor" })).status).toBe(201)
    const proof = authenticator.get(await ask(fresh))
    expect((await fresh.post("/v1/challenge/answer", { kind: "passkey", answer: proof })).status).toBe(200)
    expect((await fresh.patch(path, { name: "Old laptop" })).json).toMatchObject({ name: "Old laptop" })
    expect((await fresh.delete(path)).status).toBe(204)
    expect((await fresh.get("/v1/factors")).json).toMatchObject({ factors: [] })
  })

  test("signs a program in that carries its tokens itself", async () => {
    const server = await start()
    const user = await server.createUser()
    const authenticator = device()
    await enrol(await server.bearerOf(user), authenticator)
    const credentials = { email: user.email, password: user.password, session: "bearer" }
    const first = await server.client().post<SignIn>("/v1/sign-in", credentials)
    const holder = server.client({ bearer: first.json.token })
    const done = await holder.post<SignIn>("/v1/challenge/answer", {
      kind: "passkey",
      answer: authenticator.get(await ask(holder)),
    })
    expect(done.json).toMatchObject({ status: "complete", token: expect.stringMatching(/^css_/) })
  })

  test("proves for an MFA token, where a step-up was opened for it", async () => {
    const server = await start()
    const authenticator = device()
    const browser = await server.signedIn(await server.createUser())
    await enrol(browser, authenticator)
    server.clock.advance(3600)
    expect((await browser.post("/v1/mfa-tokens", {})).status).toBe(403)
    await browser.post("/v1/step-up", { level: "second_factor" })
    const answer = authenticator.get(await ask(browser))
    const made = await browser.post("/v1/mfa-tokens", { proof: { kind: "passkey", answer } })
    expect(made.status).toBe(201)
    const replayed = await browser.post("/v1/mfa-tokens", { proof: { kind: "passkey", answer } })
    expect(replayed.json).toMatchObject({ code: expect.stringMatching(/^(challenge_spent|kind_not_offered)$/) })
  })

  test("pays an enrolment that is owed", async () => {
    const server = await start({ secondFactor: { rule: "required" } })
    const user = await server.createUser()
    const fresh = server.client()
    const first = await fresh.post<SignIn>("/v1/sign-in", { email: user.email, password: user.password })
    expect(first.json.status).toBe("enrolment")
    const confirmed = await enrol(fresh, device())
    expect(confirmed.json.signIn).toMatchObject({ status: "complete" })
  })

  test("can be added by a service that knows the person, on a page of its own", async () => {
    const server = await start()
    const user = await server.createUser()
    const service = server.client({ bearer: await server.createServiceKey(["factors:write", "challenges:write"]) })
    const authenticator = device()
    expect((await enrol(service, authenticator, `/v1/users/${user.id}/factors`)).status).toBe(200)
    const opened = await service.post<SignIn>(`/v1/users/${user.id}/challenges`, {})
    const holder = server.client({ bearer: opened.json.token })
    const answer = authenticator.get(await ask(holder))
    expect((await holder.post("/v1/challenge/answer", { kind: "passkey", answer })).json).toMatchObject({
      status: "complete",
    })
  })

  test("what is no answer is refused with the field's name and takes no attempt, a wrong one takes one", async () => {
    const server = await start()
    const user = await server.createUser()
    const authenticator = device()
    await enrol(await server.signedIn(user), authenticator)
    const fresh = server.client()
    await fresh.post("/v1/sign-in", { email: user.email, password: user.password })
    const options = await ask(fresh)
    const right = authenticator.get(options)
    for (const answer of ["", "123456", {}, { ...right, id: 7 }, { ...right, response: null }, { ...right, id: "" }]) {
      const refused = await fresh.post("/v1/challenge/answer", { kind: "passkey", answer })
      expect([refused.status, refused.json["code"]]).toEqual([422, "input_invalid"])
      expect(refused.json["errors"]).toMatchObject([{ field: "answer" }])
    }
    const foreign = authenticator.get(options, { origin: "https://evil.example" })
    const wrong = await fresh.post("/v1/challenge/answer", { kind: "passkey", answer: foreign })
    expect([wrong.status, wrong.json["code"]]).toEqual([400, "code_incorrect"])
    expect((await fresh.get("/v1/challenge")).json).toMatchObject({ attemptsLeft: 4 })
    // Nothing that was sent comes back.
    expect(wrong.text).not.toContain(foreign.id)
    const done = await fresh.post("/v1/challenge/answer", { kind: "passkey", answer: authenticator.get(options) })
    expect(done.json).toMatchObject({ status: "complete" })
  })
})
