import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Context } from "../context.ts"
import type { FactorKind } from "../factors/factor.ts"
import { password, person, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, sceneOf, type Scene } from "./scene-for-tests.ts"

let scene: Scene
const begin = async (options: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(options)
}
beforeEach(() => begin())
afterEach(() => scene.close())

/** A wrong answer at a new challenge. */
const guess = async (kind = "totp", answer = kind === "recovery-code" ? "2222222222" : "000000") => {
  const token = await scene.challenge()
  if (kind === "email-code") await scene.engine.signIn.start({ token }, kind, source)
  return refusal(scene.answer(token, kind, answer))
}

const withMail = async () => {
  const all = await scene.withApp()
  await scene.engine.factors.begin(all.on, { kind: "email-code" })
  await scene.engine.factors.confirm(all.on, { kind: "email-code", answer: await scene.mailedCode() })
  return all
}

describe("guessing codes", () => {
  for (const kind of ["totp", "recovery-code", "email-code"]) {
    test(`of ${kind}: five failures over any number of challenges begin a wait, and the right code is refused in it`, async () => {
      const { app, confirmed } = await withMail()
      for (let failures = 0; failures < 5; failures++) expect(await guess(kind)).toEqual({ code: "code_incorrect" })
      const token = await scene.challenge()
      const right = { totp: app.code(), "recovery-code": confirmed.recoveryCodes?.[0], "email-code": "" }[kind]
      if (kind === "email-code") await scene.engine.signIn.start({ token }, kind, source)
      const answer = kind === "email-code" ? await scene.mailedCode() : right
      expect(await refusal(scene.answer(token, kind, answer))).toEqual({ code: "too_many_attempts", retryAfter: 60 })
      // Refused in the wait, it took no attempt and was not used up.
      expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
      scene.clock.advance(60)
      const later = kind === "totp" ? app.code() : answer
      expect(await scene.answer(token, kind, later)).toMatchObject({ status: "complete" })
    })
  }

  test("kinds of typed codes share the wait: mixing them gains nothing", async () => {
    const { app } = await withMail()
    for (const kind of ["totp", "recovery-code", "email-code", "totp", "recovery-code"])
      expect(await guess(kind)).toEqual({ code: "code_incorrect" })
    expect(await refusal(scene.answer(await scene.challenge(), "totp", app.code()))).toMatchObject({
      code: "too_many_attempts",
    })
  })

  test("waits double up to an hour, and a success begins anew", async () => {
    const { app } = await scene.withApp()
    const waits: (number | undefined)[] = []
    for (let round = 0; round < 8; round++) {
      for (let failures = 0; failures < 5; failures++) await guess()
      const { retryAfter } = await guess()
      waits.push(retryAfter)
      scene.clock.advance(retryAfter ?? 0)
    }
    expect(waits).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600])
    await scene.answer(await scene.challenge(), "totp", app.code())
    for (let failures = 0; failures < 5; failures++) await guess()
    expect(await guess()).toMatchObject({ retryAfter: 60 })
  })

  test("the right password in between does not clear the failures of the second step", async () => {
    await scene.withApp()
    for (let failures = 0; failures < 5; failures++) {
      await guess()
      await scene.challenge()
    }
    expect(await guess()).toMatchObject({ code: "too_many_attempts" })
  })

  test("somebody else's success does not clear them", async () => {
    await scene.withApp()
    const other = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await other.withApp()
    for (let failures = 0; failures < 4; failures++) await guess()
    await other.answer(await other.challenge(), "totp", theirs.app.code())
    await guess()
    expect(await guess()).toMatchObject({ code: "too_many_attempts" })
  })

  test("a hundred wrong codes at once: all are counted, and none after the fifth could have passed", async () => {
    const { app } = await scene.withApp()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => scene.challenge()))
    const answers = await Promise.allSettled(
      tokens.map((token, index) => scene.answer(token, "totp", index === 60 ? app.code() : "000000")),
    )
    expect(answers.every(({ status }) => status === "rejected")).toBe(true)
    expect(await guess()).toMatchObject({ code: "too_many_attempts" })
  })

  test("its owner is told once a wait", async () => {
    await scene.withApp()
    for (let failures = 0; failures < 5; failures++) await guess()
    for (let refused = 0; refused < 5; refused++) await guess()
    const mails = (await scene.mails()).filter(({ facts }) => facts["notice"] === "factor_locked")
    expect(mails.map(({ facts }) => facts)).toMatchObject([
      { kind: "totp", dead: 0, until: scene.clock.now() + 60_000 },
    ])
  })

  test("a step-up counts in the same place", async () => {
    const { app, on } = await scene.withApp()
    for (let failures = 0; failures < 5; failures++) {
      const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
      await refusal(scene.answer(token, "totp", "000000"))
    }
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(await refusal(scene.answer(token, "totp", app.code()))).toMatchObject({ code: "too_many_attempts" })
    expect(await guess()).toMatchObject({ code: "too_many_attempts" })
  })

  test("so does a proof for an MFA token", async () => {
    const { app, on } = await scene.withApp()
    const mint = (answer: string) => refusal(scene.engine.mfaTokens.mint(on, { proof: { kind: "totp", answer } }))
    for (let failures = 0; failures < 5; failures++)
      expect(await mint("000000")).toMatchObject({ code: "code_incorrect" })
    expect(await mint(app.code())).toMatchObject({ code: "too_many_attempts" })
  })

  test("a wrong password in a step-up is limited as well, apart from the sign-in form", async () => {
    const { on } = await scene.withApp()
    for (let failures = 0; failures < 4; failures++) {
      const { token } = await scene.engine.stepUp.open(on, { level: "multi_factor" })
      expect(await refusal(scene.answer(token, "password", "wrong"))).toEqual({ code: "credentials_incorrect" })
    }
    const { token } = await scene.engine.stepUp.open(on, { level: "multi_factor" })
    expect(await refusal(scene.answer(token, "password", "wrong"))).toMatchObject({ code: "too_many_attempts" })
    expect(await refusal(scene.answer(token, "password", password))).toMatchObject({ code: "too_many_attempts" })
    expect(await scene.challenge()).toMatch(/^csc_/)
  })
})

describe("a hundred failures without a success", () => {
  const exhaust = async (kind = "totp") => {
    for (let failures = 0; failures < 100;) {
      const { code, retryAfter } = await guess(kind)
      if (code === "too_many_attempts") scene.clock.advance(retryAfter ?? 0)
      else failures++
    }
    const { retryAfter } = await guess(kind)
    scene.clock.advance(retryAfter ?? 0)
  }

  test("end the app for good, other kinds stay, and binding anew brings it back", async () => {
    const { confirmed } = await scene.withApp()
    await exhaust()
    const mail = (await scene.mails()).filter(({ facts }) => facts["dead"] === 1)
    expect(mail).toHaveLength(1)
    const signed = await scene.answer(await scene.challenge(), "recovery-code", confirmed.recoveryCodes?.[0])
    const on = await scene.as(signed.token)
    // A proven session is told why; a sign-in only that the code was wrong.
    const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
    expect(await refusal(scene.answer(token, "totp", "111111"))).toEqual({ code: "factor_dead" })
    await scene.engine.factors.remove(on, { factorId: confirmed.factor.id })
    const again = await scene.as((await scene.signIn()).token)
    const { app } = await scene.enrol(again)
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("the right code is refused then, like a wrong one", async () => {
    const { app } = await scene.withApp()
    await exhaust()
    scene.clock.advance(86_400)
    expect(await refusal(scene.answer(await scene.challenge(), "totp", app.code()))).toEqual({ code: "code_incorrect" })
  })

  test("new recovery codes begin without the failures of the old", async () => {
    const { app } = await scene.withApp()
    await exhaust("recovery-code")
    const on = await scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)
    const { codes } = await scene.engine.recoveryCodes.replace(on)
    expect(await scene.answer(await scene.challenge(), "recovery-code", codes[0])).toMatchObject({ status: "complete" })
  })

  test("ninety-nine do not", async () => {
    const { app } = await scene.withApp()
    for (let failures = 0; failures < 99;) {
      const { code, retryAfter } = await guess()
      if (code === "too_many_attempts") scene.clock.advance(retryAfter ?? 0)
      else failures++
    }
    scene.clock.advance(3600)
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("found by address alone, strangers' failures cost waits but never the factor", async () => {
    const { app } = await scene.withApp()
    for (let failures = 0; failures < 130;) {
      await scene.challenge()
      const found = await scene.engine.signIn.openChallengeOf(scene.user.email ?? "", "native")
      if (!found) throw new Error("none open")
      const { code, retryAfter } = await refusal(
        scene.engine.signIn.answer({ challenge: found, kind: "totp", answer: "000000" }, source),
      )
      if (code === "too_many_attempts") scene.clock.advance(retryAfter ?? 0)
      else failures++
    }
    scene.clock.advance(3600)
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })
})

describe("one count for password and app, where an installation wants that", () => {
  const wrongPassword = () => refusal(scene.signIn({ password: "wrong" }))
  beforeEach(() => begin({ settings: { lockout: { sharedWithFactors: true, grows: false } } }))

  test("failures of both add up, and the one that reaches the limit says so", async () => {
    const { app } = await scene.withApp()
    await wrongPassword()
    await wrongPassword()
    expect(await guess()).toEqual({ code: "code_incorrect" })
    expect(await guess()).toEqual({ code: "code_incorrect" })
    expect(await guess()).toEqual({ code: "too_many_attempts", retryAfter: 300 })
    expect(await refusal(scene.signIn())).toMatchObject({ code: "too_many_attempts" })
    scene.clock.advance(300)
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("the right password alone keeps the count, a whole sign-in clears it", async () => {
    const { app } = await scene.withApp()
    for (let failures = 0; failures < 4; failures++) await wrongPassword()
    await scene.answer(await scene.challenge(), "totp", app.code())
    for (let failures = 0; failures < 4; failures++)
      expect(await wrongPassword()).toEqual({ code: "credentials_incorrect" })
    expect(await wrongPassword()).toMatchObject({ code: "too_many_attempts", retryAfter: 300 })
  })

  test("a lock that begins between the steps holds at the second", async () => {
    const { app } = await scene.withApp()
    const token = await scene.challenge()
    for (let failures = 0; failures < 5; failures++) await wrongPassword()
    expect(await refusal(scene.answer(token, "totp", app.code()))).toMatchObject({ code: "too_many_attempts" })
  })
})

describe("kinds of another class", () => {
  test("do not share the wait of typed codes", async () => {
    const other: FactorKind<string> = {
      name: "stub",
      role: "factor",
      failureClass: "passkey",
      read: String,
      begin: async () => ({ record: { data: {} }, show: {} }),
      prove: async (_factor, _held, answer) =>
        answer === "yes" ? { proof: { methods: ["hwk"], spend: [] } } : { wrong: "no_match" },
      describe: ({ id, kind, name, state, createdAt, confirmedAt, lastUsedAt }) => ({
        id,
        kind,
        name,
        state,
        createdAt,
        confirmedAt,
        lastUsedAt,
      }),
    }
    await begin({ kinds: [other], settings: { factors: ["stub", "totp"] } satisfies Partial<Context["settings"]> })
    const { on } = await scene.withApp()
    await scene.engine.factors.begin(on, { kind: "stub" })
    await scene.engine.factors.confirm(on, { kind: "stub", answer: "yes" })
    for (let failures = 0; failures < 6; failures++) await guess()
    expect(await scene.answer(await scene.challenge(), "stub", "yes")).toMatchObject({ status: "complete" })
  })
})
