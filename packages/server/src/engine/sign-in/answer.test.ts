import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, type Scene } from "./scene-for-tests.ts"

let scene: Scene
beforeEach(async () => {
  scene = await sceneForTests()
})
afterEach(() => scene.close())

const sessions = async (): Promise<number> =>
  (await scene.database.query(sql`select id from sessions where user_id = ${scene.user.id} and ended_at is null`))
    .length

describe("the second step", () => {
  test("a right code gives a session of two factors, and says how it was earned", async () => {
    const { app } = await scene.withApp()
    const done = await scene.answer(await scene.challenge(), "totp", app.code())
    expect(done).toMatchObject({
      status: "complete",
      user: { id: scene.user.id },
      session: { aal: 2, door: "native", deviceRemembered: false },
    })
    if (done.status !== "complete") return
    expect(done.session.methods.map(({ method, kind }) => [method, kind])).toEqual([
      ["pwd", "password"],
      ["otp", "totp"],
    ])
    expect(done.session.firstFactorAt).toBe(scene.clock.now())
    expect(done.session.secondFactorAt).toBe(scene.clock.now())
    expect(done.deviceToken).toBeUndefined()
    expect((await scene.as(done.token)).actor.user.id).toBe(scene.user.id)
  })

  test("before it there is no session: nothing of the first step's answer is one", async () => {
    await scene.withApp()
    const before = await sessions()
    const first = await scene.signIn()
    expect(first.status).toBe("second_factor")
    expect(first).not.toHaveProperty("session")
    expect(await scene.engine.sessions.authenticate(first.token, source)).toBeUndefined()
    expect(await sessions()).toBe(before)
  })

  test("a session's id and token are new, not the challenge's", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    const done = await scene.answer(token, "totp", app.code())
    expect(done.token).not.toBe(token)
    expect(done.token.startsWith("css_")).toBe(true)
    expect(token.startsWith("csc_")).toBe(true)
  })

  test("the session is the door's at which the challenge began", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge({ ...source, door: "identity" })
    const done = await scene.engine.signIn.answer({ challenge: { token }, kind: "totp", answer: app.code() }, source)
    expect(done).toMatchObject({ session: { door: "identity" } })
  })

  test("it stays signed in as the first step asked, unless the answer says otherwise", async () => {
    const { app } = await scene.withApp()
    const persistence = async (persistent?: boolean) => {
      const { token } = await scene.signIn({ persistent: true })
      scene.nextStep()
      const input = { challenge: { token }, kind: "totp", answer: app.code(), persistent }
      const done = await scene.engine.signIn.answer(input, source)
      return done.status === "complete" ? done.session.persistent : undefined
    }
    expect([await persistence(), await persistence(false)]).toEqual([true, false])
  })

  test("it is offered by kind, apps before recovery codes, whatever came first", async () => {
    const { on } = await scene.withApp()
    await scene.engine.factors.begin(on, { kind: "email-code" })
    await scene.engine.factors.confirm(on, { kind: "email-code", answer: await scene.mailedCode() })
    const view = await scene.engine.signIn.challenge(await scene.challenge())
    expect(view.kinds.map(({ kind }) => kind)).toEqual(["totp", "email-code", "recovery-code"])
    expect(view).toMatchObject({ purpose: "sign_in", attemptsLeft: 5, level: null, postponableUntil: null })
    expect(JSON.stringify(view)).not.toMatch(/secret|hash|ewa@/i)
  })

  test("the right code does not help without the password's challenge", async () => {
    const { app } = await scene.withApp()
    for (const token of ["", "csc_", "csc_AAAA", "css_AAAA", `csc_${"A".repeat(43)}`, "\u0000", "🦊"])
      expect(await refusal(scene.answer(token, "totp", app.code()))).toMatchObject({ code: "challenge_spent" })
  })

  test.each(["password", "passkey", "sms", "", "__proto__", "\u0000"])(
    "a kind that is not offered (%j) is refused uncounted",
    async (kind) => {
      const { app } = await scene.withApp()
      const token = await scene.challenge()
      expect(await refusal(scene.answer(token, kind, app.code()))).toMatchObject({ code: "kind_not_offered" })
      expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
    },
  )
})

describe("who is told", () => {
  test("the right password and a wrong code mail the owner once a challenge", async () => {
    await scene.withApp()
    const token = await scene.challenge()
    await refusal(scene.answer(token, "totp", "000000"))
    await refusal(scene.answer(token, "totp", "000000"))
    expect((await scene.notices()).filter((notice) => notice === "second_factor_failed")).toHaveLength(1)
    const mail = (await scene.mails()).at(-1)
    expect(mail?.facts).toMatchObject({ agent: source.agent, address: source.address, at: scene.clock.now() })
  })

  test("a wrong code is a wrong code: a drifting clock, a used code and a dead factor look alike at sign-in", async () => {
    const { app } = await scene.withApp()
    scene.clock.advance(300)
    await scene.answer(await scene.challenge(), "totp", app.code())
    for (const code of [app.code(120), app.code(), "000000"])
      expect(await refusal(scene.answer(await scene.challenge(), "totp", code))).toEqual({ code: "code_incorrect" })
  })

  test("a signed-in person is told by how much the phone's clock is off", async () => {
    const { app, on } = await scene.withApp()
    scene.clock.advance(400)
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(await refusal(scene.answer(token, "totp", app.code(-120)))).toEqual({
      code: "code_incorrect",
      clockOffSeconds: -120,
    })
    expect(await refusal(scene.answer(token, "totp", app.code(270)))).toEqual({
      code: "code_incorrect",
      clockOffSeconds: 270,
    })
    expect(await refusal(scene.answer(token, "totp", app.code(-330)))).toEqual({ code: "code_incorrect" })
  })

  test("a recovery code signs in, says how many are left, and its owner gets a mail", async () => {
    const { confirmed } = await scene.withApp()
    const done = await scene.answer(await scene.challenge(), "recovery-code", confirmed.recoveryCodes?.[3])
    expect(done).toMatchObject({ status: "complete", recoveryCodesLeft: 9, session: { aal: 2 } })
    expect((await scene.mails()).at(-1)?.facts).toMatchObject({ notice: "recovery_code_used", left: 9 })
  })
})

describe("what a refusal and a choice tell", () => {
  const wrong = (token: string, more: { factorId?: string; answer: string }) =>
    scene.engine.signIn.answer({ challenge: { token }, kind: "totp", ...more }, source)

  test("each wrong code says how many tries are left; what can't be a code takes none", async () => {
    await scene.withApp()
    const token = await scene.challenge()
    await expect(wrong(token, { answer: "12" })).rejects.toMatchObject({ code: "input_invalid" })
    for (const attemptsLeft of [4, 3, 2, 1, 0])
      await expect(wrong(token, { answer: "000000" })).rejects.toMatchObject({
        code: "code_incorrect",
        details: { attemptsLeft },
      })
    await expect(wrong(token, { answer: "000000" })).rejects.toMatchObject({ code: "challenge_spent", details: {} })
  })

  test("of several apps only the one that was named is tried, and one that is not listed takes no attempt", async () => {
    const { app, on } = await scene.withApp()
    const { app: tablet, confirmed } = await scene.enrol(on, "Tablet")
    const token = await scene.challenge()
    const factorId = confirmed.factor.id
    expect(await refusal(wrong(token, { factorId: "unknown", answer: app.code() }))).toEqual({ code: "not_found" })
    await expect(wrong(token, { factorId, answer: app.code() })).rejects.toMatchObject({
      code: "code_incorrect",
      details: { attemptsLeft: 4 },
    })
    expect(await wrong(token, { factorId, answer: tablet.code() })).toMatchObject({ status: "complete" })
  })
})
