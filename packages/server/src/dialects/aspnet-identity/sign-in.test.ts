import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { cookieOf, type Identity, password, said, startIdentity, type Tokens, wrongCode } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const login = async (body: object, query = "") => await identity.visitor().post<Tokens>(`login${query}`, body)

describe("how long it lasts", () => {
  const modes = [
    // query, app cookie persistent, machine remembered by the app's code
    ["?useCookies=true", true, true],
    ["?useSessionCookies=true", false, false],
    ["?useCookies=true&useSessionCookies=true", false, false],
    ["?useCookies=true&useSessionCookies=false", true, true],
  ] as const

  test.each(modes)("%s with the app's code", async (query, persistent, remembered) => {
    const person = await identity.person({ totp: true })
    const answer = await login({ ...person.credentials, twoFactorCode: person.code() }, query)
    expect([answer.status, answer.text]).toEqual([200, ""])
    expect(/max-age=\d+; expires=/i.test(cookieOf(answer, "session") ?? "")).toBe(persistent)
    expect(cookieOf(answer, "device") !== undefined).toBe(remembered)
    if (remembered) expect(cookieOf(answer, "device")).toMatch(/max-age=1209600; expires=/i)
  })

  test.each(modes)(
    "%s with a recovery code: never longer than the browser, and no machine is remembered",
    async (query) => {
      const person = await identity.person({ totp: true })
      const made = await (await person.browser()).twoFactor({ resetRecoveryCodes: true })
      const answer = await login({ ...person.credentials, twoFactorRecoveryCode: made.json.recoveryCodes?.[0] }, query)
      expect(answer.status).toBe(200)
      expect(answer.headers.getSetCookie()).toHaveLength(1)
      expect(cookieOf(answer, "session")).not.toMatch(/max-age|expires/i)
    },
  )

  test.each(modes)("%s with the password alone", async (query, persistent) => {
    const person = await identity.person()
    // A recovery code of somebody without a second step is passed over, and decides nothing.
    const answer = await login({ ...person.credentials, twoFactorRecoveryCode: "AAAAA-AAAAA" }, query)
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    expect(/max-age=\d+; expires=/i.test(cookieOf(answer, "session") ?? "")).toBe(persistent)
  })

  test.each(["", "?useCookies=false", "?useSessionCookies=false&useCookies=false"])(
    "without cookies (%j) there are tokens and no cookie",
    async (query) => {
      const person = await identity.person({ totp: true })
      const answer = await login({ ...person.credentials, twoFactorCode: person.code() }, query)
      expect(answer.json).toEqual({
        tokenType: "Bearer",
        accessToken: expect.stringMatching(/^\S{40,}$/) as string,
        expiresIn: 3600,
        refreshToken: expect.stringMatching(/^\S{40,}$/) as string,
      })
      expect(answer.headers.getSetCookie()).toEqual([])
    },
  )

  test("a cookie keeps its kind when it is renewed", async () => {
    const person = await identity.person({ totp: true })
    const renewed = async (query: string) =>
      cookieOf(await (await person.browser(query)).twoFactor({ enable: false }), "session")
    expect(await renewed("?useCookies=true")).toMatch(/max-age=\d+; expires=/i)
    expect(await renewed("?useSessionCookies=true")).not.toMatch(/max-age|expires/i)
  })

  test("an access token is good for an hour, a refresh token for fourteen days", async () => {
    const person = await identity.person()
    const { accessToken, refreshToken } = await person.tokens()
    identity.server.clock.advance(3599)
    expect((await identity.visitor(accessToken).get("manage/info")).status).toBe(200)
    identity.server.clock.advance(1)
    const late = await identity.visitor(accessToken).get("manage/info")
    expect([late.status, late.text, late.headers.get("www-authenticate")]).toEqual([401, "", "Bearer"])
    identity.server.clock.advance(14 * 86_400 - 3601)
    const refreshed = await identity.visitor().post<Tokens>("refresh", { refreshToken })
    expect(refreshed.status).toBe(200)
    identity.server.clock.advance(14 * 86_400)
    expect(said(await identity.visitor().post("refresh", { refreshToken: refreshed.json.refreshToken }))).toBe("401")
  })
})

describe("a remembered machine", () => {
  test("is not asked for a code for fourteen days, and is good for its user alone", async () => {
    const [person, other] = [await identity.person({ totp: true }), await identity.person({ totp: true })]
    const browser = await person.browser()
    expect((await browser.twoFactor()).json.isMachineRemembered).toBe(true)
    await browser.post("logout", {})
    identity.server.clock.advance(14 * 86_400 - 100)
    expect(said(await browser.post("login?useCookies=true", person.credentials))).toBe("200")
    expect(said(await browser.post("login?useCookies=true", other.credentials))).toBe("401 RequiresTwoFactor")
    identity.server.clock.advance(100)
    expect(said(await browser.post("login?useCookies=true", person.credentials))).toBe("401 RequiresTwoFactor")
  })

  test("signs in by its cookie in every mode", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    for (const query of ["", "?useSessionCookies=true", "?useCookies=true"])
      expect(said(await browser.post(`login${query}`, person.credentials)).slice(0, 3)).toBe("200")
  })

  test("is forgotten when it is asked for, and at once", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    const answer = await browser.twoFactor({ forgetMachine: true })
    expect(answer.json.isMachineRemembered).toBe(false)
    expect(cookieOf(answer, "device")).toMatch(/max-age=0/i)
    expect(said(await browser.post("login?useCookies=true", person.credentials))).toBe("401 RequiresTwoFactor")
  })

  test("a stolen copy of its cookie is worth nothing once it is forgotten", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    const copy = identity.visitor()
    for (const [name, value] of browser.client.cookies)
      if (name.endsWith("-device")) copy.client.cookies.set(name, value)
    expect(said(await copy.post("login", person.credentials))).toBe("200 ok")
    await browser.twoFactor({ forgetMachine: true })
    expect(said(await copy.post("login", person.credentials))).toBe("401 RequiresTwoFactor")
  })

  test("forgetting has no effect with a bearer, which has no machine", async () => {
    const person = await identity.person({ totp: true })
    const { accessToken } = await person.tokens()
    const answer = await identity.visitor(accessToken).twoFactor({ forgetMachine: true })
    expect(answer.json.isMachineRemembered).toBe(false)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test("a lock that strangers began does not keep its owner out", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    for (let n = 0; n < 5; n++) await login({ ...person.credentials, password: "wrong" })
    expect(said(await login(person.credentials))).toBe("401 LockedOut")
    expect(said(await browser.post("login?useCookies=true", person.credentials))).toBe("200")
  })
})

describe("one count of failures for password and authenticator", () => {
  test("the fifth failure locks, of either kind, for five minutes; what is refused meanwhile does not count", async () => {
    const person = await identity.person({ totp: true })
    const badPassword = { ...person.credentials, password: "wrong" }
    const badCode = { ...person.credentials, twoFactorCode: wrongCode(person.code()) }
    expect(said(await login(badPassword))).toBe("401 Failed")
    expect(said(await login(badCode))).toBe("401 Failed")
    // The right password alone takes nothing away.
    expect(said(await login(person.credentials))).toBe("401 RequiresTwoFactor")
    expect(said(await login(badPassword))).toBe("401 Failed")
    expect(said(await login(badCode))).toBe("401 Failed")
    const locking = await login(badCode)
    expect([said(locking), locking.headers.get("retry-after")]).toEqual(["401 LockedOut", "300"])
    identity.server.clock.advance(299)
    for (let n = 0; n < 6; n++) expect(said(await login(badPassword))).toBe("401 LockedOut")
    expect(said(await login({ ...person.credentials, twoFactorCode: person.code() }))).toBe("401 LockedOut")
    identity.server.clock.advance(1)
    for (let n = 0; n < 4; n++) expect(said(await login(badPassword))).toBe("401 Failed")
    expect(said(await login({ ...person.credentials, twoFactorCode: person.code() }))).toBe("200 ok")
    // A whole sign-in takes all failures away.
    identity.nextStep()
    for (let n = 0; n < 4; n++) expect(said(await login(badPassword))).toBe("401 Failed")
  })

  test("each further lock is as long as the first", async () => {
    const person = await identity.person()
    for (let lock = 0; lock < 3; lock++) {
      for (let n = 0; n < 4; n++) await login({ ...person.credentials, password: "wrong" })
      const answer = await login({ ...person.credentials, password: "wrong" })
      expect(answer.headers.get("retry-after")).toBe("300")
      identity.server.clock.advance(300)
    }
    expect(said(await login(person.credentials))).toBe("200 ok")
  })

  test("wrong recovery codes count as well", async () => {
    const person = await identity.person({ totp: true })
    await (await person.browser()).twoFactor({ resetRecoveryCodes: true })
    const bad = { ...person.credentials, twoFactorRecoveryCode: "22222-22222" }
    for (let n = 0; n < 4; n++) expect(said(await login(bad))).toBe("401 Failed")
    expect(said(await login(bad))).toBe("401 LockedOut")
  })

  test("an unknown address fails and locks as a known one does, by body and headers", async () => {
    const person = await identity.person()
    const answers = async (email: string) => {
      const told: string[] = []
      for (let n = 0; n < 7; n++) {
        const { status, text, headers } = await login({ email, password: "wrong" })
        told.push(`${status} ${text} ${headers.get("content-type")} ${headers.get("retry-after")}`)
      }
      return told
    }
    expect(await answers("nobody@example.com")).toEqual(await answers(person.email))
  })
})

describe("in every other profile password and authenticator are counted apart", () => {
  let apart: Identity
  beforeAll(async () => {
    apart = await startIdentity({ profile: "default" })
  })
  afterAll(() => apart.close())

  test("four wrong passwords and four wrong codes lock nothing; five codes stop codes alone", async () => {
    const person = await apart.person({ totp: true })
    const enter = async (body: object) => said(await apart.visitor().post("login", { ...person.credentials, ...body }))
    for (let n = 0; n < 4; n++) expect(await enter({ password: "wrong" })).toBe("401 Failed")
    for (let n = 0; n < 5; n++) expect(await enter({ twoFactorCode: wrongCode(person.code()) })).toBe("401 Failed")
    expect(await enter({ twoFactorCode: person.code() })).toBe("401 LockedOut")
    expect(await enter({})).toBe("401 RequiresTwoFactor")
    apart.server.clock.advance(60)
    expect(await enter({ twoFactorCode: person.code() })).toBe("200 ok")
  })
})

describe("who is not let in", () => {
  test("an account that an operator closed is locked, which only the right password is told", async () => {
    const person = await identity.person()
    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: person.id } as const
    await identity.server.engine.users.setDisabled(operator, true)
    expect(said(await login({ ...person.credentials, password: "wrong" }))).toBe("401 Failed")
    expect(said(await login(person.credentials))).toBe("401 LockedOut")
  })

  test("where addresses have to be confirmed, NotAllowed comes after the right password, never before", async () => {
    await using strict = await startIdentity({ confirmEmail: "required" }).then((made) => ({
      ...made,
      [Symbol.asyncDispose]: made.close,
    }))
    const person = await strict.person({ confirmed: false })
    const enter = async (typed: string) =>
      said(await strict.visitor().post("login", { email: person.email, password: typed }))
    expect(await enter("wrong")).toBe("401 Failed")
    expect(await enter(password)).toBe("401 NotAllowed")
    for (let n = 0; n < 4; n++) await enter("wrong")
    expect(await enter(password)).toBe("401 LockedOut")
  })

  test("where a second factor is demanded and there is none yet, this wire can't let anybody in", async () => {
    await using strict = await startIdentity({ secondFactor: "required" }).then((made) => ({
      ...made,
      [Symbol.asyncDispose]: made.close,
    }))
    const person = await strict.person()
    expect(said(await strict.visitor().post("login", person.credentials))).toBe("401 NotAllowed")
  })

  test("as long as that can be put off it lets everybody in", async () => {
    const secondFactorFrom = Date.UTC(2031, 0, 1)
    await using lenient = await startIdentity({ secondFactor: "required", secondFactorFrom }).then((made) => ({
      ...made,
      [Symbol.asyncDispose]: made.close,
    }))
    const person = await lenient.person()
    expect(said(await lenient.visitor().post("login", person.credentials))).toBe("200 ok")
  })

  test("a mailed code is no kind that this wire can ask for", async () => {
    const person = await identity.person()
    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: person.id } as const
    await identity.server.engine.factors.add(operator, { kind: "email-code" })
    expect(said(await login(person.credentials))).toBe("401 RequiresTwoFactor")
    expect(said(await login({ ...person.credentials, twoFactorCode: "123456" }))).toBe("401 Failed")
  })
})

test("tokens of another door's sign-in act here, keys do not", async () => {
  const person = await identity.person()
  const native = identity.server.client()
  const { json } = await native.post<{ token: string }>("/v1/sign-in", { ...person.credentials, session: "bearer" })
  expect((await identity.visitor(json.token).get("manage/info")).status).toBe(200)
  const key = await identity.server.createServiceKey(["users:read", "factors:write"])
  expect(said(await identity.visitor(key).get("manage/info"))).toBe("401")
  expect(said(await identity.visitor(key).twoFactor())).toBe("401")
})
