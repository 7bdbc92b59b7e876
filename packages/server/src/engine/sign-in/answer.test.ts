import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSqlite } from "../../store/sqlite.ts"
import { engineForTests } from "../../testing/engine.ts"
import { sql } from "../../store/database.ts"
import type { SignIn } from "../engine.ts"
import { password, person, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, sceneOf, type Scene } from "./scene-for-tests.ts"

let scene: Scene
beforeEach(async () => {
  scene = await sceneForTests()
})
afterEach(() => scene.close())

/** How many of these calls came through, and with what the others were refused. */
async function race(calls: readonly Promise<SignIn>[]): Promise<{ won: SignIn[]; refused: string[] }> {
  const settled = await Promise.allSettled(calls)
  return {
    won: settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    refused: settled.flatMap((one) =>
      one.status === "rejected" ? [String((one.reason as { code?: string }).code ?? one.reason)] : [],
    ),
  }
}

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

describe("a code is accepted once", () => {
  test("a code that signed one browser in does not sign in a second", async () => {
    const { app } = await scene.withApp()
    const [first, second] = [await scene.challenge(), await scene.challenge()]
    await scene.answer(first, "totp", app.code())
    expect(await refusal(scene.answer(second, "totp", app.code()))).toEqual({ code: "code_incorrect" })
  })

  test("the code that confirmed the app does not sign in", async () => {
    const { app, on } = await scene.withApp()
    expect(on.actor.session.aal).toBe(2)
    expect(await refusal(scene.answer(await scene.challenge(), "totp", app.code(-30)))).toEqual({
      code: "code_incorrect",
    })
  })

  for (const accepted of [-1, 0, 1]) {
    for (const replayed of [-1, 0, 1].filter((step) => step <= accepted)) {
      test(`after the code of step ${accepted} was taken, that of step ${replayed} is not, now or a step later`, async () => {
        const { app } = await scene.withApp()
        scene.clock.advance(120)
        const codes = new Map([-1, 0, 1].map((step) => [step, app.code(step * 30)]))
        await scene.answer(await scene.challenge(), "totp", codes.get(accepted))
        expect(await refusal(scene.answer(await scene.challenge(), "totp", codes.get(replayed)))).toEqual({
          code: "code_incorrect",
        })
        scene.clock.advance(31)
        expect(await refusal(scene.answer(await scene.challenge(), "totp", codes.get(accepted)))).toEqual({
          code: "code_incorrect",
        })
      })
    }
  }

  test("the next step's code passes", async () => {
    const { app } = await scene.withApp()
    await scene.answer(await scene.challenge(), "totp", app.code())
    scene.nextStep()
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("of a hundred browsers with one code, each at a challenge of its own, one is signed in", async () => {
    const { app } = await scene.withApp()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => scene.challenge()))
    const before = await sessions()
    const { won, refused } = await race(tokens.map((token) => scene.answer(token, "totp", app.code())))
    expect(won).toHaveLength(1)
    expect(new Set(refused)).toEqual(new Set(["code_incorrect"]))
    expect(await sessions()).toBe(before + 1)
    scene.nextStep()
    // The losers' codes were right: they lock nobody out.
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("of a hundred answers to one challenge one is taken", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    const before = await sessions()
    const { won } = await race(Array.from({ length: 100 }, () => scene.answer(token, "totp", app.code())))
    expect(won).toHaveLength(1)
    expect(await sessions()).toBe(before + 1)
    expect(await refusal(scene.engine.signIn.challenge(token))).toEqual({ code: "challenge_spent" })
  })

  test("a settled challenge answers no further code, not even a fresh one", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    await scene.answer(token, "totp", app.code())
    scene.nextStep()
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "challenge_spent" })
  })

  test("however it is written, it is the same code", async () => {
    const { app } = await scene.withApp()
    const code = app.code()
    const [a, b] = [code.slice(0, 3), code.slice(3)]
    const wide = code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
    const arabic = code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)))
    await scene.answer(await scene.challenge(), "totp", `${a} ${b}`)
    for (const spelling of [
      code,
      ` ${code}`,
      `${a}-${b}`,
      `${a}\u00a0${b}`,
      `${code}\n`,
      wide,
      arabic,
      [...code].join("\u2009"),
    ])
      expect(await refusal(scene.answer(await scene.challenge(), "totp", spelling))).toEqual({ code: "code_incorrect" })
  })

  test.each(["wide", "arabic", "spaced"])("and a %s one signs in", async (form) => {
    const { app } = await scene.withApp()
    const code = app.code()
    const written = { wide: 0xff10, arabic: 0x660, spaced: 0x30 }[form] ?? 0
    const typed = [...code]
      .map((digit) => String.fromCodePoint(written + Number(digit)))
      .join(form === "spaced" ? " " : "")
    expect(await scene.answer(await scene.challenge(), "totp", typed)).toMatchObject({ status: "complete" })
  })

  test("what was spent stays spent after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "countersign-"))
    const path = join(folder, "test.db")
    try {
      let tests = await engineForTests({ database: openSqlite(path) })
      const user = await person(tests.ctx)
      let after = sceneOf(tests, user)
      const { app, confirmed } = await after.withApp()
      const waiting = await after.challenge()
      await after.answer(await after.challenge(), "totp", app.code())
      const recovery = confirmed.recoveryCodes?.[0]
      await after.answer(await after.challenge(), "recovery-code", recovery)
      const now = tests.clock.now()
      const code = app.code()
      await tests.close()

      tests = await engineForTests({ database: openSqlite(path) })
      tests.clock.set(now)
      after = sceneOf(tests, user)
      expect(await refusal(after.answer(waiting, "totp", code))).toEqual({ code: "code_incorrect" })
      expect(await refusal(after.answer(waiting, "recovery-code", recovery))).toEqual({ code: "code_incorrect" })
      expect(await after.answer(waiting, "recovery-code", confirmed.recoveryCodes?.[1])).toMatchObject({
        status: "complete",
      })
      await tests.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test("a code spent for a step-up is spent for sign-in, and the other way round", async () => {
    const { app, on } = await scene.withApp()
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    const again = await scene.answer(token, "totp", app.code())
    expect(await refusal(scene.answer(await scene.challenge(), "totp", app.code()))).toEqual({ code: "code_incorrect" })
    const now = await scene.as(again.token)
    expect(await refusal(scene.engine.mfaTokens.mint(now, { proof: { kind: "totp", answer: app.code() } }))).toEqual({
      code: "code_already_used",
    })
    scene.nextStep()
    await scene.answer(await scene.challenge(), "totp", app.code())
    const { token: next } = await scene.engine.stepUp.open(now, { level: "second_factor" })
    // A proven session is told which it was.
    expect(await refusal(scene.answer(next, "totp", app.code()))).toEqual({ code: "code_already_used" })
  })

  test("one code, sent to sign-in, step-up, a token and a confirmation at once, is taken once", async () => {
    const { app, on } = await scene.withApp()
    const { token: stepUp } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    const challenge = await scene.challenge()
    const settled = await Promise.allSettled([
      scene.answer(challenge, "totp", app.code()),
      scene.answer(stepUp, "totp", app.code()),
      scene.engine.mfaTokens.mint(on, { proof: { kind: "totp", answer: app.code() } }),
      scene.engine.mfaTokens.mint(on, { proof: { kind: "totp", answer: app.code() } }),
    ])
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  })

  test("with several apps each one's code passes once, and one attempt is counted", async () => {
    const { app, on } = await scene.withApp()
    const { app: second } = await scene.enrol(on, "Tablet")
    const [a, b] = [await scene.challenge(), await scene.challenge()]
    await scene.answer(a, "totp", second.code())
    expect(await refusal(scene.answer(b, "totp", second.code()))).toEqual({ code: "code_incorrect" })
    expect((await scene.engine.signIn.challenge(b)).attemptsLeft).toBe(4)
    expect(await scene.answer(b, "totp", app.code())).toMatchObject({ status: "complete" })
  })
})

describe("the life of a challenge", () => {
  test("a right code a second after its end is refused", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    scene.clock.advance(599)
    expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
    scene.clock.advance(1)
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "challenge_spent" })
    expect(await refusal(scene.engine.signIn.challenge(token))).toEqual({ code: "challenge_spent" })
  })

  test("five wrong answers end it: the right code is refused then", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    for (let left = 4; left >= 1; left--) {
      expect(await refusal(scene.answer(token, "totp", "000000"))).toEqual({ code: "code_incorrect" })
      expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(left)
    }
    expect(await refusal(scene.answer(token, "totp", "000000"))).toEqual({ code: "code_incorrect" })
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "challenge_spent" })
  })

  test.each([
    "",
    "  ",
    "12345",
    "1234567",
    "12345a",
    null,
    undefined,
    123456,
    true,
    [],
    ["123456"],
    {},
    "1".repeat(9999),
    "\u0000",
  ])("what can't be a code (%j) takes no attempt", async (junk) => {
    await scene.withApp()
    const token = await scene.challenge()
    expect(await refusal(scene.answer(token, "totp", junk))).toEqual({ code: "input_invalid", field: "answer" })
    expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
  })

  test("it ends with a change of the password, of a factor, and with the account", async () => {
    const { app, on } = await scene.withApp()
    const first = await scene.challenge()
    const changed = await scene.engine.users.changePassword(on, { current: password, password: "another-Long-one-9" })
    expect(await refusal(scene.answer(first, "totp", app.code()))).toEqual({ code: "challenge_spent" })

    const now = changed.token === undefined ? on : await scene.as(changed.token)
    const second = await scene.engine.signIn.withPassword(
      { email: scene.user.email ?? "", password: "another-Long-one-9" },
      source,
    )
    await scene.enrol(now, "Tablet")
    expect(await refusal(scene.answer(second.token, "totp", app.code()))).toEqual({ code: "challenge_spent" })

    const third = await scene.engine.signIn.withPassword(
      { email: scene.user.email ?? "", password: "another-Long-one-9" },
      source,
    )
    await scene.engine.users.setDisabled(scene.asOperator, true)
    expect(await refusal(scene.answer(third.token, "totp", app.code()))).toEqual({ code: "challenge_spent" })
  })

  test("put away, it is gone", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    await scene.engine.signIn.abandon({ token })
    expect(await refusal(scene.answer(token, "totp", app.code()))).toEqual({ code: "challenge_spent" })
  })

  test("one user's challenge takes no other user's code, and leaves that code unspent", async () => {
    const mine = await scene.withApp()
    const other = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await other.withApp()
    expect(await refusal(scene.answer(await scene.challenge(), "totp", theirs.app.code()))).toEqual({
      code: "code_incorrect",
    })
    const code = theirs.confirmed.recoveryCodes?.[0]
    expect(await refusal(scene.answer(await scene.challenge(), "recovery-code", code))).toEqual({
      code: "code_incorrect",
    })
    expect(await other.answer(await other.challenge(), "recovery-code", code)).toMatchObject({ status: "complete" })
    expect(mine.app.secret).not.toBe(theirs.app.secret)
  })

  test("where a wire has no challenge id, the newest open one of the user at that door is found", async () => {
    const { app } = await scene.withApp()
    const { email } = scene.user
    expect(await scene.engine.signIn.openChallengeOf(email ?? "", "accounts")).toBeUndefined()
    await scene.challenge({ ...source, door: "native" })
    expect(await scene.engine.signIn.openChallengeOf(email ?? "", "accounts")).toBeUndefined()
    await scene.challenge({ ...source, door: "accounts" })
    scene.clock.advance(1)
    await scene.challenge({ ...source, door: "accounts" })
    const found = await scene.engine.signIn.openChallengeOf(` ${email?.toUpperCase()}`, "accounts")
    if (!found) throw new Error("none found")
    expect(
      await scene.engine.signIn.answer({ challenge: found, kind: "totp", answer: app.code() }, source),
    ).toMatchObject({ status: "complete" })
    expect(await scene.engine.signIn.openChallengeOf("nobody@parcelforge.example", "accounts")).toBeUndefined()
    expect(await scene.engine.signIn.openChallengeOf("\u0000", "accounts")).toBeUndefined()
  })
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

describe("a code by mail", () => {
  const enrolMail = async () => {
    const first = await scene.signIn()
    const on = await scene.as(first.token)
    await scene.engine.factors.begin(on, { kind: "email-code" })
    const confirmed = await scene.engine.factors.confirm(on, { kind: "email-code", answer: await scene.mailedCode() })
    return { on: await scene.as(confirmed.token ?? ""), confirmed }
  }
  const start = (token: string) => scene.engine.signIn.start({ token }, "email-code", source)

  test("is sent when it is asked for, and signs in once", async () => {
    await enrolMail()
    const token = await scene.challenge()
    expect((await scene.engine.signIn.challenge(token)).kinds[0]).not.toHaveProperty("sentAt")
    expect(await start(token)).toEqual({ hint: "e•••@parcelforge.example", resendAfter: 30 })
    expect((await scene.engine.signIn.challenge(token)).kinds[0]).toMatchObject({ sentAt: scene.clock.now() })
    const code = await scene.mailedCode()
    expect(code).toMatch(/^\d{6}$/)
    const other = await scene.challenge()
    expect(await scene.answer(token, "email-code", code)).toMatchObject({
      session: { methods: [{ method: "pwd" }, { method: "mail" }] },
    })
    expect(await refusal(scene.answer(other, "email-code", code))).toEqual({ code: "code_incorrect" })
  })

  test("belongs to the challenge that sent it", async () => {
    await enrolMail()
    const [a, b] = [await scene.challenge(), await scene.challenge()]
    await start(a)
    const code = await scene.mailedCode()
    await start(b)
    expect(await refusal(scene.answer(b, "email-code", code))).toEqual({ code: "code_incorrect" })
    expect(await scene.answer(a, "email-code", code)).toMatchObject({ status: "complete" })
  })

  test("the newest replaces the one before, and failures stay", async () => {
    await enrolMail()
    const token = await scene.challenge()
    await start(token)
    const old = await scene.mailedCode()
    await refusal(scene.answer(token, "email-code", old === "000000" ? "000001" : "000000"))
    await start(token)
    const fresh = await scene.mailedCode()
    if (fresh !== old) expect(await refusal(scene.answer(token, "email-code", old))).toEqual({ code: "code_incorrect" })
    expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(fresh === old ? 4 : 3)
    expect(await scene.answer(token, "email-code", fresh)).toMatchObject({ status: "complete" })
  })

  test("lives no longer than ten minutes, and no longer than its challenge", async () => {
    await scene.close()
    scene = await sceneForTests({ settings: { challenge: { seconds: 3600, attempts: 5 } } })
    await enrolMail()
    const token = await scene.challenge()
    await start(token)
    const code = await scene.mailedCode()
    scene.clock.advance(600)
    expect(await refusal(scene.answer(token, "email-code", code))).toEqual({ code: "code_incorrect" })
    await start(token)
    scene.clock.advance(599)
    expect(await scene.answer(token, "email-code", await scene.mailedCode())).toMatchObject({ status: "complete" })
  })

  test("of a hundred answers with it one is taken", async () => {
    await enrolMail()
    const token = await scene.challenge()
    await start(token)
    const code = await scene.mailedCode()
    const { won } = await race(Array.from({ length: 100 }, () => scene.answer(token, "email-code", code)))
    expect(won).toHaveLength(1)
  })

  test("is not sent without end: neither for one challenge nor over all of them", async () => {
    await enrolMail()
    const token = await scene.challenge()
    for (let sends = 0; sends < 6; sends++) await start(token)
    expect(await refusal(start(token))).toMatchObject({ code: "too_many_attempts" })
    let sent = 7
    for (; sent < 40; sent++)
      if (
        await refusal(start(await scene.challenge())).then(
          () => true,
          () => false,
        )
      )
        break
    expect(sent).toBe(30)
  })

  test("the database holds no code and no address in the clear beside the user's own", async () => {
    await enrolMail()
    const token = await scene.challenge()
    await start(token)
    const code = await scene.mailedCode()
    const held = await scene.database.query(sql`select * from held`)
    expect(JSON.stringify(held)).not.toContain(code)
  })
})
