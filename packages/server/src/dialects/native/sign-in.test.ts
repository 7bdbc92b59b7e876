import { describe, expect, test } from "vitest"
import type { NativeForTests } from "./native-for-tests.ts"
import { nativeForTests } from "./native-for-tests.ts"

const sessionCookie = "__Host-countersign"
const challengeCookie = "__Host-countersign-challenge"

const linkTokenOf = async (server: NativeForTests): Promise<string> => {
  const mail = (await server.mails()).findLast(({ facts }) => typeof facts["link"] === "string")
  const link = new URL(String(mail?.facts["link"]))
  return link.searchParams.get("token") ?? link.hash.split("token=")[1] ?? ""
}

describe("signing up", () => {
  test("leads from the mailed link to a session", async () => {
    const server = await nativeForTests()
    const browser = server.client()
    const account = { email: "ada@example.com", password: "a phrase nobody else has" }
    const signedUp = await browser.post("/v1/sign-up", { ...account, firstName: "Ada", locale: "en" })
    expect([signedUp.status, signedUp.json]).toEqual([202, { status: "confirm_address" }])
    expect((await browser.post("/v1/sign-in", account)).json).toMatchObject({ code: "address_unconfirmed" })

    const token = await linkTokenOf(server)
    const confirmed = await browser.post("/v1/address/confirm", { token })
    expect([confirmed.status, confirmed.json]).toEqual([200, { email: "ada@example.com" }])
    expect((await browser.post("/v1/address/confirm", { token })).status).toBe(410)

    const signedIn = await browser.post("/v1/sign-in", account)
    expect(signedIn.json).toMatchObject({ status: "complete", user: { firstName: "Ada", secondFactorEnabled: false } })
    expect((await browser.get("/v1/session")).json).toMatchObject({ user: { email: "ada@example.com" }, tasks: [] })
  })
  test("with a taken address looks the same, and signs nobody in", async () => {
    const server = await nativeForTests()
    const { email } = await server.createUser()
    const password = "a phrase nobody else has"
    const [taken, fresh] = [server.client(), server.client()]
    const one = await taken.post("/v1/sign-up", { email, password })
    const other = await fresh.post("/v1/sign-up", { email: "new@example.com", password })
    expect([one.status, one.text]).toEqual([other.status, other.text])
    expect([...one.headers]).toEqual([...other.headers])
    expect(taken.cookies.size).toBe(0)
    expect((await taken.post("/v1/sign-in", { email, password })).status).toBe(401)
  })
  test("with a password that is too short names the rule, not the password", async () => {
    const server = await nativeForTests()
    const refused = await server.client().post("/v1/sign-up", { email: "ada@example.com", password: "hunter2" })
    expect(refused.status).toBe(422)
    expect(refused.json).toMatchObject({ code: "password_rejected", reasons: expect.arrayContaining(["too_short"]) })
    expect(refused.text).not.toContain("hunter2")
  })
})

describe("signing in", () => {
  test("without a second factor is complete, and the cookie is the browser's alone", async () => {
    const server = await nativeForTests()
    const { email, password, id } = await server.createUser()
    const browser = server.client()
    const { json, text, headers } = await browser.post("/v1/sign-in", { email, password })
    expect(json).toMatchObject({
      status: "complete",
      user: { id },
      session: { aal: "aal1", amr: ["pwd"], factorAges: [0, -1] },
    })
    expect(headers.getSetCookie().join()).toMatch(
      /__Host-countersign=css_[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax/,
    )
    expect(text).not.toContain("css_")
  })
  test("persistently gives the cookie a life", async () => {
    const server = await nativeForTests()
    const { email, password } = await server.createUser()
    const { headers } = await server.client().post("/v1/sign-in", { email, password, persistent: true })
    expect(headers.getSetCookie()[0]).toMatch(/Max-Age=\d{6,}/)
  })
  test("with a second factor gives a challenge, and nothing of the user beyond what was typed", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = server.client()
    const first = await browser.post("/v1/sign-in", { email: user.email, password: user.password })
    expect(first.json).toMatchObject({ status: "second_factor", challenge: { purpose: "sign_in", attemptsLeft: 5 } })
    expect(Object.keys(first.json)).toEqual(["status", "challenge"])
    expect([...browser.cookies.keys()]).toEqual([challengeCookie])
    expect((await browser.get("/v1/session")).json).toMatchObject({
      session: null,
      user: null,
      challenge: { purpose: "sign_in" },
    })

    const wrong = await browser.post("/v1/challenge/answer", { kind: "totp", answer: "000000" })
    expect([wrong.status, wrong.json]).toEqual([400, expect.objectContaining({ code: "code_incorrect" })])
    expect((await browser.get("/v1/challenge")).json).toMatchObject({ attemptsLeft: 4, user: { email: user.email } })

    const done = await browser.post("/v1/challenge/answer", { kind: "totp", answer: ` ${user.app?.code()} ` })
    expect(done.json).toMatchObject({
      status: "complete",
      session: { aal: "aal2", factorAges: [0, 0] },
      user: { factorKinds: ["totp"] },
    })
    expect([...browser.cookies.keys()]).toEqual([sessionCookie])
  })
  test("as a bearer sets no cookie and hands out the tokens", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const program = server.client({ origin: null })
    const first = await program.post<{ token: string }>("/v1/sign-in", {
      email: user.email,
      password: user.password,
      session: "bearer",
    })
    expect(first.json.token).toMatch(/^csc_/)
    expect(first.headers.getSetCookie()).toEqual([])
    const challenge = server.client({ bearer: first.json.token })
    expect((await challenge.get("/v1/challenge")).status).toBe(200)
    const done = await challenge.post<{ token: string }>("/v1/challenge/answer", {
      kind: "totp",
      answer: user.app?.code(),
    })
    expect(done.json.token).toMatch(/^css_/)
    expect(done.headers.getSetCookie()).toEqual([])
    expect((await server.client({ bearer: done.json.token }).get("/v1/me")).json).toMatchObject({ email: user.email })
    expect((await server.client({ bearer: first.json.token }).get("/v1/me")).status).toBe(401)
  })
  test("remembers the device on demand, by cookie and by token", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = server.client()
    const credentials = { email: user.email, password: user.password }
    await browser.post("/v1/sign-in", credentials)
    await browser.post("/v1/challenge/answer", { kind: "totp", answer: user.app?.code(), rememberDevice: true })
    expect((await browser.get("/v1/remembered-devices")).json).toMatchObject({ devices: [{ current: true }] })
    await browser.delete("/v1/session")
    expect((await browser.post("/v1/sign-in", credentials)).json).toMatchObject({
      status: "complete",
      session: { aal: "aal1", deviceRemembered: true },
    })

    server.clock.advance(30)
    const bearer = server.client()
    const first = await bearer.post<{ token: string }>("/v1/sign-in", { ...credentials, session: "bearer" })
    const done = await server
      .client({ bearer: first.json.token })
      .post<{ deviceToken: string }>("/v1/challenge/answer", {
        kind: "totp",
        answer: user.app?.code(),
        rememberDevice: true,
      })
    const again = await bearer.post("/v1/sign-in", {
      ...credentials,
      session: "bearer",
      deviceToken: done.json.deviceToken,
    })
    expect(again.json).toMatchObject({ status: "complete", session: { deviceRemembered: true } })
  })
  test("with a recovery code says how many are left", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = await server.signedIn(user)
    const { json } = await browser.post<{ codes: string[] }>("/v1/recovery-codes")
    const other = server.client()
    await other.post("/v1/sign-in", { email: user.email, password: user.password })
    const done = await other.post("/v1/challenge/answer", {
      kind: "recovery-code",
      answer: json.codes[0]?.toLowerCase(),
    })
    expect(done.json).toMatchObject({ status: "complete", recoveryCodesLeft: 9 })
  })
  test("a challenge can be given up, and is then spent", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const { json } = await server
      .client()
      .post<{ token: string }>("/v1/sign-in", { email: user.email, password: user.password, session: "bearer" })
    const challenge = server.client({ bearer: json.token })
    expect((await challenge.delete("/v1/challenge")).status).toBe(204)
    expect((await challenge.get("/v1/challenge")).json).toMatchObject({ code: "challenge_spent" })
    expect((await challenge.get("/v1/session")).status).toBe(401)
  })
  test("after five wrong codes the challenge is spent for the right one as well", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const browser = server.client()
    await browser.post("/v1/sign-in", { email: user.email, password: user.password })
    for (const answer of ["000001", "000002", "000003", "000004", "000005"])
      await browser.post("/v1/challenge/answer", { kind: "totp", answer })
    const right = await browser.post("/v1/challenge/answer", { kind: "totp", answer: user.app?.code() })
    expect([410, 429]).toContain(right.status)
  })
})

describe("who can't be told apart from outside", () => {
  test("an unknown address and a wrong password", async () => {
    const server = await nativeForTests()
    const plain = await server.createUser()
    const guarded = await server.createUser({ totp: true })
    const answers = []
    for (const email of ["nobody@example.com", plain.email, guarded.email, "not an address"]) {
      const { status, text, headers } = await server
        .client()
        .post("/v1/sign-in", { email, password: "wrong wrong wrong" })
      answers.push([status, text, [...headers]])
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })
  test("a wrong code, a code that was used, and the code of somebody else", async () => {
    const server = await nativeForTests()
    const [one, other] = [await server.createUser({ totp: true }), await server.createUser({ totp: true })]
    const used = one.app?.code()
    await server.signedIn(one)
    server.clock.advance(-30)
    const answers = []
    for (const answer of ["000000", used, other.app?.code()]) {
      const browser = server.client()
      await browser.post("/v1/sign-in", { email: one.email, password: one.password })
      const { status, text } = await browser.post("/v1/challenge/answer", { kind: "totp", answer })
      answers.push([status, text])
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })
  test("known and unknown addresses that ask for a mail", async () => {
    const server = await nativeForTests()
    const known = await server.createUser()
    const unconfirmed = await server.createUser({ confirmed: false })
    for (const path of ["/v1/password/forgot", "/v1/sign-up/resend"]) {
      const answers = []
      for (const email of [known.email, unconfirmed.email, "nobody@example.com"]) {
        const { status, text, headers } = await server.client().post(path, { email })
        answers.push(JSON.stringify([status, text, [...headers]]))
      }
      expect(new Set(answers).size).toBe(1)
    }
  })
})

describe("the forgotten password", () => {
  test("is reset by the mailed link once, signs nobody in and leaves the second factor", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const before = await server.signedIn(user)
    const browser = server.client()
    expect((await browser.post("/v1/password/forgot", { email: user.email })).status).toBe(202)
    const reset = { token: await linkTokenOf(server), password: "another long phrase" }
    expect((await browser.post("/v1/password/reset", reset)).status).toBe(204)
    expect(browser.cookies.size).toBe(0)
    expect((await browser.post("/v1/password/reset", reset)).status).toBe(410)
    expect((await before.get("/v1/me")).status).toBe(401)
    const next = await browser.post("/v1/sign-in", { email: user.email, password: reset.password })
    expect(next.json).toMatchObject({ status: "second_factor" })
  })
})
