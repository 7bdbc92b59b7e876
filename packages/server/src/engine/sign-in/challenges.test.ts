import { afterEach, beforeEach, describe, expect, test } from "vitest"
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
    // One in a million tries draws the same code again.
    const replaced = fresh === old ? "code_incorrect" : (await refusal(scene.answer(token, "email-code", old))).code
    expect(replaced).toBe("code_incorrect")
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
