import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import type { TestUser } from "../../testing/testing.ts"
import { api, type Envelope, type Portal, setupPath, startPortal, validatePath, wrongCode } from "./portal-for-tests.ts"

let portal: Portal
let user: TestUser
beforeEach(async () => {
  portal = await startPortal()
  user = await portal.createUser()
})
afterEach(() => portal.close())
const signedIn = async (client: TestClient) =>
  (await client.get<Envelope<boolean>>(`${api}/authentication`)).json.response
const failed = { error: { message: "User authentication failed" }, status: 1, statusCode: 401 }

/** The same portal, where a second factor is demanded of everybody. */
const demanding = async () => {
  await portal.close()
  portal = await startPortal({ secondFactor: "required" })
  user = await portal.createUser()
}

describe("without a second step", () => {
  test("a password gives a token that is good as bearer and as cookie", async () => {
    expect(await signedIn(portal.client())).toBe(false)
    const { status, json, headers, browser } = await portal.signIn(user)
    expect([status, json.status, json.statusCode, json.count]).toEqual([200, 0, 200, 1])
    expect(Object.keys(json.response ?? {})).toEqual(["token", "expires"])
    expect(Date.parse(json.response?.expires ?? "")).toBe(portal.clock.now() + 30 * 86_400_000)
    const { token } = json.response ?? {}
    expect(await signedIn(portal.client({ bearer: token }))).toBe(true)
    expect(browser.cookies.get("asc_auth_key")).toBe(token)
    expect(headers.getSetCookie()[0]).toMatch(/^asc_auth_key=csa_[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/)
    expect(await signedIn(browser)).toBe(true)
    expect((await browser.get(`${api}/people/@self`)).status).toBe(200)
  })

  test("a session cookie where one is asked for, and then no date", async () => {
    const { json, headers } = await portal.signIn(user, { session: true })
    expect(Object.keys(json.response ?? {})).toEqual(["token"])
    expect(headers.getSetCookie()[0]).not.toContain("Max-Age")
  })

  test("a cookie of this wire is worth nothing on a foreign page", async () => {
    const { browser } = await portal.signIn(user)
    const headers = { origin: "https://evil.example" }
    const asked = await browser.put<Envelope>(`${api}/settings/tfaappnewapp`, {}, headers)
    expect([asked.status, asked.json.statusCode]).toEqual([403, 403])
  })

  test("the token goes on while factors change, and ends by signing out", async () => {
    const { json, browser } = await portal.signIn(user)
    const person = portal.client({ bearer: json.response?.token })
    await portal.link(person)
    portal.clock.advance(3600)
    expect(await signedIn(person)).toBe(true)
    expect(await signedIn(browser)).toBe(true)
    const out = await person.post<Envelope>(`${api}/authentication/logout`)
    expect([out.status, out.json.response, out.json.count]).toEqual([200, null, 0])
    expect(await signedIn(person)).toBe(false)
    expect((await person.get(`${api}/people/@self`)).status).toBe(401)
  })

  test("signing out by cookie takes the cookie off, and an API key is not ended by it", async () => {
    const { browser } = await portal.signIn(user)
    expect((await browser.post(`${api}/authentication/logout`)).status).toBe(200)
    expect(browser.cookies.has("asc_auth_key")).toBe(false)
    const script = await portal.script(user)
    await script.post(`${api}/authentication/logout`)
    expect(await signedIn(script)).toBe(true)
    expect((await portal.client().post(`${api}/authentication/logout`)).status).toBe(200)
  })

  test("with a code there is nothing to hold it against, and no session either", async () => {
    const before = (
      await portal.engine.sessions.list({
        actor: { type: "operator", name: "t" },
        userId: user.id,
        source: { door: "cli" },
      })
    ).length
    const { status, json } = await portal.signInWithCode(user, "123456")
    expect([status, json.error]).toEqual([403, { message: "Two-factor authentication is not enabled" }])
    expect(
      await portal.engine.sessions.list({
        actor: { type: "operator", name: "t" },
        userId: user.id,
        source: { door: "cli" },
      }),
    ).toHaveLength(before)
  })
})

describe("refusals", () => {
  test("an unknown user and a wrong password are one, at both steps", async () => {
    const cases = [
      { email: "nobody@example.com", password: user.password },
      { email: user.email, password: `${user.password}x` },
      { email: "no address", password: "x" },
      { email: `${"x".repeat(400)}@example.com`, password: "x".repeat(3000) },
    ]
    for (const one of cases) {
      const first = await portal.signIn(one)
      expect([first.status, first.json, first.headers.getSetCookie()]).toEqual([401, failed, []])
      const second = await portal.signInWithCode(one, "123456")
      expect([second.status, second.json, second.headers.getSetCookie()]).toEqual([401, failed, []])
    }
  })

  test("so is a wrong code, and one that was used", async () => {
    const app = await portal.link(await portal.script(user))
    const code = app.code()
    for (const wrong of [wrongCode(code), "abcdef", "12345", "ABCDEFGHJK"]) {
      const { status, json } = await portal.signInWithCode(user, wrong)
      expect([wrong, status, json]).toEqual([wrong, 401, failed])
    }
    expect((await portal.signInWithCode(user, code)).status).toBe(200)
    expect((await portal.signInWithCode(user, code)).json).toEqual(failed)
  })

  test.each([
    [{}, "userName"],
    [{ userName: "a@example.com" }, "password"],
    [{ userName: " ", password: "x" }, "userName"],
    [{ userName: "a@example.com", password: "" }, "password"],
    [{ userName: 5, password: "x" }, "userName"],
    [{ userName: "a@example.com", password: ["x"] }, "password"],
    [{ userName: "a@example.com", password: "x", session: "yes" }, "session"],
    [{ userName: "a@example.com", passwordHash: "0".repeat(64) }, "password"],
  ])("%j names what is wrong: %s", async (body, name) => {
    for (const path of ["authentication", "authentication/123456"]) {
      const { status, json } = await portal.client().post<Envelope<{ errors: object }>>(`${api}/${path}`, body)
      expect([status, json.statusCode, Object.keys(json.response?.errors ?? {})]).toEqual([400, 400, [name]])
      expect(JSON.stringify(json)).not.toContain("0000000")
    }
  })

  test("a disabled account and an unconfirmed address are told only after the right password", async () => {
    const off = await portal.createUser()
    const operator = { actor: { type: "operator", name: "t" }, source: { door: "cli" }, userId: off.id } as const
    await portal.engine.users.setDisabled(operator, true)
    expect((await portal.signIn({ email: off.email, password: "wrong" })).json).toEqual(failed)
    expect(await portal.signIn(off)).toMatchObject({ status: 403, json: { error: { message: "User disabled" } } })
    const fresh = await portal.createUser({ confirmed: false })
    expect((await portal.signIn(fresh)).status).toBe(403)
  })

  test("five wrong passwords make the right one wait, for an unknown address as for a known one", async () => {
    for (const email of [user.email, "nobody@example.com"]) {
      for (let count = 0; count < 5; count++) await portal.signIn({ email, password: "wrong" })
      const { status, json, headers } = await portal.signIn({ email, password: user.password })
      expect([status, json.statusCode, Number(headers.get("retry-after"))]).toEqual([429, 429, 300])
    }
  })

  test("five wrong codes make the right one wait a minute, however they were given", async () => {
    const script = await portal.script(user)
    const app = await portal.link(script)
    for (let count = 0; count < 3; count++)
      expect((await portal.signInWithCode(user, wrongCode(app.code()))).status).toBe(401)
    for (let count = 0; count < 2; count++)
      expect((await script.post(validatePath, { code: wrongCode(app.code()) })).status).toBe(400)
    const refused = await portal.signInWithCode(user, app.code())
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"])
    expect((await script.post(validatePath, { code: app.code() })).status).toBe(429)
    portal.clock.advance(60)
    expect((await portal.signInWithCode(user, app.code())).status).toBe(200)
  })
})

describe("with an app that is linked", () => {
  test("the password leads to a link, and the code to a token", async () => {
    const app = await portal.link(await portal.script(user))
    const { json, browser } = await portal.signIn(user)
    expect(json.response).toEqual({
      tfa: true,
      confirmUrl: `${portal.url}/account/second-step?type=TfaAuth&uid=${user.id}`,
    })
    expect(await signedIn(browser)).toBe(false)
    const key = browser.cookies.get("asc_confirm_key_TfaAuth") ?? ""
    expect(JSON.stringify(json)).not.toContain(key)
    const second = await portal.signInWithCode(user, app.code())
    expect(second.json.response).toMatchObject({ token: expect.any(String), expires: expect.any(String), tfa: true })
    expect(second.browser.cookies.has("asc_confirm_key_TfaAuth")).toBe(false)
    const { json: session } = await portal
      .client({ bearer: second.json.response?.token })
      .get<{ session: { aal: string; amr: string[] } }>("/v1/session")
    expect(session.session).toMatchObject({ aal: "aal2", amr: expect.arrayContaining(["pwd", "otp"]) as string[] })
  })

  test("the code may stand in the path, the body's is the one that counts", async () => {
    const app = await portal.link(await portal.script(user))
    const body = { userName: user.email, password: user.password }
    const ask = (path: string, more: object) =>
      portal.client().post<Envelope>(`${api}/authentication/${path}`, { ...body, ...more })
    expect((await ask(app.code(), { code: wrongCode(app.code()) })).status).toBe(401)
    expect((await ask("anything", { code: app.code() })).status).toBe(200)
    portal.clock.advance(30)
    const { status, json } = await ask(app.code(), {})
    expect(status).toBe(200)
    expect(JSON.stringify(json)).not.toContain(app.code())
    expect((await ask("%20", {})).status).toBe(400)
  })

  test("a code is good once, at this wire and at the native one together", async () => {
    const app = await portal.link(await portal.script(user))
    const native = async () => {
      const browser = portal.client()
      await browser.post("/v1/sign-in", { email: user.email, password: user.password })
      return (await browser.post("/v1/challenge/answer", { kind: "totp", answer: app.code() })).status
    }
    const script = await portal.script(user)
    const all = await Promise.all([
      ...Array.from({ length: 4 }, native),
      ...Array.from({ length: 4 }, async () => (await portal.signInWithCode(user, app.code())).status),
      ...Array.from({ length: 4 }, async () => (await script.post(validatePath, { code: app.code() })).status),
    ])
    expect(all.filter((status) => status === 200)).toHaveLength(1)
  })
})

describe("where a second factor is demanded and none is there", () => {
  test("the password shows the key, and the first right code links the app and signs in", async () => {
    await demanding()
    const { status, json, browser } = await portal.signIn(user)
    expect([status, Object.keys(json.response ?? {})]).toEqual([200, ["tfa", "tfaKey", "confirmUrl"]])
    const { tfaKey = "", confirmUrl } = json.response ?? {}
    expect(confirmUrl).toBe(`${portal.url}/account/enrol/app?type=TfaActivation&uid=${user.id}`)
    expect(browser.cookies.get("asc_confirm_key_TfaActivation")).toMatch(/^csc_/)
    expect((await portal.signIn(user)).json.response?.tfaKey).toBe(tfaKey)
    expect(await portal.setup(await portal.script(user))).toMatchObject({ secret: tfaKey })

    const app = portal.authenticator.scan(`otpauth://totp/x?secret=${tfaKey}`)
    expect((await portal.signInWithCode(user, wrongCode(app.code()))).json).toEqual(failed)
    const linked = await portal.signInWithCode(user, app.code())
    expect(linked.json.response).toMatchObject({ token: expect.any(String), tfa: true })
    const person = portal.client({ bearer: linked.json.response?.token })
    const codes = await person.get<Envelope<{ code: string }[]>>(`${api}/settings/tfaappcodes`)
    expect(codes.json.response?.every(({ code }) => code.length === 10)).toBe(true)
    expect((await portal.signIn(user)).json.response).not.toHaveProperty("tfaKey")
  })

  test("two first codes at once link one app and sign in once", async () => {
    await demanding()
    const { json } = await portal.signIn(user)
    const app = portal.authenticator.scan(`otpauth://totp/x?secret=${json.response?.tfaKey ?? ""}`)
    const all = await Promise.all(Array.from({ length: 6 }, () => portal.signInWithCode(user, app.code())))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(all.filter(({ status }) => status !== 200).every(({ status }) => status === 401 || status === 409)).toBe(
      true,
    )
  })

  test("the link sets up and validates without a password, and signs in", async () => {
    await demanding()
    const { json, browser } = await portal.signIn(user)
    const header = { confirm: `type=TfaActivation&uid=${user.id}` }
    const shown = await browser.get<Envelope<{ account: string; manualEntryKey: string }>>(setupPath, header)
    expect(shown.json.response).toMatchObject({ account: user.email, manualEntryKey: json.response?.tfaKey })
    const app = portal.authenticator.scan(`otpauth://totp/x?secret=${json.response?.tfaKey ?? ""}`)
    const code = { code: app.code() }
    const stranger = await portal.createUser()
    for (const confirm of ["", "type=TfaAuth", "type=Other", `type=TfaActivation&uid=${stranger.id}`])
      expect([401, 403]).toContain((await browser.post(validatePath, code, { confirm })).status)
    expect((await portal.client().post(validatePath, code, header)).status).toBe(401)
    expect((await browser.post(validatePath, { code: wrongCode(app.code()) }, header)).status).toBe(400)
    const done = await browser.post<Envelope>(validatePath, code, header)
    expect(done.json.response).toBe(true)
    expect(await signedIn(browser)).toBe(true)
    expect(browser.cookies.has("asc_confirm_key_TfaActivation")).toBe(false)
  })
})

describe("links", () => {
  test("one of a linked app is settled by a code, once, and its key may stand in the header", async () => {
    const app = await portal.link(await portal.script(user))
    const { browser } = await portal.signIn(user)
    const key = browser.cookies.get("asc_confirm_key_TfaAuth") ?? ""
    const confirm = `type=TfaAuth&uid=${user.id}&key=${key}`
    const elsewhere = portal.client()
    expect((await elsewhere.get(setupPath, { confirm })).status).toBe(401)
    expect((await elsewhere.post(validatePath, { code: app.code() }, { confirm })).status).toBe(200)
    expect(await signedIn(elsewhere)).toBe(true)
    portal.clock.advance(30)
    expect((await elsewhere.post(validatePath, { code: app.code() }, { confirm })).status).toBe(401)
  })

  test("are settled into a session cookie where one is asked for", async () => {
    const app = await portal.link(await portal.script(user))
    const settle = async (more: object) => {
      const { browser } = await portal.signIn(user, more)
      const answer = await browser.post(validatePath, { code: app.code(), ...more }, { confirm: "type=TfaAuth" })
      portal.clock.advance(30)
      return answer.headers.getSetCookie().find((line) => line.startsWith("asc_auth_key="))
    }
    expect(await settle({})).toContain("Max-Age")
    expect(await settle({ session: true })).not.toContain("Max-Age")
  })

  test("can be asked about, and say nothing of an address to who does not hold the key", async () => {
    await portal.link(await portal.script(user))
    const { browser } = await portal.signIn(user)
    const key = browser.cookies.get("asc_confirm_key_TfaAuth") ?? ""
    const ask = async (body: object, by = portal.client()) =>
      (await by.post<Envelope>(`${api}/authentication/confirm`, body)).json.response
    expect(await ask({ type: "TfaAuth", key, uid: user.id })).toEqual({ result: "Ok", email: user.email })
    expect(await ask({ type: "TfaAuth", uid: user.id }, browser)).toEqual({ result: "Ok", email: user.email })
    const invalid = { result: "Invalid", email: null }
    expect(await ask({ type: "TfaActivation", key })).toEqual(invalid)
    expect(await ask({ type: "PasswordChange", key })).toEqual(invalid)
    expect(await ask({ type: "TfaAuth", email: user.email })).toEqual(invalid)
    expect(await ask({})).toEqual(invalid)
    portal.clock.advance(600)
    expect(await ask({ type: "TfaAuth", key })).toEqual({ result: "Expired", email: null })
  })
})

test("whose only factor is the mailed code gets one, and signs in with it", async () => {
  const operator = { actor: { type: "operator", name: "t" }, source: { door: "cli" }, userId: user.id } as const
  await portal.engine.factors.add(operator, { kind: "email-code" })
  const { browser, json } = await portal.signIn(user)
  expect(json.response).toMatchObject({ tfa: true, confirmUrl: expect.stringContaining("/account/second-step") })
  const code = /\b(\d{6})\b/.exec((await portal.mails.latestTo(user.email)).text)?.[1] ?? ""
  const confirm = `type=TfaAuth&uid=${user.id}`
  expect((await browser.post<Envelope>(validatePath, { code }, { confirm })).json.response).toBe(true)
  expect(await signedIn(browser)).toBe(true)
})
