import { startTestServer } from "countersign/testing"
import type { ScannedAccount, TestServer, TestServerOptions } from "countersign/testing"
import { expect, test } from "vitest"
import { createCountersignClient, createServiceClient } from "./index.ts"
import type { ClientOptions, CountersignClient } from "./index.ts"
import { createRealBrowser } from "./testing/real-browser.ts"
import type { RealBrowser } from "./testing/real-browser.ts"

type Set = {
  server: TestServer
  client: CountersignClient
  browser: RealBrowser
  more: (o?: ClientOptions) => CountersignClient
}

async function start(session: "cookie" | "bearer", options: TestServerOptions = {}): Promise<Set & AsyncDisposable> {
  const server = await startTestServer(options)
  const browser = createRealBrowser(server, session === "cookie")
  const more = (given: ClientOptions = {}): CountersignClient =>
    createCountersignClient({ url: server.url, session, fetch: browser.fetch, retryMilliseconds: [], ...given })
  return { server, browser, client: more(), more, [Symbol.asyncDispose]: server.close }
}

const scan = (server: TestServer, uri: string | undefined): ScannedAccount => server.authenticator.scan(uri ?? "")

for (const session of ["cookie", "bearer"] as const) {
  test(`${session}: sign up, confirm, add an app, sign out, sign in with its code, remove it`, async () => {
    await using set = await start(session)
    const { server, client } = set
    const email = "ann@example.com"
    const password = "a long enough pass phrase"
    expect(await client.load()).toMatchObject({ loaded: true, user: null, challenge: null })
    await client.account.signUp({ email, password })
    const mail = await server.mails.latestTo(email)
    const token = new URL(mail.links[0] ?? "").searchParams.get("token") ?? ""
    expect(await client.account.confirmAddress(token)).toEqual({ email })

    expect((await client.signIn({ email, password })).status).toBe("complete")
    expect(client.current().user).toMatchObject({
      email,
      secondFactorEnabled: false,
      factorKinds: [],
      recoveryCodes: null,
    })
    const begun = await client.factors.begin({ kind: "totp" })
    expect((await client.factors.list()).factors).toEqual([])
    const app = scan(server, begun.show.uri)
    const { recoveryCodes } = await client.factors.confirm({ kind: "totp", answer: app.code() })
    expect(recoveryCodes).toHaveLength(10)
    expect(client.current().user).toMatchObject({
      secondFactorEnabled: true,
      factorKinds: ["totp"],
      recoveryCodes: { left: 10, acknowledged: false },
      defaultFactorId: begun.factor.id,
    })
    expect((await client.recoveryCodes.copy()).codes).toEqual(recoveryCodes)
    const before = client.current().user?.revision ?? 0
    await client.recoveryCodes.acknowledge()
    expect(client.current().user?.recoveryCodes?.acknowledged).toBe(true)
    expect(client.current().user?.revision).toBeGreaterThan(before)
    await expect(client.recoveryCodes.copy()).rejects.toMatchObject({ code: "not_found" })

    await client.signOut()
    expect(client.current()).toMatchObject({ session: null, user: null })
    expect((await client.signIn({ email, password })).status).toBe("second_factor")
    expect(client.current().challenge).toMatchObject({ purpose: "sign_in", user: { email } })
    await client.reload()
    expect(client.current().challenge).toMatchObject({ purpose: "sign_in", user: { email } })
    await expect(client.challenge.answer({ kind: "totp", answer: "" })).rejects.toMatchObject({
      code: "input_invalid",
      fields: [{ field: "answer" }],
    })
    await expect(client.challenge.answer({ kind: "totp", answer: app.code() })).rejects.toMatchObject({
      code: "code_incorrect",
    })
    expect(client.current().challenge).not.toBeNull()
    server.clock.advance(30)
    await client.challenge.answer({ kind: "totp", answer: app.code() })
    expect(client.current()).toMatchObject({ challenge: null, session: { aal: "aal2" }, user: { email } })

    await client.factors.remove(begun.factor.id)
    expect(client.current().user).toMatchObject({ secondFactorEnabled: false, recoveryCodes: null })
    // What replaced the old token has to be the one in use by the time that the old one is dead.
    server.clock.advance(120)
    expect((await client.reload()).user?.email).toBe(email)
    expect(server.reports).toEqual([])
  })

  test(`${session}: a session that is too old is asked once and goes on`, async () => {
    await using set = await start(session)
    const { server, client } = set
    const person = await server.createUser({ totp: true })
    await client.signIn(person)
    await client.challenge.answer({ kind: "totp", answer: person.app?.code() })
    server.clock.advance(601)
    const refused: unknown = await client.recoveryCodes.replace().catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: "session_reverification_required",
      level: "second_factor",
      maxAgeSeconds: 600,
    })
    expect((await client.reload()).user).not.toBeNull()

    client.reverification.listen((request) => {
      client
        .stepUp(request.level)
        .then((challenge) => {
          expect(challenge.kinds.map(({ kind }) => kind)).toContain("totp")
          return client.challenge.answer({ kind: "totp", answer: person.app?.code() })
        })
        .then(request.complete, request.cancel)
    })
    expect((await client.recoveryCodes.replace()).codes).toHaveLength(10)
    expect(client.current().challenge).toBeNull()
    server.clock.advance(60)
    expect((await client.reload()).user?.id).toBe(person.id)
  })

  test(`${session}: stepping up to both factors asks for one after the other`, async () => {
    await using set = await start(session)
    const { server, client } = set
    const person = await server.createUser({ totp: true })
    await client.signIn(person)
    await client.challenge.answer({ kind: "totp", answer: person.app?.code() })
    server.clock.advance(601)
    const challenge = await client.stepUp("multi_factor")
    expect(challenge.kinds.map(({ kind }) => kind)).toEqual(["password"])
    const owed = await client.challenge.answer({ kind: "password", answer: person.password })
    expect(owed).toMatchObject({ status: "second_factor", challenge: { purpose: "step_up" } })
    expect(client.current().challenge).toBeNull()
    expect((await client.challenge.answer({ kind: "totp", answer: person.app?.code() })).status).toBe("complete")
    expect(client.current().session?.factorAges).toEqual([0, 0])
  })

  test(`${session}: a demanded enrolment, with a reload in between and codes that can be read again`, async () => {
    await using set = await start(session, { secondFactor: "required" })
    const { server, client, more } = set
    const person = await server.createUser()
    expect((await client.signIn(person)).status).toBe("enrolment")
    expect(client.current().challenge).toMatchObject({ purpose: "enrol", user: { email: person.email } })
    if (session === "cookie") expect((await more().load()).challenge?.purpose).toBe("enrol")
    const begun = await client.factors.begin({ kind: "totp" })
    const confirmed = await client.factors.confirm({ kind: "totp", answer: scan(server, begun.show.uri).code() })
    expect(confirmed.recoveryCodes).toHaveLength(10)
    expect(client.current()).toMatchObject({ challenge: null, session: { aal: "aal2" } })
    expect((await client.recoveryCodes.copy()).codes).toEqual(confirmed.recoveryCodes)
    await expect(client.factors.remove(begun.factor.id)).rejects.toMatchObject({ code: "factor_required" })
    expect((await client.reload()).user).not.toBeNull()
  })

  test(`${session}: while a second factor is owed nothing else opens`, async () => {
    await using set = await start(session)
    const { server, client } = set
    const person = await server.createUser({ totp: true })
    await client.signIn(person)
    await expect(client.factors.begin({ kind: "totp" })).rejects.toMatchObject({ code: "unauthenticated" })
    await expect(client.recoveryCodes.replace()).rejects.toMatchObject({ code: "unauthenticated" })
    expect(client.current().challenge).not.toBeNull()
    await client.challenge.abandon()
    expect(client.current().challenge).toBeNull()
  })

  test(`${session}: a token that proves the second factor, spent once by the app's server`, async () => {
    await using set = await start(session, {
      actions: { transfer: { level: "second_factor", seconds: 60, singleUse: true } },
    })
    const { server, client } = set
    const person = await server.createUser({ totp: true })
    await client.signIn(person)
    await client.challenge.answer({ kind: "totp", answer: person.app?.code() })
    expect(Object.keys((await client.policy()).actions)).toEqual(["transfer"])
    const { token } = await client.mfaTokens.mint({ action: "transfer" })
    const key = await server.createServiceKey(["mfa-tokens:spend"])
    const service = createServiceClient({ url: server.url, key, fetch: set.browser.fetch })
    await expect(service.verifyMfaToken(token, { action: "other" })).rejects.toMatchObject({
      code: "mfa_token_invalid",
    })
    expect(await service.verifyMfaToken(token, { action: "transfer" })).toMatchObject({
      userId: person.id,
      action: "transfer",
    })
    await expect(service.verifyMfaToken(token, { action: "transfer" })).rejects.toMatchObject({
      code: "mfa_token_invalid",
    })
  })

  test(`${session}: lists, names, sessions and the policy read as the types say`, async () => {
    await using set = await start(session)
    const { server, client } = set
    const person = await server.createUser({ totp: true })
    await client.signIn({ ...person, persistent: true })
    await client.challenge.answer({ kind: "totp", answer: person.app?.code(), rememberDevice: true })
    const [factor] = (await client.factors.list()).factors
    expect(await client.factors.update(factor?.id ?? "", { name: "Phone", default: true })).toMatchObject({
      name: "Phone",
    })
    expect(await client.me.update({ firstName: "Ada" })).toMatchObject({ firstName: "Ada" })
    expect(client.current().user?.firstName).toBe("Ada")
    expect(await client.sessions.list()).toHaveLength(1)
    expect(await client.rememberedDevices.list()).toHaveLength(1)
    expect((await client.activity({ limit: 5 })).items.length).toBeGreaterThan(0)
    const { key } = await client.apiKeys.create({ name: "script" })
    expect(await client.apiKeys.list()).toMatchObject([{ name: "script" }])
    const script = createCountersignClient({ url: server.url, key, fetch: set.browser.fetch })
    expect((await script.load()).user?.id).toBe(person.id)
    await client.apiKeys.revoke((await client.apiKeys.list())[0]?.id ?? "")
    await client.signOut()
    const again = await client.signIn({ email: person.email, password: person.password })
    expect(again.status).toBe("complete")
    expect(client.current().session).toMatchObject({ aal: "aal1", deviceRemembered: true })
    expect(await client.sessions.endOthers()).toBe(0)
    expect((await client.reload()).user?.id).toBe(person.id)
  })
}

test("an app that has its own sign-in adds a second factor with a service key", async () => {
  await using set = await start("bearer")
  const { server, browser } = set
  const key = await server.createServiceKey([
    "users:read",
    "users:write",
    "factors:read",
    "factors:write",
    "challenges:write",
  ])
  const service = createServiceClient({ url: server.url, key, fetch: browser.fetch })
  const user = await service.users.create({ externalId: "42" })
  expect((await service.users.find("external:42")).id).toBe(user.id)
  const begun = await service.factors.begin(user.id, { kind: "totp" })
  const app = scan(server, begun.show.uri)
  expect((await service.factors.confirm(user.id, { kind: "totp", answer: app.code() })).recoveryCodes).toHaveLength(10)
  const { token = "" } = await service.challenges.open(user.id)
  server.clock.advance(30)
  expect(await service.challenges.answer(token, { kind: "totp", answer: app.code() })).toMatchObject({
    status: "complete",
  })
})
