import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Identity, said, startIdentity, stateOf, type TwoFactor } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const base32 = /^[A-Z2-7]{32}$/

describe("other settings", () => {
  const withServer = async (
    options: Parameters<typeof startIdentity>[0],
    work: (at: Identity) => Promise<void>,
  ): Promise<void> => {
    const at = await startIdentity(options)
    try {
      await work(at)
    } finally {
      await at.close()
    }
  }

  test("a key that is on can be kept back, and is shown again once it is off", () =>
    withServer({ identityLiveKey: "hidden" }, async (at) => {
      const browser = await (await at.person()).browser()
      const { sharedKey } = (await browser.twoFactor()).json
      expect(sharedKey).toMatch(base32)
      const on = await browser.twoFactor({ enable: true, twoFactorCode: at.codeOf(sharedKey) })
      expect(on.json).toMatchObject({ isTwoFactorEnabled: true, sharedKey: "" })
      expect((await browser.twoFactor()).json.sharedKey).toBe("")
      expect((await browser.twoFactor({ enable: false })).json.sharedKey).toBe(sharedKey)
    }))

  test("where no door is loose an old sign-in sees the state, and is told to sign in anew for a change", () =>
    withServer({ looseDoors: [] }, async (at) => {
      const browser = await (await at.person({ totp: true })).browser()
      at.server.clock.advance(600)
      expect((await browser.twoFactor()).json).toMatchObject({ isTwoFactorEnabled: true, sharedKey: "" })
      for (const wish of [{ enable: false }, { resetSharedKey: true }, { resetRecoveryCodes: true }])
        expect(said(await browser.twoFactor(wish))).toBe("400 DefaultError")
      expect((await browser.twoFactor()).json).toMatchObject({ isTwoFactorEnabled: true })
    }))

  test("a session that was born at a strict door stays strict here", async () => {
    const person = await identity.person({ totp: true })
    const native = identity.server.client()
    await native.post("/v1/sign-in", person.credentials)
    await native.post("/v1/challenge/answer", { kind: "totp", answer: person.code() })
    identity.server.clock.advance(600)
    const answer = await native.post<TwoFactor>("/identity/manage/2fa", { enable: false })
    expect(said(answer)).toBe("400 DefaultError")
    expect((await native.post<TwoFactor>("/identity/manage/2fa", {})).json).toMatchObject({
      isTwoFactorEnabled: true,
      sharedKey: "",
    })
  })

  test("where a second factor is demanded it can't be turned off, and nothing is half done", () =>
    withServer({ secondFactor: "required" }, async (at) => {
      const browser = await (await at.person({ totp: true })).browser()
      const { sharedKey } = (await browser.twoFactor()).json
      for (const wish of [{ enable: false, resetRecoveryCodes: true }, { resetSharedKey: true }])
        expect(said(await browser.twoFactor(wish))).toBe("400 DefaultError")
      expect((await browser.twoFactor()).json).toMatchObject({
        isTwoFactorEnabled: true,
        sharedKey,
        recoveryCodesLeft: 0,
      })
    }))

  test("where no authenticator is offered there is no key, and no code is right", () =>
    withServer({ secondFactor: "off" }, async (at) => {
      const browser = await (await at.person()).browser()
      expect((await browser.twoFactor()).json).toMatchObject({ sharedKey: "", isTwoFactorEnabled: false })
      expect(said(await browser.twoFactor({ enable: true, twoFactorCode: "123456" }))).toBe("400 InvalidTwoFactorCode")
    }))

  test("without recovery codes none come, and asking for some is refused", () =>
    withServer({ recoveryCodes: false }, async (at) => {
      const browser = await (await at.person()).browser()
      const { sharedKey } = (await browser.twoFactor()).json
      const on = await browser.twoFactor({ enable: true, twoFactorCode: at.codeOf(sharedKey) })
      expect(stateOf(on)).toEqual([true, 0, null])
      expect(said(await browser.twoFactor({ resetRecoveryCodes: true }))).toBe("400 DefaultError")
    }))
})
