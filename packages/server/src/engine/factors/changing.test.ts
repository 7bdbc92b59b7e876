import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { createAuthenticator, type ScannedAccount } from "../../testing/authenticator.ts"
import type { Begun, Confirmed, On } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { totpOf } from "../sign-in/totp-for-tests.ts"
import { person, refusal, source } from "../users/people-for-tests.ts"

let scene: Scene
const begin = async (options: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(options)
}
beforeEach(() => begin())
afterEach(() => scene.close())

const signedIn = async (from = source) => scene.as((await scene.signIn({}, from)).token, from)
const scan = ({ show }: Begun): ScannedAccount => createAuthenticator(scene.clock.now).scan(String(show["uri"]))
const start = (on: On, more: object = {}) => scene.engine.factors.begin(on, { kind: "totp", ...more })
const confirm = (on: On, answer: unknown, more: object = {}) =>
  scene.engine.factors.confirm(on, { kind: "totp", answer, ...more })
const rows = (state: string) =>
  scene.database.query<{ id: string; data: string }>(sql`select * from factors where state = ${state}`)
const renewed = async ({ token }: { token?: string }) => scene.as(token ?? "")

describe("removing", () => {
  test("ends the app at once, with the codes when it was the last, and tells the owner", async () => {
    const { app, on, confirmed } = await scene.withApp()
    const challenge = await scene.challenge()
    const done = await scene.engine.factors.remove(on, { factorId: confirmed.factor.id })
    expect(await refusal(scene.answer(challenge, "totp", app.code()))).toEqual({ code: "challenge_spent" })
    const now = await renewed(done)
    expect(await scene.engine.factors.list(now)).toEqual([])
    expect(await scene.engine.recoveryCodes.status(now)).toMatchObject({ left: 0, total: 0 })
    expect(now.actor.user.defaultFactorId).toBeNull()
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
    expect((await scene.notices()).at(-1)).toBe("factor_removed")
    // What was bound, and when, stays on record; its key does not.
    expect(await rows("removed")).toMatchObject([{ id: confirmed.factor.id, data: "" }])
  })

  test("of one of two keeps the other, its codes, and moves the default", async () => {
    const { on, confirmed } = await scene.withApp()
    const second = await scene.enrol(on)
    const done = await scene.engine.factors.remove(await renewed(second.confirmed), { factorId: confirmed.factor.id })
    const now = await renewed(done)
    expect(now.actor.user.defaultFactorId).toBe(second.confirmed.factor.id)
    expect(await scene.engine.recoveryCodes.status(now)).toMatchObject({ left: 10 })
    expect(await scene.answer(await scene.challenge(), "totp", second.app.code())).toMatchObject({ status: "complete" })
  })

  test("of the last one is refused where policy demands one; operators may", async () => {
    await begin({ settings: { secondFactor: { rule: "required" } } })
    const enrolling = { challenge: { token: (await scene.signIn()).token }, source }
    const begun = await scene.engine.factors.begin(enrolling, { kind: "totp" })
    const { signIn, factor } = await scene.engine.factors.confirm(enrolling, {
      kind: "totp",
      answer: totpOf(begun, scene.clock),
    })
    const on = await scene.as(signIn?.token ?? "")
    expect(await refusal(scene.engine.factors.remove(on, { factorId: factor.id }))).toEqual({ code: "factor_required" })
    expect(await refusal(scene.engine.factors.turn(on, { kind: "totp", state: "off" }))).toEqual({
      code: "factor_required",
    })
    expect(await refusal(scene.engine.factors.reset(on, {}))).toEqual({ code: "factor_required" })
    await scene.engine.factors.reset(scene.asOperator, {})
    expect(await scene.signIn()).toMatchObject({ status: "enrolment" })
  })

  test("two sessions that remove one of two each, at once, do not end with none where one is demanded", async () => {
    await begin({ settings: { secondFactor: { rule: "required", roles: ["user"] } } })
    const { on, confirmed } = await scene.withApp()
    const second = await scene.enrol(on)
    await scene.engine.users.update(scene.asOperator, { roles: ["user"] })
    const now = await renewed(second.confirmed)
    const settled = await Promise.allSettled(
      [confirmed, second.confirmed].map(({ factor }) => scene.engine.factors.remove(now, { factorId: factor.id })),
    )
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    expect(await rows("on")).toHaveLength(1)
  })

  test("of somebody else's finds nothing, and changes nothing", async () => {
    const { on, confirmed } = await scene.withApp()
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await otto.withApp()
    const factorId = theirs.confirmed.factor.id
    expect(await refusal(scene.engine.factors.remove(on, { factorId }))).toEqual({ code: "not_found" })
    expect(await refusal(scene.engine.factors.rename(on, { factorId, name: "Mine" }))).toEqual({ code: "not_found" })
    expect(await refusal(scene.engine.factors.setDefault(on, { factorId }))).toEqual({ code: "not_found" })
    for (const userId of [otto.user.id, "nobody"])
      expect(await refusal(scene.engine.factors.list({ ...on, userId }))).toEqual({ code: "not_found" })
    expect(await rows("on")).toHaveLength(2)
    expect(confirmed.factor.id).not.toBe(factorId)
  })

  test("of one that was never confirmed needs no proof", async () => {
    const on = await signedIn()
    const begun = await start(on)
    scene.clock.advance(700)
    expect(await scene.engine.factors.remove(on, { factorId: begun.factor.id })).toEqual({})
    expect(await rows("pending")).toEqual([])
  })

  test("and enrolling again does not bring a remembered device back", async () => {
    const { app, on, confirmed } = await scene.withApp()
    const done = await scene.answer(await scene.challenge(), "totp", app.code(), true)
    const deviceToken = done.status === "complete" ? done.deviceToken : undefined
    expect(await scene.signIn({ deviceToken })).toMatchObject({ status: "complete" })
    const now = await renewed(await scene.engine.factors.remove(on, { factorId: confirmed.factor.id }))
    scene.nextStep()
    await scene.enrol(now)
    expect(await scene.signIn({ deviceToken })).toMatchObject({ status: "second_factor" })
  })
})

describe("a proof that is not fresh", () => {
  test("stops every change of factors and codes, and says what is wanted", async () => {
    const { on, confirmed } = await scene.withApp()
    const { engine } = scene
    const factorId = confirmed.factor.id
    scene.clock.advance(570)
    const wanted = { code: "session_reverification_required", level: "second_factor", maxAgeSeconds: 600 }
    for (const call of [
      () => start(on),
      () => engine.factors.begin(on, { kind: "totp", oneForUser: true }),
      () => engine.factors.reveal(on, { kind: "totp" }),
      () => engine.factors.rename(on, { factorId, name: "x" }),
      () => engine.factors.remove(on, { factorId }),
      () => engine.factors.turn(on, { kind: "totp", state: "off" }),
      () => engine.factors.reset(on, {}),
      () => engine.recoveryCodes.replace(on),
    ])
      expect(await refusal(call())).toEqual(wanted)
    expect(await rows("on")).toHaveLength(1)
  })

  test("a password alone does not do where a factor is on", async () => {
    const first = await signedIn()
    await scene.engine.factors.add(scene.asOperator, { kind: "totp" })
    // Sessions from before a factor was added are over; one that policy counts as a single proof is not enough.
    expect(await scene.engine.sessions.find(first.actor.session.id)).toBeUndefined()
  })

  test("a session of a remembered device has no second factor to show", async () => {
    const { app } = await scene.withApp()
    const done = await scene.answer(await scene.challenge(), "totp", app.code(), true)
    const deviceToken = done.status === "complete" ? done.deviceToken : undefined
    const remembered = await scene.as((await scene.signIn({ deviceToken })).token)
    expect(remembered.actor.session).toMatchObject({ aal: 1, deviceRemembered: true, secondFactorAt: null })
    expect(await refusal(start(remembered))).toMatchObject({
      code: "session_reverification_required",
      level: "second_factor",
    })
  })

  test("without a factor the password within ten minutes does", async () => {
    const on = await signedIn()
    scene.clock.advance(599)
    await start(on)
    scene.clock.advance(1)
    expect(await refusal(start(on))).toEqual({
      code: "session_reverification_required",
      level: "first_factor",
      maxAgeSeconds: 600,
    })
  })

  test("a door whose wire can't ask for one is let off for factors, not for address or password", async () => {
    const from = { ...source, door: "identity" }
    const on = await signedIn(from)
    scene.clock.advance(3600)
    const app = scan(await start(on))
    const now = await renewed(await confirm(on, app.code()))
    scene.clock.advance(3600)
    expect(await scene.engine.recoveryCodes.replace(now)).toMatchObject({ codes: { length: 10 } })
    // What hands the account over has to bring the password.
    expect(
      await refusal(scene.engine.users.requestAddressChange(now, { email: "new@parcelforge.example" })),
    ).toMatchObject({ code: "input_invalid", field: "current" })
    await scene.engine.factors.turn(now, { kind: "totp", state: "off" })
  })
})

describe("off and on again", () => {
  test("keeps key and codes; the first right code turns it on, and no new codes come", async () => {
    const from = { ...source, door: "identity" }
    const on = await signedIn(from)
    const begun = await scene.engine.factors.begin(on, { kind: "totp", oneForUser: true })
    const app = scan(begun)
    let now = await renewed(await confirm(on, app.code()))
    now = await renewed(await scene.engine.factors.turn(now, { kind: "totp", state: "off" }))
    expect(await scene.signIn({}, from)).toMatchObject({ status: "complete" })
    expect(await scene.engine.recoveryCodes.status(now)).toMatchObject({ left: 10 })
    expect((await scene.engine.factors.reveal(now, { kind: "totp" }))?.show).toEqual(begun.show)
    // Said again it ends what an older state may have earned, and tells nobody of a change that was none.
    const other = await signedIn(from)
    const told = (await scene.notices()).length
    now = await renewed(await scene.engine.factors.turn(now, { kind: "totp", state: "off" }))
    expect(await scene.engine.sessions.find(other.actor.session.id)).toBeUndefined()
    expect(await scene.notices()).toHaveLength(told)
    expect(await refusal(confirm(now, app.code()))).toEqual({ code: "code_already_used" })
    scene.nextStep()
    const again: Confirmed = await confirm(now, app.code())
    expect(again).toMatchObject({ factor: { state: "on", id: begun.factor.id } })
    expect(again).not.toHaveProperty("recoveryCodes")
  })

  test("a reset drops the key, and the codes only where they are not to be kept", async () => {
    const from = { ...source, door: "identity" }
    const on = await signedIn(from)
    const app = scan(await scene.engine.factors.begin(on, { kind: "totp", oneForUser: true }))
    let now = await renewed(await confirm(on, app.code()))
    now = await renewed(await scene.engine.factors.reset(now, { kind: "totp", keepCodes: true }))
    expect(await scene.engine.factors.list(now)).toEqual([])
    expect(await scene.engine.recoveryCodes.status(now)).toMatchObject({ left: 10 })
    const fresh = await scene.engine.factors.begin(now, { kind: "totp", oneForUser: true })
    expect(scan(fresh).secret).not.toBe(app.secret)
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })

  test("a reset of a key that was never used ends other sessions all the same; of none at all, nothing", async () => {
    const from = { ...source, door: "identity" }
    const [on, other] = [await signedIn(from), await signedIn(from)]
    expect(await scene.engine.factors.reset(on, { kind: "totp" })).toEqual({})
    expect(await scene.engine.sessions.find(other.actor.session.id)).toBeDefined()
    await scene.engine.factors.begin(on, { kind: "totp", oneForUser: true })
    const now = await renewed(await scene.engine.factors.reset(on, { kind: "totp" }))
    expect(await scene.engine.sessions.find(other.actor.session.id)).toBeUndefined()
    expect(await scene.engine.factors.reveal(now, { kind: "totp" })).toBeUndefined()
    expect(await scene.notices()).toEqual([])
  })

  test("a factor that an operator adds takes the place of a key that was waiting", async () => {
    const from = { ...source, door: "identity" }
    const on = await signedIn(from)
    await scene.engine.factors.begin(on, { kind: "totp", oneForUser: true })
    const added = await scene.engine.factors.add(scene.asOperator, { kind: "totp" })
    expect(await rows("pending")).toEqual([])
    const { token } = await scene.answer(await scene.challenge(from), "totp", scan(added).code())
    expect((await scene.engine.factors.reveal(await scene.as(token, from), { kind: "totp" }))?.show).toEqual(added.show)
  })

  test.each(["sms", "", "\u0000"])("a reset of kind %j is refused", async (kind) => {
    expect(await refusal(scene.engine.factors.reset(await signedIn(), { kind }))).toEqual({ code: "kind_not_offered" })
  })
})
