import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSqlite } from "../../store/sqlite.ts"
import { engineForTests } from "../../testing/engine.ts"
import { sql } from "../../store/database.ts"
import type { SignIn } from "../engine.ts"
import { person, refusal } from "../users/people-for-tests.ts"
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

  test("of several different right answers to one challenge, at once, one gives a session", async () => {
    const { app, confirmed, on } = await scene.withApp()
    const { app: tablet } = await scene.enrol(on, "Tablet")
    const token = await scene.challenge()
    const before = await sessions()
    const { won, refused } = await race([
      scene.answer(token, "totp", app.code()),
      scene.answer(token, "totp", tablet.code()),
      ...(confirmed.recoveryCodes ?? []).slice(0, 3).map((code) => scene.answer(token, "recovery-code", code)),
    ])
    expect(won).toHaveLength(1)
    expect(new Set(refused)).toEqual(new Set(["challenge_spent"]))
    expect(await sessions()).toBe(before + 1)
    // What lost was not used up.
    expect((await scene.engine.recoveryCodes.status(on)).left).toBe(10)
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
      code.split("").join("\u2009"),
    ])
      expect(await refusal(scene.answer(await scene.challenge(), "totp", spelling))).toEqual({ code: "code_incorrect" })
  })

  test.each(["wide", "arabic", "spaced"])("and a %s one signs in", async (form) => {
    const { app } = await scene.withApp()
    const code = app.code()
    const written = { wide: 0xff10, arabic: 0x660, spaced: 0x30 }[form] ?? 0
    const typed = code
      .split("")
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
