import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { engineForTests } from "../../testing/engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { totpOf } from "../sign-in/totp-for-tests.ts"
import { person, refusal, service, source, storedUser, userKey } from "../users/people-for-tests.ts"

let scene: Scene
const begin = async (options: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(options)
}
beforeEach(() => begin())
afterEach(() => scene.close())

const use = async (code: unknown) => scene.answer(await scene.challenge(), "recovery-code", code)
const withCodes = async () => {
  const all = await scene.withApp()
  return { ...all, codes: [...(all.confirmed.recoveryCodes ?? [])] }
}

for (const hashing of ["hmac", "argon2id"] as const) {
  describe(`codes under ${hashing}`, () => {
    beforeEach(() => begin({ settings: { recoveryCodes: { hashing, length: hashing === "hmac" ? 10 : 16 } } }))

    test("each works once, in any order, and the rest go on working", async () => {
      const { codes } = await withCodes()
      for (const [index, code] of codes.toReversed().entries()) {
        expect(await use(code)).toMatchObject({ status: "complete", recoveryCodesLeft: 9 - index })
        const later = index < 9 ? "code_incorrect" : "kind_not_offered"
        expect(await refusal(use(code))).toEqual({ code: later })
      }
    })

    test("of a hundred uses of one at once one signs in", async () => {
      const { codes } = await withCodes()
      const tokens = await Promise.all(Array.from({ length: 100 }, () => scene.challenge()))
      const settled = await Promise.allSettled(tokens.map((token) => scene.answer(token, "recovery-code", codes[0])))
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
      expect(await use(codes[1])).toMatchObject({ recoveryCodesLeft: 8 })
    })

    test("no code stands in the database, in any form", async () => {
      const { codes } = await withCodes()
      const tables = [
        await scene.database.query(sql`select * from recovery_codes`),
        await scene.database.query(sql`select * from recovery_code_sets`),
      ]
      const stored = JSON.stringify(tables)
      for (const code of codes)
        for (const form of [
          code,
          code.toLowerCase(),
          Buffer.from(code).toString("hex"),
          Buffer.from(code).toString("base64"),
          Buffer.from(code).toString("base64url"),
        ])
          expect(stored).not.toContain(form)
    })
  })
}

describe("a recovery code", () => {
  test("is read in any case, with blanks and dashes, and is spent in every spelling", async () => {
    const { codes } = await withCodes()
    const [a = "", b = "", c = "", d = ""] = codes
    expect(await use(`${a.slice(0, 5)}-${a.slice(5)}`)).toMatchObject({ status: "complete" })
    expect(await use(` ${b.toLowerCase().slice(0, 5)} ${b.slice(5)}\n`)).toMatchObject({ status: "complete" })
    const wide = Array.from(c, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)).join("")
    expect(await use(wide)).toMatchObject({ status: "complete" })
    for (const spelling of [a, a.toLowerCase(), `${a.slice(0, 5)}–${a.slice(5)}`])
      expect(await refusal(use(spelling))).toEqual({ code: "code_incorrect" })
    expect(d).not.toBe("")
  })

  test.each([
    "",
    "-",
    "ABCDE",
    "ABCDEFGHJKL",
    "ABCDE_FGHJ",
    "ÄBCDEFGHJK",
    1234567890,
    null,
    undefined,
    [],
    {},
    "A".repeat(5000),
    "ABCDE\u0000FGHJ",
  ])("can't be %j, and that is not counted", async (junk) => {
    await withCodes()
    const token = await scene.challenge()
    expect(await refusal(scene.answer(token, "recovery-code", junk))).toEqual({
      code: "input_invalid",
      field: "answer",
    })
    expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
  })

  test("gives one sign-in: no factor is removed by it, and no device is remembered", async () => {
    const { app, codes } = await withCodes()
    const done = await scene.answer(await scene.challenge(), "recovery-code", codes[0], true)
    expect(done).not.toHaveProperty("deviceToken")
    expect(await scene.engine.factors.list(await scene.as(done.token))).toHaveLength(1)
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("of another user is a wrong one, and stays good for its own", async () => {
    await withCodes()
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = (await otto.withApp()).confirmed.recoveryCodes?.[0]
    expect(await refusal(use(theirs))).toEqual({ code: "code_incorrect" })
    expect(await otto.answer(await otto.challenge(), "recovery-code", theirs)).toMatchObject({ status: "complete" })
  })

  test("is not asked for where codes are not offered any more", async () => {
    const { codes } = await withCodes()
    const strict = sceneOf(
      await engineForTests({ database: scene.database, settings: { recoveryCodes: { offered: false } } }),
      scene.user,
    )
    strict.clock.set(scene.clock.now())
    const token = await strict.challenge()
    expect((await strict.engine.signIn.challenge(token)).kinds.map(({ kind }) => kind)).toEqual(["totp"])
    expect(await refusal(strict.answer(token, "recovery-code", codes[0]))).toEqual({ code: "kind_not_offered" })
  })
})

describe("making new ones", () => {
  test("ends all earlier ones, is told by mail, and raises the revision", async () => {
    const { on, codes } = await withCodes()
    const { revision } = await storedUser(scene.ctx, scene.user.id)
    const fresh = await scene.engine.recoveryCodes.replace(on)
    expect(fresh.codes).toHaveLength(10)
    expect((await scene.notices()).at(-1)).toBe("recovery_codes_replaced")
    expect(JSON.stringify((await scene.mails()).at(-1))).not.toMatch(new RegExp(fresh.codes.join("|")))
    expect((await storedUser(scene.ctx, scene.user.id)).revision).toBe(revision + 1)
    expect(await refusal(use(codes[0]))).toEqual({ code: "code_incorrect" })
    expect(await use(fresh.codes[0])).toMatchObject({ recoveryCodesLeft: 9 })
  })

  test("at once by twenty requests leaves one whole set, that of the last answer that was given", async () => {
    const { on } = await withCodes()
    const settled = await Promise.allSettled(Array.from({ length: 20 }, () => scene.engine.recoveryCodes.replace(on)))
    const sets = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.codes] : []))
    const lost = settled.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : []))
    expect(new Set([...lost, "conflict"])).toEqual(new Set(["conflict"]))
    expect(await scene.engine.recoveryCodes.status(on)).toMatchObject({ total: 10, left: 10 })
    let good = 0
    for (const set of sets) {
      const token = await scene.challenge()
      const outcome = await scene.answer(token, "recovery-code", set[0]).then(
        () => 1,
        () => 0,
      )
      good += outcome
      scene.clock.advance(3600)
    }
    expect(good).toBe(1)
  })

  test("before there is a factor is refused, but at a door that always did", async () => {
    const on = await scene.as((await scene.signIn()).token)
    expect(await refusal(scene.engine.recoveryCodes.replace(on))).toEqual({ code: "enrolment_required" })
    expect(await refusal(scene.engine.recoveryCodes.replace({ actor: userKey(scene.user), source }))).toEqual({
      code: "enrolment_required",
    })
    const from = { ...source, door: "identity" }
    const identity = await scene.as((await scene.signIn({}, from)).token, from)
    expect((await scene.engine.recoveryCodes.replace(identity)).codes).toHaveLength(10)
    // They open nothing as long as no factor is on.
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })

  test("where none are offered is refused", async () => {
    await begin({ settings: { recoveryCodes: { offered: false } } })
    const { on } = await scene.withApp()
    expect(await refusal(scene.engine.recoveryCodes.replace(on))).toEqual({ code: "kind_not_offered" })
  })

  test.each([4, 21, 0, -1, 5.5, Number.NaN, "10" as unknown as number])("%d of them are refused", async (count) => {
    const { on } = await withCodes()
    expect(await refusal(scene.engine.recoveryCodes.replace(on, { count }))).toEqual({
      code: "input_invalid",
      field: "count",
    })
  })

  test("as many as a door's wire promises", async () => {
    const { on } = await withCodes()
    expect((await scene.engine.recoveryCodes.replace(on, { count: 5 })).codes).toHaveLength(5)
    expect(await scene.engine.recoveryCodes.status(on)).toMatchObject({ total: 5, left: 5 })
  })

  test("a service does it for a user", async () => {
    const { codes: old } = await withCodes()
    const on = { actor: service("factors:write", "factors:read"), source, userId: scene.user.id }
    const { codes } = await scene.engine.recoveryCodes.replace(on)
    expect(await scene.engine.recoveryCodes.status(on)).toMatchObject({ left: 10 })
    expect(codes).not.toEqual(old)
  })
})

describe("the copy", () => {
  test("is shown to the session that made the codes, until they are acknowledged", async () => {
    const { on, codes } = await withCodes()
    const { recoveryCodes } = scene.engine
    expect(await recoveryCodes.status(on)).toMatchObject({
      acknowledged: false,
      left: 10,
      used: codes.map(() => false),
      createdAt: scene.clock.now() - 30_000,
    })
    expect(await recoveryCodes.reveal(on)).toEqual({ codes: codes.map((code) => ({ code, used: false })) })
    await use(codes[2])
    expect((await recoveryCodes.reveal(on))?.codes[2]).toEqual({ code: codes[2], used: true })
    await recoveryCodes.acknowledge(on)
    expect(await recoveryCodes.reveal(on)).toBeUndefined()
    expect(await recoveryCodes.status(on)).toMatchObject({ acknowledged: true, left: 9 })
    await recoveryCodes.acknowledge(on)
    const [set] = await scene.database.query(sql`select copy, holder from recovery_code_sets`)
    expect(set).toEqual({ copy: null, holder: null })
    expect(await use(codes[0])).toMatchObject({ status: "complete" })
  })

  test("is shown to no other session, key, service or user", async () => {
    const { app } = await withCodes()
    const other = await scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)
    const actors = [
      other,
      { actor: userKey(scene.user), source },
      { actor: service("factors:write", "factors:read"), source, userId: scene.user.id },
      scene.asOperator,
    ]
    for (const on of actors) expect(await scene.engine.recoveryCodes.reveal(on)).toBeUndefined()
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const stranger = await otto.as((await otto.signIn()).token)
    expect(await refusal(scene.engine.recoveryCodes.reveal({ ...stranger, userId: scene.user.id }))).toEqual({
      code: "not_found",
    })
  })

  test("is gone after a day", async () => {
    const { on } = await withCodes()
    scene.clock.advance(86_400 - 31)
    expect(await scene.engine.recoveryCodes.reveal(scene.proved(on))).toBeDefined()
    scene.clock.advance(1)
    expect(await scene.engine.recoveryCodes.reveal(scene.proved(on))).toBeUndefined()
  })

  test("is shown to a fresh proof alone: whoever took the session later could step up with a code", async () => {
    const { on } = await withCodes()
    scene.clock.advance(600)
    const demand = { code: "session_reverification_required", level: "second_factor", maxAgeSeconds: 600 }
    expect(await refusal(scene.engine.recoveryCodes.reveal(on))).toEqual(demand)
    expect(await scene.engine.recoveryCodes.reveal(scene.proved(on))).toBeDefined()
    // Who may not see them at all is not sent to prove anything.
    expect(await scene.engine.recoveryCodes.reveal(scene.asOperator)).toBeUndefined()
  })

  test("of codes from a demanded enrolment belongs to the session that came of it", async () => {
    await begin({ settings: { secondFactor: { rule: "required" } } })
    const enrolling = { challenge: { token: (await scene.signIn()).token }, source }
    const begun = await scene.engine.factors.begin(enrolling, { kind: "totp" })
    const { signIn, recoveryCodes } = await scene.engine.factors.confirm(enrolling, {
      kind: "totp",
      answer: totpOf(begun, scene.clock),
    })
    const copy = await scene.engine.recoveryCodes.reveal(await scene.as(signIn?.token ?? ""))
    expect(copy?.codes.map(({ code }) => code)).toEqual(recoveryCodes)
  })
})
