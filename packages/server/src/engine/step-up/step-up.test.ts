import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Actor } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { operator, password, person, refusal, service, source, userKey } from "../users/people-for-tests.ts"

let scene: Scene
beforeEach(async () => {
  scene = await sceneForTests()
})
afterEach(() => scene.close())

const wanted = (level: string, maxAgeSeconds = 600) => ({
  code: "session_reverification_required",
  level,
  maxAgeSeconds,
})

describe("asking for a fresh proof", () => {
  test("passes within the time, and names level and age after it", async () => {
    const { on } = await scene.withApp()
    const require = (actor: Actor, demand: Parameters<Scene["engine"]["stepUp"]["require"]>[1]) =>
      scene.engine.stepUp.require(actor, demand)
    scene.clock.advance(569)
    await require(on.actor, { level: "second_factor" })
    await require(on.actor, { level: "multi_factor" })
    scene.clock.advance(1)
    for (const level of ["first_factor", "second_factor", "multi_factor"] as const)
      expect(await refusal(require(on.actor, { level }))).toEqual(wanted(level))
    await require(on.actor, { level: "second_factor", maxAgeSeconds: 3600 })
  })

  test("comes to the first factor where the user has no second", async () => {
    const on = await scene.as((await scene.signIn()).token)
    for (const level of ["first_factor", "second_factor", "multi_factor"] as const)
      await scene.engine.stepUp.require(on.actor, { level })
    scene.clock.advance(600)
    expect(await refusal(scene.engine.stepUp.require(on.actor, { level: "multi_factor" }))).toEqual(
      wanted("first_factor"),
    )
  })

  test.each([0, -1, Number.NaN])("an age of %d is refused", async (maxAgeSeconds) => {
    const { on } = await scene.withApp()
    expect(
      await refusal(scene.engine.stepUp.require(on.actor, { level: "first_factor", maxAgeSeconds })),
    ).toMatchObject({ code: "input_invalid" })
  })

  test("never passes a key, a service or an operator for a person", async () => {
    for (const actor of [userKey(scene.user), userKey(scene.user, "accounts.self:write"), service("*"), operator])
      expect(await refusal(scene.engine.stepUp.require(actor, { level: "first_factor" }))).toMatchObject({
        code: "session_reverification_required",
      })
  })
})

describe("proving again", () => {
  test("makes the same session fresh, with a new token; the old one ends half a minute later", async () => {
    const { app, on, confirmed } = await scene.withApp()
    scene.clock.advance(3600)
    const { challenge, token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(challenge).toMatchObject({
      purpose: "step_up",
      level: "second_factor",
      kinds: [{ kind: "totp" }, { kind: "recovery-code" }],
    })
    const done = await scene.answer(token, "totp", app.code())
    expect(done).toMatchObject({
      status: "complete",
      session: {
        id: on.actor.session.id,
        aal: 2,
        secondFactorAt: scene.clock.now(),
        authenticatedAt: scene.clock.now(),
      },
    })
    expect(done.token).not.toBe(confirmed.token)
    const fresh = await scene.as(done.token)
    await scene.engine.stepUp.require(fresh.actor, { level: "second_factor" })
    expect(await refusal(scene.engine.stepUp.require(fresh.actor, { level: "first_factor" }))).toEqual(
      wanted("first_factor"),
    )
    scene.clock.advance(30)
    expect(await scene.engine.sessions.authenticate(confirmed.token ?? "", source)).toBeUndefined()
    expect(await scene.engine.sessions.authenticate(done.token, source)).toBeDefined()
  })

  test("with both factors asks for the password first, then for the code", async () => {
    const { app, on } = await scene.withApp()
    scene.clock.advance(3600)
    const { challenge, token } = await scene.engine.stepUp.open(on, { level: "multi_factor" })
    expect(challenge.kinds.map(({ kind }) => kind)).toEqual(["password"])
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "kind_not_offered" })
    const half = await scene.answer(token, "password", password)
    expect(half).toMatchObject({
      status: "second_factor",
      token,
      challenge: { kinds: [{ kind: "totp" }, { kind: "recovery-code" }], attemptsLeft: 4 },
    })
    // Half a proof makes nothing fresh.
    expect(await scene.engine.sessions.find(on.actor.session.id)).toMatchObject({
      firstFactorAt: on.actor.session.firstFactorAt,
    })
    const done = await scene.answer(token, "totp", app.code())
    const fresh = await scene.as(done.token)
    await scene.engine.stepUp.require(fresh.actor, { level: "multi_factor" })
  })

  test("of the first factor alone takes the password and no code", async () => {
    const { app, on } = await scene.withApp()
    const { challenge, token } = await scene.engine.stepUp.open(on, { level: "first_factor" })
    expect(challenge.kinds.map(({ kind }) => kind)).toEqual(["password"])
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "kind_not_offered" })
    expect(await scene.answer(token, "password", password)).toMatchObject({ status: "complete" })
  })

  test("of any level is by the password for a user without a second factor", async () => {
    const on = await scene.as((await scene.signIn()).token)
    scene.clock.advance(3600)
    const { challenge, token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(challenge).toMatchObject({ level: "first_factor", kinds: [{ kind: "password" }] })
    const done = await scene.answer(token, "password", password)
    expect(done).toMatchObject({ session: { aal: 1, firstFactorAt: scene.clock.now() } })
  })

  test("takes a remembered device's session up to two factors", async () => {
    const { app } = await scene.withApp()
    const first = await scene.answer(await scene.challenge(), "totp", app.code(), true)
    const deviceToken = first.status === "complete" ? first.deviceToken : undefined
    scene.nextStep()
    const on = await scene.as((await scene.signIn({ deviceToken })).token)
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(await scene.answer(token, "totp", app.code())).toMatchObject({
      session: { aal: 2, deviceRemembered: false },
    })
  })

  test("with a recovery code counts, and its owner is told", async () => {
    const { on, confirmed } = await scene.withApp()
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(await scene.answer(token, "recovery-code", confirmed.recoveryCodes?.[0])).toMatchObject({
      status: "complete",
      recoveryCodesLeft: 9,
    })
    expect((await scene.notices()).at(-1)).toBe("recovery_code_used")
  })

  test("remembers no device and gives no second session", async () => {
    const { app, on } = await scene.withApp()
    const before = (await scene.engine.sessions.list(on)).length
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    const done = await scene.answer(token, "totp", app.code(), true)
    expect(done).not.toHaveProperty("deviceToken")
    expect(await scene.engine.sessions.list(await scene.as(done.token))).toHaveLength(before)
  })

  test("ends with the session that asked for it", async () => {
    const { app, on } = await scene.withApp()
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    await scene.engine.sessions.end(on, { id: on.actor.session.id })
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "challenge_spent" })
  })

  test("is no sign-in: its challenge gives another user nothing, and enrols nothing", async () => {
    const { on } = await scene.withApp()
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await otto.withApp()
    expect(await refusal(scene.answer(token, "totp", theirs.app.code()))).toEqual({ code: "code_incorrect" })
    expect(await refusal(scene.engine.factors.begin({ challenge: { token }, source }, { kind: "totp" }))).toEqual({
      code: "challenge_spent",
    })
    expect(await scene.engine.signIn.openChallengeOf(scene.user.email ?? "", "native")).toBeUndefined()
  })

  test("is refused to keys, for unknown levels, and where there is nothing to prove with", async () => {
    const { engine } = scene
    expect(
      await refusal(engine.stepUp.open({ actor: userKey(scene.user), source }, { level: "first_factor" })),
    ).toEqual({ code: "forbidden" })
    const on = await scene.as((await scene.signIn()).token)
    expect(await refusal(engine.stepUp.open(on, { level: "third" as "first_factor" }))).toEqual({
      code: "input_invalid",
      field: "level",
    })
  })
})
