/** Codes that a wire only asks about: right once, counted, and of no further use. */
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Actor } from "../engine.ts"
import { sceneForTests, type Scene } from "../sign-in/scene-for-tests.ts"
import { refusal, source, userKey } from "../users/people-for-tests.ts"

let scene: Scene
beforeEach(async () => {
  scene = await sceneForTests()
})
afterEach(() => scene.close())
const check = (answer: string, actor: Actor = userKey(scene.user), kind = "totp") =>
  scene.engine.factors.check({ actor, source }, { kind, answer })
const wrong = (code: string) => (code === "000000" ? "000001" : "000000")

test("a right code is right once, for a key and at the sign-in together", async () => {
  const { app } = await scene.withApp()
  const code = app.code()
  await check(code)
  expect(await refusal(check(code))).toEqual({ code: "code_already_used" })
  expect(await refusal(scene.answer(await scene.challenge(), "totp", code))).toEqual({ code: "code_incorrect" })
  scene.nextStep()
  const next = app.code()
  await scene.answer(await scene.challenge(), "totp", next)
  expect(await refusal(check(next))).toEqual({ code: "code_already_used" })
})

test("of many checks of one code at once one passes", async () => {
  const { app } = await scene.withApp()
  const code = app.code()
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => check(code)))
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
})

test("a recovery code is spent, and its owner is told", async () => {
  const { confirmed } = await scene.withApp()
  const [code = ""] = confirmed.recoveryCodes ?? []
  await check(code, undefined, "recovery-code")
  expect(await scene.notices()).toContain("recovery_code_used")
  expect(await refusal(check(code, undefined, "recovery-code"))).toEqual({ code: "code_already_used" })
  expect((await scene.engine.recoveryCodes.status(scene.asOperator)).left).toBe(9)
})

test("it makes no session more trusted", async () => {
  const { app, confirmed } = await scene.withApp()
  const answered = await scene.answer(await scene.challenge(), "totp", app.code())
  const on = await scene.as(answered.token)
  scene.nextStep()
  await check(app.code(), on.actor)
  scene.clock.advance(600)
  const later = await scene.as(answered.token)
  expect(later.actor.session.secondFactorAt).toBe(on.actor.session.secondFactorAt)
  expect((await refusal(scene.engine.factors.remove(later, { factorId: confirmed.factor.id }))).code).toBe(
    "session_reverification_required",
  )
})

test("five failures make the right one wait, and those of a key never end the factor", async () => {
  const { app, on } = await scene.withApp()
  for (let round = 0; round < 30; round++) {
    for (let count = 0; count < 5; count++)
      expect((await refusal(check(wrong(app.code())))).code).toBe("code_incorrect")
    expect((await refusal(check(app.code()))).code).toBe("too_many_attempts")
    scene.clock.advance(3600)
  }
  await check(app.code())
  // A session of the person's own counts in full.
  for (let round = 0; round < 20; round++) {
    for (let count = 0; count < 5; count++) await refusal(check(wrong(app.code()), on.actor))
    scene.clock.advance(3600)
  }
  expect(await refusal(check(app.code(), on.actor))).toEqual({ code: "factor_dead" })
})

test("what is no code of the kind, and a kind that needs a challenge, are refused uncounted", async () => {
  const { app } = await scene.withApp()
  for (const junk of ["", "12345", "1234567", "abcdef"])
    expect(await refusal(check(junk))).toEqual({ code: "input_invalid", field: "answer" })
  for (const kind of ["password", "email-code", "passkey", "nothing"])
    expect(await refusal(check(app.code(), undefined, kind))).toEqual({ code: "kind_not_offered" })
  await check(app.code())
})

test("a key that may only read can't use codes up", async () => {
  const { app } = await scene.withApp()
  expect(await refusal(check(app.code(), userKey(scene.user, "*:read")))).toMatchObject({ code: "insufficient_scope" })
  await check(app.code(), userKey(scene.user, "*:write"))
})

test("codes can be read again for as long as the door says, and never longer than a day", async () => {
  const { app, on } = await scene.withApp()
  await scene.engine.recoveryCodes.replace(on, { copySeconds: 600 })
  const again = async () => (await scene.engine.recoveryCodes.reveal(scene.proved(on)))?.codes.length
  scene.clock.advance(599)
  expect(await again()).toBe(10)
  scene.clock.advance(1)
  expect(await again()).toBeUndefined()
  const fresh = await scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)
  await scene.engine.recoveryCodes.replace(fresh, { copySeconds: 10 * 86_400 })
  scene.clock.advance(86_399)
  expect((await scene.engine.recoveryCodes.reveal(scene.proved(fresh)))?.codes).toHaveLength(10)
  scene.clock.advance(1)
  expect(await scene.engine.recoveryCodes.reveal(scene.proved(fresh))).toBeUndefined()
})
