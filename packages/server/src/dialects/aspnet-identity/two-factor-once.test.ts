import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Identity, said, startIdentity, type Tokens, type Visitor, wrongCode } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

describe("codes are used once", () => {
  test("what turned it on signs nobody in, and what signed in turns nothing on", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const first = identity.codeOf(sharedKey)
    await browser.twoFactor({ enable: true, twoFactorCode: first })
    const enter = async (twoFactorCode: string) =>
      said(await identity.visitor().post("login", { ...person.credentials, twoFactorCode }))
    expect(await enter(first)).toBe("401 Failed")
    identity.nextStep()
    const second = identity.codeOf(sharedKey)
    expect(await enter(second)).toBe("200 ok")
    expect(said(await browser.twoFactor({ enable: true, twoFactorCode: second }))).toBe("400 InvalidTwoFactorCode")
  })

  test("a code of two steps ago is too old, one of the next step is not", async () => {
    const browser = await (await identity.person()).browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const old = identity.codeOf(sharedKey)
    identity.nextStep()
    identity.nextStep()
    expect(said(await browser.twoFactor({ enable: true, twoFactorCode: old }))).toBe("400 InvalidTwoFactorCode")
    identity.nextStep()
    const ahead = identity.codeOf(sharedKey)
    identity.server.clock.advance(-30)
    expect((await browser.twoFactor({ enable: true, twoFactorCode: ahead })).status).toBe(200)
  })

  test("spaces in and around a code do not matter", async () => {
    const browser = await (await identity.person()).browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const code = identity.codeOf(sharedKey)
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `
    expect((await browser.twoFactor({ enable: true, twoFactorCode: spaced })).status).toBe(200)
  })

  test("whose phone's clock is off is told so", async () => {
    const browser = await (await identity.person()).browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const old = identity.codeOf(sharedKey)
    identity.server.clock.advance(120)
    const { json } = await browser.twoFactor({ enable: true, twoFactorCode: old })
    expect(json.errors?.["InvalidTwoFactorCode"]?.[0]).toMatch(/about 1\d\d seconds behind/)
  })

  test("wrong codes are counted for the account: after five even the right one has to wait", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const guess = async () =>
      await browser.twoFactor({ enable: true, twoFactorCode: wrongCode(identity.codeOf(sharedKey)) })
    for (let n = 0; n < 5; n++) expect(said(await guess())).toBe("400 InvalidTwoFactorCode")
    const right = { enable: true, twoFactorCode: identity.codeOf(sharedKey) }
    const waiting = await browser.twoFactor(right)
    expect([said(waiting), waiting.headers.get("retry-after")]).toEqual(["400 InvalidTwoFactorCode", "60"])
    // The sign-in has its own count.
    expect(said(await identity.visitor().post("login", person.credentials))).toBe("200 ok")
    identity.server.clock.advance(60)
    expect((await browser.twoFactor({ enable: true, twoFactorCode: identity.codeOf(sharedKey) })).status).toBe(200)
  })
})

describe("what ends with each change", () => {
  const changes: [string, (by: Visitor, key: string) => Promise<unknown>][] = [
    ["turning it on again", (by, key) => by.twoFactor({ enable: true, twoFactorCode: identity.codeOf(key) })],
    ["turning it off", (by) => by.twoFactor({ enable: false })],
    ["a new key", (by) => by.twoFactor({ resetSharedKey: true })],
  ]

  test.each(changes)(
    "%s ends all other sessions and every refresh token; the acting one goes on",
    async (_name, change) => {
      const person = await identity.person()
      const acting = await person.tokens()
      const by = identity.visitor(acting.accessToken)
      const { key } = await identity.enable(by)
      const login = async () => {
        identity.nextStep()
        const { json } = await identity
          .visitor()
          .post<Tokens>("login", { ...person.credentials, twoFactorCode: identity.codeOf(key) })
        identity.nextStep()
        return json
      }
      // The first one is from before it was on.
      const [mine, other] = [await login(), await login()]
      expect(said(await identity.visitor().post("refresh", { refreshToken: acting.refreshToken }))).toBe("401")
      expect((await by.get("manage/info")).status).toBe(200)

      const actingNow = identity.visitor(mine.accessToken)
      await change(actingNow, key)
      expect((await actingNow.get("manage/info")).status).toBe(200)
      expect(said(await identity.visitor(other.accessToken).get("manage/info"))).toBe("401")
      for (const { refreshToken } of [mine, other])
        expect(said(await identity.visitor().post("refresh", { refreshToken }))).toBe("401")
    },
  )

  test("new recovery codes end nothing", async () => {
    const person = await identity.person()
    const [mine, other] = [await person.tokens(), await person.tokens()]
    await identity.visitor(mine.accessToken).twoFactor({ resetRecoveryCodes: true })
    expect(said(await identity.visitor().post("refresh", { refreshToken: mine.refreshToken }))).toBe("200 ok")
    expect(said(await identity.visitor().post("refresh", { refreshToken: other.refreshToken }))).toBe("200 ok")
  })

  test("turning it off when it is off, too, leaves no older session", async () => {
    const person = await identity.person()
    const [mine, other] = [await person.tokens(), await person.tokens()]
    await identity.visitor(mine.accessToken).twoFactor({ enable: false })
    for (const { refreshToken } of [mine, other])
      expect(said(await identity.visitor().post("refresh", { refreshToken }))).toBe("401")
    expect((await identity.visitor(mine.accessToken).get("manage/info")).status).toBe(200)
  })

  test("a browser's cookie is replaced, and it stays signed in long after", async () => {
    const browser = await (await identity.person()).browser()
    const before = browser.client.cookies.get("countersign")
    await identity.enable(browser)
    expect(browser.client.cookies.get("countersign")).not.toBe(before)
    identity.server.clock.advance(3600)
    expect((await browser.get("manage/info")).status).toBe(200)
  })
})
