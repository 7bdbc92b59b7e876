import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Identity, said, startIdentity, stateOf, wrongCode } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const base32 = /^[A-Z2-7]{32}$/
const codeShape = /^[23456789BCDFGHJKMNPQRTVWXY]{5}-[23456789BCDFGHJKMNPQRTVWXY]{5}$/

describe("what each request does", () => {
  test("{} makes the one key, without any other effect, and goes on showing it", async () => {
    const person = await identity.person()
    const [browser, other] = [await person.browser(), await person.tokens()]
    const first = await browser.twoFactor()
    expect(first.json).toEqual({
      sharedKey: expect.stringMatching(base32) as string,
      recoveryCodesLeft: 0,
      recoveryCodes: null,
      isTwoFactorEnabled: false,
      isMachineRemembered: false,
    })
    expect(first.headers.getSetCookie()).toEqual([])
    expect((await browser.twoFactor()).json.sharedKey).toBe(first.json.sharedKey)
    expect((await identity.visitor(other.accessToken).twoFactor()).json.sharedKey).toBe(first.json.sharedKey)
    expect(said(await identity.visitor().post("refresh", { refreshToken: other.refreshToken }))).toBe("200 ok")
    expect(await identity.server.mails.to(person.email)).toEqual([])
  })

  test("two pages that open at once see the same key", async () => {
    const browser = await (await identity.person()).browser()
    const keys = await Promise.all(Array.from({ length: 8 }, async () => (await browser.twoFactor()).json.sharedKey))
    expect(new Set(keys).size).toBe(1)
  })

  test("the first right code turns it on and brings ten codes; another one later brings none", async () => {
    const browser = await (await identity.person()).browser()
    const { key, answer } = await identity.enable(browser)
    expect(stateOf(answer)).toEqual([true, 10, 10])
    expect(answer.json.sharedKey).toBe(key)
    for (const code of answer.json.recoveryCodes ?? []) expect(code).toMatch(codeShape)
    expect(new Set(answer.json.recoveryCodes).size).toBe(10)
    expect(stateOf(await browser.twoFactor())).toEqual([true, 10, null])
    expect(stateOf(await browser.twoFactor({ enable: true, twoFactorCode: identity.codeOf(key) }))).toEqual([
      true,
      10,
      null,
    ])
  })

  test("{enable:false} keeps key and codes, and the key turns it on again", async () => {
    const browser = await (await identity.person()).browser()
    const { key, answer } = await identity.enable(browser)
    const off = await browser.twoFactor({ enable: false })
    expect([...stateOf(off), off.json.sharedKey]).toEqual([false, 10, null, key])
    const on = await browser.twoFactor({ enable: true, twoFactorCode: identity.codeOf(key) })
    expect([...stateOf(on), on.json.sharedKey]).toEqual([true, 10, null, key])
    expect(answer.json.recoveryCodes).toHaveLength(10)
  })

  test.each([{ resetSharedKey: true }, { resetSharedKey: true, enable: false }])(
    "%j turns it off under a new key, and keeps the codes",
    async (wish) => {
      const browser = await (await identity.person()).browser()
      const { key } = await identity.enable(browser)
      const reset = await browser.twoFactor(wish)
      expect(stateOf(reset)).toEqual([false, 10, null])
      expect(reset.json.sharedKey).toMatch(base32)
      expect(reset.json.sharedKey).not.toBe(key)
      expect(said(await browser.twoFactor({ enable: true, twoFactorCode: identity.codeOf(key) }))).toBe(
        "400 InvalidTwoFactorCode",
      )
      const again = await browser.twoFactor({ enable: true, twoFactorCode: identity.codeOf(reset.json.sharedKey) })
      expect([...stateOf(again), again.json.sharedKey]).toEqual([true, 10, null, reset.json.sharedKey])
    },
  )

  test("{resetSharedKey:true} before anything was on gives a new key as well", async () => {
    const browser = await (await identity.person()).browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const reset = await browser.twoFactor({ resetSharedKey: true })
    expect(reset.json.sharedKey).not.toBe(sharedKey)
    expect(stateOf(reset)).toEqual([false, 0, null])
  })

  test("{resetRecoveryCodes:true} makes ten in place of all former ones, also while it is off", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const early = await browser.twoFactor({ resetRecoveryCodes: true })
    expect(stateOf(early)).toEqual([false, 10, 10])
    const { answer } = await identity.enable(browser)
    // There were codes left, so none came along.
    expect(stateOf(answer)).toEqual([true, 10, null])
    const later = await browser.twoFactor({ resetRecoveryCodes: true })
    expect(stateOf(later)).toEqual([true, 10, 10])
    const enter = async (twoFactorRecoveryCode = "") =>
      said(await identity.visitor().post("login", { ...person.credentials, twoFactorRecoveryCode }))
    expect(await enter(early.json.recoveryCodes?.[0])).toBe("401 Failed")
    expect(await enter(later.json.recoveryCodes?.[0])).toBe("200 ok")
    expect(await enter(later.json.recoveryCodes?.[0])).toBe("401 Failed")
    expect((await browser.twoFactor()).json.recoveryCodesLeft).toBe(9)
  })

  test("turning it on with new codes asked for makes them once", async () => {
    const browser = await (await identity.person()).browser()
    const { sharedKey } = (await browser.twoFactor()).json
    const answer = await browser.twoFactor({
      enable: true,
      twoFactorCode: identity.codeOf(sharedKey),
      resetRecoveryCodes: true,
    })
    expect(stateOf(answer)).toEqual([true, 10, 10])
  })

  test("a code without `enable` is not looked at", async () => {
    const browser = await (await identity.person()).browser()
    const { key } = await identity.enable(browser)
    expect(stateOf(await browser.twoFactor({ twoFactorCode: "junk" }))).toEqual([true, 10, null])
    const code = identity.codeOf(key)
    await browser.twoFactor({ twoFactorCode: code })
    expect((await browser.twoFactor({ enable: true, twoFactorCode: code })).status).toBe(200)
  })

  test("all codes used up, the next enabling brings new ones", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const { key, answer } = await identity.enable(browser)
    for (const twoFactorRecoveryCode of answer.json.recoveryCodes ?? [])
      expect(said(await identity.visitor().post("login", { ...person.credentials, twoFactorRecoveryCode }))).toBe(
        "200 ok",
      )
    expect((await browser.twoFactor()).json.recoveryCodesLeft).toBe(0)
    expect(stateOf(await browser.twoFactor({ enable: true, twoFactorCode: identity.codeOf(key) }))).toEqual([
      true,
      10,
      10,
    ])
  })
})

describe("the order of the checks", () => {
  test.each([
    [{ enable: true, resetSharedKey: true }, "400 CannotResetSharedKeyAndEnable"],
    [{ enable: true, resetSharedKey: true, twoFactorCode: "123456" }, "400 CannotResetSharedKeyAndEnable"],
    [{ enable: true }, "400 RequiresTwoFactor"],
    [{ enable: true, twoFactorCode: "" }, "400 RequiresTwoFactor"],
    [{ enable: true, twoFactorCode: null }, "400 RequiresTwoFactor"],
    [{ enable: true, twoFactorCode: "123456" }, "400 InvalidTwoFactorCode"],
    [{ enable: true, twoFactorCode: "abc", resetRecoveryCodes: true }, "400 InvalidTwoFactorCode"],
    [{ enable: true, twoFactorCode: "12345678901" }, "400 InvalidTwoFactorCode"],
  ])("%j is %s, and changes nothing", async (wish, expected) => {
    const browser = await (await identity.person()).browser()
    expect(said(await browser.twoFactor(wish))).toBe(expected)
    const { sharedKey } = (await browser.twoFactor()).json
    expect(said(await browser.twoFactor(wish))).toBe(expected)
    expect((await browser.twoFactor()).json).toMatchObject({
      sharedKey,
      recoveryCodesLeft: 0,
      isTwoFactorEnabled: false,
    })
  })

  test("a refusal while it is on leaves it on", async () => {
    const browser = await (await identity.person()).browser()
    const { key } = await identity.enable(browser)
    for (const wish of [
      { enable: true, resetSharedKey: true },
      { enable: true, resetRecoveryCodes: true },
      { enable: true, twoFactorCode: wrongCode(identity.codeOf(key)), resetRecoveryCodes: true },
    ])
      expect((await browser.twoFactor(wish)).status).toBe(400)
    expect((await browser.twoFactor()).json).toMatchObject({ sharedKey: key, isTwoFactorEnabled: true })
  })
})
