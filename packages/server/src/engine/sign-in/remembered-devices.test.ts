import { randomBytes } from "node:crypto"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import type { ScannedAccount } from "../../testing/authenticator.ts"
import { engineForTests } from "../../testing/engine.ts"
import type { On } from "../engine.ts"
import { defaultSettings } from "../settings.ts"
import { password, person, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, sceneOf, type Scene } from "./scene-for-tests.ts"

let scene: Scene
let app: ScannedAccount
let on: On
let deviceToken: string

const remember = async (rememberDevice = true): Promise<string | undefined> => {
  const done = await scene.answer(await scene.challenge(), "totp", app.code(), rememberDevice)
  scene.nextStep()
  return done.status === "complete" ? done.deviceToken : undefined
}
const begin = async (options: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(options)
  ;({ app, on } = await scene.withApp())
  deviceToken = (await remember()) ?? ""
}
beforeEach(() => begin())
afterEach(() => scene.close())

const isKnown = async (token: string | undefined = deviceToken) =>
  (await scene.signIn({ deviceToken: token })).status === "complete"

describe("a remembered device", () => {
  test("signs in with the password, at one factor, and says so", async () => {
    expect(deviceToken).toMatch(/^csd_/)
    const done = await scene.signIn({ deviceToken })
    expect(done).toMatchObject({
      status: "complete",
      session: { aal: 1, deviceRemembered: true, secondFactorAt: null, methods: [{ method: "pwd" }] },
    })
    expect(await refusal(scene.signIn({ deviceToken, password: "wrong" }))).toEqual({ code: "credentials_incorrect" })
  })

  test("is there only when it was asked for, and where it is offered", async () => {
    expect(await remember(false)).toBeUndefined()
    await begin({ settings: { rememberedDevice: { offered: false } } })
    expect(deviceToken).toBe("")
  })

  test("stops being one when remembering is switched off", async () => {
    const { database, clock } = scene
    const settings = { rememberedDevice: { offered: false } }
    const strict = sceneOf(await engineForTests({ database, settings }), scene.user)
    strict.clock.set(clock.now())
    expect(await strict.signIn({ deviceToken })).toMatchObject({ status: "second_factor" })
  })

  test("is forgotten after thirty days", async () => {
    scene.clock.advance(30 * 86_400 - 31)
    expect(await isKnown()).toBe(true)
    scene.clock.advance(1)
    expect(await isKnown()).toBe(false)
  })

  test("is not made by a forged token: flipped, cut, self-made, another user's", async () => {
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await otto.withApp()
    const foreign = await otto.answer(await otto.challenge(), "totp", theirs.app.code(), true)
    const flipped = Array.from(
      deviceToken,
      (letter, at) => deviceToken.slice(0, at) + (letter === "A" ? "B" : "A") + deviceToken.slice(at + 1),
    )
    const self = `csd_${randomBytes(32).toString("base64url")}`
    const others = [
      self,
      deviceToken.slice(4),
      deviceToken.toLowerCase(),
      `${deviceToken} `,
      "csd_",
      "",
      "\u0000",
      "none.eyJ.sig",
    ]
    for (const token of [...flipped, ...others]) expect(await isKnown(token)).toBe(false)
    expect(await isKnown(foreign.status === "complete" ? foreign.deviceToken : "")).toBe(false)
    const [row] = await scene.database.query<{ token_hash: string }>(sql`select token_hash from remembered_devices`)
    expect(await isKnown(row?.token_hash)).toBe(false)
  })

  test("never passes for a second factor: not for a step-up, a token, or a change", async () => {
    const remembered = await scene.as((await scene.signIn({ deviceToken })).token)
    const { engine } = scene
    for (const level of ["second_factor", "multi_factor"] as const)
      expect(await refusal(engine.stepUp.require(remembered.actor, { level }))).toMatchObject({
        code: "session_reverification_required",
        level,
      })
    await engine.stepUp.require(remembered.actor, { level: "first_factor" })
    expect(await refusal(engine.mfaTokens.mint(remembered, {}))).toMatchObject({
      code: "session_reverification_required",
    })
    expect(await refusal(engine.recoveryCodes.replace(remembered))).toMatchObject({
      code: "session_reverification_required",
    })
  })

  test("dies with whatever changes the account: password, reset, factors, an operator", async () => {
    const changes: (() => Promise<unknown>)[] = [
      () => scene.engine.users.changePassword(on, { current: password, password: "Some-other-1-word" }),
      async () => {
        await scene.engine.users.requestReset({ email: scene.user.email ?? "" }, source)
        const link = new URL(String((await scene.mails()).at(-1)?.facts["link"]))
        return scene.engine.users.resetPassword(
          { token: link.searchParams.get("token") ?? "", password: "Some-other-1-word" },
          source,
        )
      },
      () => scene.enrol(on, "Tablet"),
      () => scene.engine.factors.add(scene.asOperator, { kind: "email-code" }),
      async () => {
        await scene.engine.factors.reset(scene.asOperator, {})
        await scene.engine.factors.add(scene.asOperator, { kind: "totp" })
      },
    ]
    for (const change of changes) {
      await begin()
      expect(await isKnown()).toBe(true)
      await change()
      const rows = await scene.database.query(sql`select id from remembered_devices`)
      expect(rows).toEqual([])
    }
  })

  test("is noted when it is used", async () => {
    scene.clock.advance(1000)
    await isKnown()
    expect(await scene.engine.rememberedDevices.list(on)).toMatchObject([{ lastUsedAt: scene.clock.now() }])
  })
})

describe("while strangers lock the account", () => {
  const wrong = (more: object = {}) => refusal(scene.signIn({ password: "wrong", ...more }))
  const { attempts, seconds } = defaultSettings.lockout

  test("the owner's remembered browser still signs in, and lifts nobody else's lock", async () => {
    for (let n = 0; n < attempts; n++) await wrong()
    expect(await refusal(scene.signIn())).toMatchObject({ code: "too_many_attempts" })
    expect(await scene.signIn({ deviceToken })).toMatchObject({ status: "complete" })
    expect(await refusal(scene.signIn())).toMatchObject({ code: "too_many_attempts" })
  })

  test("a remembered browser has a count of its own, which locks it and nobody else", async () => {
    for (let n = 1; n < attempts; n++) expect(await wrong({ deviceToken })).toEqual({ code: "credentials_incorrect" })
    expect(await wrong({ deviceToken })).toMatchObject({ code: "too_many_attempts", retryAfter: seconds })
    expect(await refusal(scene.signIn({ deviceToken }))).toMatchObject({ code: "too_many_attempts" })
    expect(await scene.signIn()).toMatchObject({ status: "second_factor" })
  })

  test("a token that is nobody's, or another user's, is of no use", async () => {
    const otto = await person(scene.ctx, "otto@parcelforge.example")
    for (let n = 0; n < attempts; n++) await wrong({ email: otto.email ?? "", deviceToken })
    for (const token of [deviceToken, "csd_nobody", ""])
      expect(await refusal(scene.signIn({ email: otto.email ?? "", deviceToken: token }))).toMatchObject({
        code: "too_many_attempts",
      })
  })
})

describe("the list of remembered devices", () => {
  test("shows where and when, marks the asking one, and holds no token", async () => {
    const second = await remember()
    const listed = await scene.engine.rememberedDevices.list(on, { token: second })
    expect(listed).toMatchObject([{ current: true, agent: source.agent, address: source.address }, { current: false }])
    expect(JSON.stringify(listed)).not.toMatch(/csd_|hash/)
    expect(await scene.engine.rememberedDevices.isRemembered(scene.user.id, second)).toBe(true)
    expect(await scene.engine.rememberedDevices.isRemembered("nobody", second)).toBe(false)
    expect(await scene.engine.rememberedDevices.isRemembered(scene.user.id, undefined)).toBe(false)
  })

  test("forgets one by its id or token, or all", async () => {
    const [second, third] = [await remember(), await remember()]
    const { rememberedDevices } = scene.engine
    const [newest] = await rememberedDevices.list(on)
    await rememberedDevices.forget(on, { id: newest?.id ?? "" })
    expect(await isKnown(third)).toBe(false)
    await rememberedDevices.forget(on, { token: second ?? "" })
    await rememberedDevices.forget(on, { token: second ?? "" })
    expect(await isKnown(second)).toBe(false)
    expect(await isKnown()).toBe(true)
    await rememberedDevices.forgetAll(on)
    expect(await isKnown()).toBe(false)
    expect(await rememberedDevices.list(on)).toEqual([])
  })

  test.each(["nobody", "", "\u0000", "\ud83d"])("knows none with the id %j", async (id) => {
    expect(await refusal(scene.engine.rememberedDevices.forget(on, { id }))).toEqual({ code: "not_found" })
  })

  test("of another user is out of reach", async () => {
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const stranger = await otto.as((await otto.signIn()).token)
    const [mine] = await scene.engine.rememberedDevices.list(on)
    expect(await refusal(scene.engine.rememberedDevices.forget(stranger, { id: mine?.id ?? "" }))).toEqual({
      code: "not_found",
    })
    await scene.engine.rememberedDevices.forget(stranger, { token: deviceToken })
    await scene.engine.rememberedDevices.forgetAll(stranger)
    expect(await refusal(scene.engine.rememberedDevices.list({ ...stranger, userId: scene.user.id }))).toEqual({
      code: "not_found",
    })
    expect(await isKnown()).toBe(true)
  })
})
