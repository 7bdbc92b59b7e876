/** `/identity` from outside: the second factor, in turn and all at once, next to the other doors. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  type Answer,
  type Browser,
  codeOf,
  type Credentials,
  earlyInStep,
  enable,
  type Identity,
  password,
  said,
  startIdentity,
  type Tokens,
  wrongCode,
} from "./identity-client.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const signedIn = async (query = "?useCookies=true"): Promise<{ browser: Browser; credentials: Credentials }> => {
  const credentials = await identity.person()
  const browser = identity.browser()
  expect(said(await browser.post(`login${query}`, credentials))).toBe("200")
  return { browser, credentials }
}
const login = async (credentials: Credentials, codes: object = {}, query = ""): Promise<Answer> =>
  await identity.browser().post(`login${query}`, { ...credentials, ...codes })

const native = async (path: string, body: unknown, bearer?: string): Promise<{ status: number; token: string }> => {
  const response = await fetch(`${identity.url}/v1/${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
  })
  const { token = "" } = (await response.json()) as { token?: string }
  return { status: response.status, token }
}

describe("the sample's pages, one after the other", () => {
  test("set up, sign in with the app, sign in with a recovery code, take off", async () => {
    const { browser, credentials } = await signedIn()
    expect((await browser.twoFactor()).json).toEqual({
      sharedKey: expect.stringMatching(/^[A-Z2-7]{32}$/) as string,
      recoveryCodesLeft: 0,
      recoveryCodes: null,
      isTwoFactorEnabled: false,
      isMachineRemembered: false,
    })
    const { key, answer } = await enable(browser)
    expect(answer.json).toMatchObject({ sharedKey: key, recoveryCodesLeft: 10, isTwoFactorEnabled: true })
    const codes = answer.json.recoveryCodes ?? []
    for (const code of codes) expect(code).toMatch(/^[2-9BCDFGHJKMNPQRTVWXY]{5}-[2-9BCDFGHJKMNPQRTVWXY]{5}$/)
    expect(said(await browser.get("manage/info"))).toBe("200 ok")
    expect(said(await browser.post("logout", {}))).toBe("200")

    const first = await login(credentials)
    expect(first.json).toEqual({
      type: expect.any(String) as string,
      title: "Unauthorized",
      status: 401,
      detail: "RequiresTwoFactor",
    })
    expect(first.headers.get("content-type")).toBe("application/problem+json")
    const second = identity.browser()
    const withCode = await second.post("login?useCookies=true", { ...credentials, twoFactorCode: codeOf(key) })
    expect([said(withCode), withCode.cookies.length]).toEqual(["200", 2])
    expect((await second.twoFactor()).json).toMatchObject({ isMachineRemembered: true, recoveryCodesLeft: 10 })

    const third = identity.browser()
    const withRecovery = await third.post("login?useCookies=true", { ...credentials, twoFactorRecoveryCode: codes[0] })
    expect([said(withRecovery), withRecovery.cookies.length]).toEqual(["200", 1])
    expect(withRecovery.cookies[0]).not.toMatch(/expires|max-age/i)
    expect((await third.twoFactor()).json).toMatchObject({ isMachineRemembered: false, recoveryCodesLeft: 9 })
    expect(said(await login(credentials, { twoFactorRecoveryCode: codes[0] }))).toBe("401 Failed")

    const off = await third.twoFactor({ enable: false, resetSharedKey: true })
    expect(off.json).toMatchObject({ isTwoFactorEnabled: false, recoveryCodesLeft: 9, recoveryCodes: null })
    expect(off.json.sharedKey).not.toBe(key)
    expect(said(await login(credentials))).toBe("200 ok")
    // Whoever else was signed in is not any more.
    expect(said(await second.get("manage/info"))).toBe("401")
    expect(said(await third.get("manage/info"))).toBe("200 ok")
  })

  test("the owner is told by mail of what was turned on and off", async () => {
    const { browser, credentials } = await signedIn()
    await enable(browser)
    expect((await identity.mailTo(credentials.email, /second step was added/)).text).not.toMatch(/[A-Z2-7]{32}/)
    await browser.twoFactor({ enable: false })
    await identity.mailTo(credentials.email, /second step was removed/)
  })
})

describe("codes at the sign-in", () => {
  test("every way of typing a recovery code that means it is taken, once", async () => {
    const { browser, credentials } = await signedIn()
    const [one = "", two = "", three = ""] = (await enable(browser)).answer.json.recoveryCodes ?? []
    for (const typed of [one.toLowerCase(), two.replace("-", ""), ` ${three} `]) {
      expect(said(await login(credentials, { twoFactorRecoveryCode: typed }))).toBe("200 ok")
      expect(said(await login(credentials, { twoFactorRecoveryCode: typed }))).toBe("401 Failed")
    }
  })

  test("where both codes are sent the app's decides, and the other is not used up", async () => {
    const { browser, credentials } = await signedIn()
    const { key, answer } = await enable(browser)
    const [spare] = answer.json.recoveryCodes ?? []
    const both = { twoFactorCode: wrongCode(key), twoFactorRecoveryCode: spare }
    expect(said(await login(credentials, both))).toBe("401 Failed")
    await earlyInStep()
    expect(said(await login(credentials, { ...both, twoFactorCode: codeOf(key, 1) }))).toBe("200 ok")
    expect((await browser.twoFactor()).json.recoveryCodesLeft).toBe(10)
    expect(said(await login(credentials, { twoFactorCode: "", twoFactorRecoveryCode: spare }))).toBe("200 ok")
  })

  test.each(["abc", "12345", "1234567", "+12345", "０００", "      "])(
    "%j can't be a code, and fails as every other",
    async (twoFactorCode) => {
      const { browser, credentials } = await signedIn()
      await enable(browser)
      const text = async (codes: object, typed = password) =>
        (await login({ ...credentials, password: typed }, codes)).text
      expect(await text({ twoFactorCode })).toBe(await text({}, "wrong"))
    },
  )

  test("a code of two steps ago or of two steps on is none; each works once, and none before the last", async () => {
    const { browser, credentials } = await signedIn()
    const { key } = await enable(browser)
    await earlyInStep()
    const [old, now, ahead, far] = [-2, 0, 1, 2].map((steps) => codeOf(key, steps))
    const enter = async (twoFactorCode: string | undefined) => said(await login(credentials, { twoFactorCode }))
    expect([await enter(old), await enter(far)]).toEqual(["401 Failed", "401 Failed"])
    expect([await enter(ahead), await enter(ahead), await enter(now)]).toEqual(["200 ok", "401 Failed", "401 Failed"])
  })

  test("five failures of either kind lock both, and a right code as well", async () => {
    const { browser, credentials } = await signedIn()
    const { key } = await enable(browser)
    const badPassword = { ...credentials, password: "wrong" }
    expect(said(await login(badPassword))).toBe("401 Failed")
    expect(said(await login(credentials, { twoFactorCode: wrongCode(key) }))).toBe("401 Failed")
    expect(said(await login(badPassword))).toBe("401 Failed")
    expect(said(await login(credentials, { twoFactorRecoveryCode: "22222-22222" }))).toBe("401 Failed")
    const locking = await login(credentials, { twoFactorCode: wrongCode(key) })
    expect([said(locking), locking.headers.get("retry-after")]).toEqual(["401 LockedOut", "300"])
    await earlyInStep()
    expect(said(await login(credentials, { twoFactorCode: codeOf(key, 1) }))).toBe("401 LockedOut")
    // Who is in stays in.
    expect(said(await browser.get("manage/info"))).toBe("200 ok")
  })
})

describe("all at once", () => {
  const racers = 8

  test("one app's code signs in once, over both doors and the second-factor page together", async () => {
    const { browser, credentials } = await signedIn()
    const { key } = await enable(browser)
    const challenges = await Promise.all(
      Array.from({ length: racers }, async () => await native("sign-in", { ...credentials, session: "bearer" })),
    )
    await earlyInStep()
    const twoFactorCode = codeOf(key, 1)
    const answers = await Promise.all([
      ...Array.from({ length: racers }, async () => (await login(credentials, { twoFactorCode })).status),
      ...challenges.map(
        async ({ token }) =>
          (await native("challenge/answer", { kind: "totp", answer: twoFactorCode, session: "bearer" }, token)).status,
      ),
      (async () => (await browser.twoFactor({ enable: true, twoFactorCode })).status)(),
    ])
    expect(answers.filter((status) => status === 200)).toHaveLength(1)
    for (const status of answers) expect([200, 400, 401, 409, 410, 422]).toContain(status)
  })

  test("one recovery code signs in once, over both doors", async () => {
    const { browser, credentials } = await signedIn()
    const [twoFactorRecoveryCode] = (await enable(browser)).answer.json.recoveryCodes ?? []
    const challenges = await Promise.all(
      Array.from({ length: racers }, async () => await native("sign-in", { ...credentials, session: "bearer" })),
    )
    const answers = await Promise.all([
      ...Array.from({ length: racers }, async () => (await login(credentials, { twoFactorRecoveryCode })).status),
      ...challenges.map(
        async ({ token }) =>
          (await native("challenge/answer", { kind: "recovery-code", answer: twoFactorRecoveryCode }, token)).status,
      ),
    ])
    expect(answers.filter((status) => status === 200)).toHaveLength(1)
    expect((await browser.twoFactor()).json.recoveryCodesLeft).toBe(9)
  })

  test("one code turns it on once, and only one set of recovery codes is told", async () => {
    const { browser, credentials } = await signedIn()
    await earlyInStep()
    const { sharedKey } = (await browser.twoFactor()).json
    const wish = { enable: true, twoFactorCode: codeOf(sharedKey, -1) }
    const answers = await Promise.all(Array.from({ length: racers }, async () => await browser.twoFactor(wish)))
    const right = answers.filter(({ status }) => status === 200)
    expect(right).toHaveLength(1)
    for (const answer of answers) expect(["200 ok", "400 InvalidTwoFactorCode", "401"]).toContain(said(answer))
    const [code] = right[0]?.json.recoveryCodes ?? []
    expect(said(await login(credentials, { twoFactorRecoveryCode: code }))).toBe("200 ok")
  })

  test("new codes made at once: the last set works, and no other", async () => {
    const { browser, credentials } = await signedIn()
    await enable(browser)
    const sets = await Promise.all(
      Array.from({ length: 4 }, async () => await browser.twoFactor({ resetRecoveryCodes: true })),
    )
    const codes = sets.flatMap(({ json }) => json?.recoveryCodes?.[0] ?? [])
    const answers: string[] = []
    // oxlint-disable-next-line no-await-in-loop -- one after the other: five failures at once would lock
    for (const twoFactorRecoveryCode of codes) answers.push(said(await login(credentials, { twoFactorRecoveryCode })))
    expect(answers.filter((answer) => answer === "200 ok")).toHaveLength(1)
  })

  test("of two who register one address at once one has it", async () => {
    const email = "both@contoso.com"
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => said(await identity.browser().post("register", { email, password }))),
    )
    expect(answers.toSorted()).toEqual(["200", ...Array.from({ length: 3 }, () => "400 DuplicateUserName")])
  })
})

describe("what lasts", () => {
  test("an app and its recovery codes that an operator gave sign in here", async () => {
    const credentials = await identity.person()
    const key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    await identity.cli("users", "add-factor", credentials.email, "--kind", "totp", "--secret", key)
    await earlyInStep()
    expect(said(await login(credentials))).toBe("401 RequiresTwoFactor")
    const { json } = await identity.browser().post<Tokens>("login", { ...credentials, twoFactorCode: codeOf(key) })
    const program = identity.browser(json.accessToken)
    expect((await program.twoFactor()).json).toMatchObject({ sharedKey: key, isTwoFactorEnabled: true })
    const made = await program.twoFactor({ resetRecoveryCodes: true })
    expect(said(await login(credentials, { twoFactorRecoveryCode: made.json.recoveryCodes?.[9] }))).toBe("200 ok")
  })

  test("turning it on ends refresh tokens of before, and the acting access token goes on", async () => {
    const credentials = await identity.person()
    const { json } = await identity.browser().post<Tokens>("login", credentials)
    const program = identity.browser(json.accessToken)
    await enable(program)
    expect(said(await program.get("manage/info"))).toBe("200 ok")
    expect(said(await identity.browser().post("refresh", { refreshToken: json.refreshToken }))).toBe("401")
  })
})
