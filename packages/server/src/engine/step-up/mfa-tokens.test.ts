import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import type { ScannedAccount } from "../../testing/authenticator.ts"
import type { On } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { password, person, refusal, service, source, userKey } from "../users/people-for-tests.ts"

let scene: Scene
let app: ScannedAccount
let on: Awaited<ReturnType<Scene["as"]>>
const actions = {
  transfer: { level: "second_factor", seconds: 30, singleUse: true },
  export: { level: "multi_factor", seconds: 900, singleUse: false },
  rename: { level: "first_factor", seconds: 60, singleUse: true },
} as const
beforeEach(async () => {
  scene = await sceneForTests({ settings: { actions } })
  ;({ app, on } = await scene.withApp())
})
afterEach(() => scene.close())

const server = (): On => ({ actor: service("mfa-tokens:spend"), source })
const mint = (input: Parameters<Scene["engine"]["mfaTokens"]["mint"]>[1] = {}, by: On = on) =>
  scene.engine.mfaTokens.mint(by, input)
const spend = (token: string, more: { action?: string; userId?: string } = {}, by: On = server()) =>
  scene.engine.mfaTokens.spend(by, { token, ...more })
const invalid = { code: "mfa_token_invalid" }

describe("a token for one action", () => {
  test("says who proved what, when and in which session, and is spent once", async () => {
    const { token, ...about } = await mint({ action: "transfer" })
    expect(token).toMatch(/^csm_/)
    expect(about).toEqual({ expiresAt: scene.clock.now() + 30_000, singleUse: true, action: "transfer" })
    expect(await spend(token, { action: "transfer", userId: scene.user.id })).toEqual({
      userId: scene.user.id,
      sessionId: on.actor.session.id,
      action: "transfer",
      methods: ["pwd", "otp"],
      mintedAt: scene.clock.now(),
    })
    expect(await refusal(spend(token, { action: "transfer" }))).toEqual(invalid)
  })

  test("of fifty who spend it at once one does", async () => {
    const { token } = await mint({ action: "transfer" })
    const settled = await Promise.allSettled(Array.from({ length: 50 }, () => spend(token, { action: "transfer" })))
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  })

  test("is none for another action, for none, or for another user; asking wrongly does not spend it", async () => {
    const { token } = await mint({ action: "transfer" })
    expect(await refusal(spend(token, { action: "export" }))).toEqual(invalid)
    expect(await refusal(spend(token))).toEqual(invalid)
    expect(await refusal(spend(token, { action: "transfer", userId: "another" }))).toEqual(invalid)
    expect(await spend(token, { action: "transfer" })).toMatchObject({ action: "transfer" })
  })

  test("without an action is none for any", async () => {
    const { token } = await mint()
    expect(await refusal(spend(token, { action: "transfer" }))).toEqual(invalid)
    expect(await spend(token)).toMatchObject({ action: null })
  })

  test("lives as long as the installation says", async () => {
    const { token } = await mint({ action: "transfer" })
    const usual = await mint()
    expect(usual.expiresAt).toBe(scene.clock.now() + 300_000)
    scene.clock.advance(30)
    expect(await refusal(spend(token, { action: "transfer" }))).toEqual(invalid)
    scene.clock.advance(270)
    expect(await refusal(spend(usual.token))).toEqual(invalid)
  })

  test.each(["blog:publish", "", " ", "a b", "\u0000", "ä", "x".repeat(101), "__proto__", "constructor", "toString"])(
    "is not made for %j, which the installation does not name",
    async (action) => {
      expect(await refusal(mint({ action }))).toEqual({ code: "input_invalid", field: "action" })
      expect(await scene.database.query(sql`select * from mfa_tokens`)).toEqual([])
    },
  )
})

describe("a token for many uses", () => {
  test("is spent again and again until its end", async () => {
    const { token, expiresAt } = await mint({ singleUse: false })
    expect(expiresAt).toBe(scene.clock.now() + 600_000)
    await spend(token)
    scene.clock.advance(599)
    await spend(token)
    scene.clock.advance(1)
    expect(await refusal(spend(token))).toEqual(invalid)
  })

  test("is made where the action says so, and nowhere else: what is asked for does not count", async () => {
    expect(await mint({ action: "transfer", singleUse: false })).toMatchObject({ singleUse: true })
    const { token, singleUse, expiresAt } = await mint({ action: "export", singleUse: true })
    expect([singleUse, expiresAt]).toEqual([false, scene.clock.now() + 900_000])
    await spend(token, { action: "export" })
    await spend(token, { action: "export" })
  })

  test("ends with its session, with a change of the account, and with the account", async () => {
    const ends: (() => Promise<unknown>)[] = [
      () => scene.engine.sessions.end(on, { id: on.actor.session.id }),
      () => scene.engine.factors.reset(scene.asOperator, {}),
      () => scene.engine.users.setDisabled(scene.asOperator, true),
    ]
    for (const end of ends) {
      await scene.close()
      scene = await sceneForTests({ settings: { actions } })
      ;({ app, on } = await scene.withApp())
      const { token } = await mint({ singleUse: false })
      await spend(token)
      await end()
      expect(await refusal(spend(token))).toEqual(invalid)
    }
  })
})

describe("what minting asks for", () => {
  test("a second factor within ten minutes, or what the action says", async () => {
    scene.clock.advance(570)
    const wanted = (level: string) => ({ code: "session_reverification_required", level, maxAgeSeconds: 600 })
    expect(await refusal(mint())).toEqual(wanted("second_factor"))
    expect(await refusal(mint({ action: "export" }))).toEqual(wanted("multi_factor"))
    expect(await refusal(mint({ action: "rename" }))).toEqual(wanted("first_factor"))
  })

  test("a proof on the way does, and is used up by it", async () => {
    scene.clock.advance(3600)
    const { token } = await mint({ proof: { kind: "totp", answer: app.code() } })
    expect(await spend(token)).toMatchObject({ methods: ["otp"] })
    expect(await refusal(mint({ proof: { kind: "totp", answer: app.code() } }))).toEqual({ code: "code_already_used" })
  })

  test("a proof on the way makes the session fresh, with a new token", async () => {
    scene.clock.advance(3600)
    const { sessionToken = "" } = await mint({ proof: { kind: "totp", answer: app.code() } })
    const fresh = await scene.as(sessionToken)
    expect(fresh.actor.session).toMatchObject({ id: on.actor.session.id, secondFactorAt: scene.clock.now() })
    await scene.engine.stepUp.require(fresh.actor, { level: "second_factor" })
    expect(await refusal(scene.engine.stepUp.require(fresh.actor, { level: "first_factor" }))).toMatchObject({
      code: "session_reverification_required",
    })
    expect(await mint({}, fresh)).not.toHaveProperty("sessionToken")
    scene.clock.advance(30)
    expect(await scene.engine.sessions.authenticate(sessionToken, source)).toBeDefined()
  })

  test("a session that ended meanwhile mints nothing, and the code is not used up", async () => {
    scene.clock.advance(3600)
    await scene.engine.sessions.end(on, { id: on.actor.session.id })
    expect(await refusal(mint({ proof: { kind: "totp", answer: app.code() } }))).toEqual({ code: "challenge_spent" })
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
    expect(await scene.database.query(sql`select * from mfa_tokens`)).toEqual([])
  })

  test("only the app that was named is tried", async () => {
    const { app: tablet, confirmed } = await scene.enrol(on, "Tablet")
    const now = await scene.as(confirmed.token ?? "")
    const proof = (answer: string) => ({ proof: { kind: "totp", factorId: confirmed.factor.id, answer } })
    expect(await refusal(mint(proof(app.code()), now))).toMatchObject({ code: "code_incorrect" })
    expect(await refusal(mint({ proof: { kind: "totp", factorId: "unknown", answer: tablet.code() } }, now))).toEqual({
      code: "not_found",
    })
    expect(await mint(proof(tablet.code()), now)).toMatchObject({ singleUse: true })
  })

  test("of fifty proofs with one code at once one mints", async () => {
    scene.clock.advance(3600)
    const settled = await Promise.allSettled(
      Array.from({ length: 50 }, () => mint({ proof: { kind: "totp", answer: app.code() } })),
    )
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    expect(await scene.database.query(sql`select * from mfa_tokens`)).toHaveLength(1)
  })

  test("a recovery code does as well, and its owner is told", async () => {
    const [code] = (await scene.engine.recoveryCodes.reveal(on))?.codes ?? []
    scene.clock.advance(3600)
    expect(await mint({ proof: { kind: "recovery-code", answer: code?.code } })).toMatchObject({ singleUse: true })
    expect((await scene.notices()).at(-1)).toBe("recovery_code_used")
  })

  test("a proof of the wrong kind does not: the password for a second factor, a code for the first", async () => {
    scene.clock.advance(3600)
    expect(await refusal(mint({ proof: { kind: "password", answer: password } }))).toEqual({ code: "kind_not_offered" })
    expect(await refusal(mint({ action: "rename", proof: { kind: "totp", answer: app.code() } }))).toEqual({
      code: "kind_not_offered",
    })
    expect(await mint({ action: "rename", proof: { kind: "password", answer: password } })).toMatchObject({
      action: "rename",
    })
    for (const kind of ["carrier-pigeon", "email-code", "passkey"])
      expect(await refusal(mint({ proof: { kind, answer: "123456" } }))).toEqual({ code: "kind_not_offered" })
    // Both are wanted: the code alone does not make up for a password of an hour ago.
    expect(await refusal(mint({ action: "export", proof: { kind: "totp", answer: app.code() } }))).toMatchObject({
      level: "first_factor",
    })
  })

  describe("a mailed code", () => {
    const proof = (answer: string) => ({ proof: { kind: "email-code", answer } })
    beforeEach(async () => {
      await scene.engine.factors.add(scene.asOperator, { kind: "email-code" })
      on = await scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)
      scene.clock.advance(3600)
    })
    const send = async () => {
      const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
      await scene.engine.signIn.start({ token }, "email-code", source)
      return token
    }

    test("does where the session has opened a step-up and had it sent, and settles that", async () => {
      const token = await send()
      expect(await mint(proof(await scene.mailedCode()))).toMatchObject({ sessionToken: expect.any(String) })
      expect(await refusal(scene.engine.signIn.challenge(token))).toEqual({ code: "challenge_spent" })
      expect(await refusal(mint(proof(await scene.mailedCode())))).toEqual({ code: "challenge_spent" })
    })

    test("is none without a step-up, from another session's, or at a sign-in", async () => {
      expect(await refusal(mint(proof("123456")))).toEqual({ code: "challenge_spent" })
      const signingIn = await scene.challenge()
      await scene.engine.signIn.start({ token: signingIn }, "email-code", source)
      expect(await refusal(mint(proof(await scene.mailedCode())))).toEqual({ code: "challenge_spent" })
      await send()
      const other = await scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)
      expect(await refusal(mint(proof(await scene.mailedCode()), other))).toEqual({ code: "challenge_spent" })
    })

    test("that is wrong takes an attempt of that step-up, and five end it", async () => {
      const token = await send()
      const right = await scene.mailedCode()
      const wrong = right === "000000" ? "000001" : "000000"
      expect(await refusal(mint(proof(wrong)))).toEqual({ code: "code_incorrect" })
      expect(await scene.engine.signIn.challenge(token)).toMatchObject({ attemptsLeft: 4 })
      for (let tries = 0; tries < 4; tries++) await refusal(mint(proof(wrong)))
      scene.clock.advance(60)
      expect(await refusal(mint(proof(right)))).toEqual({ code: "challenge_spent" })
    })

    test("is still the one that was sent when another proof went wrong meanwhile", async () => {
      await send()
      expect(await refusal(mint({ proof: { kind: "totp", answer: "000000" } }))).toEqual({ code: "code_incorrect" })
      await scene.engine.stepUp.open(on, { level: "second_factor" })
      expect(await mint(proof(await scene.mailedCode()))).toMatchObject({ singleUse: true })
    })

    test("of twenty who bring it at once one mints", async () => {
      await send()
      const code = await scene.mailedCode()
      const settled = await Promise.allSettled(Array.from({ length: 20 }, () => mint(proof(code))))
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
      expect(await scene.database.query(sql`select * from mfa_tokens`)).toHaveLength(1)
    })
  })

  test("junk for a proof is refused uncounted", async () => {
    for (const answer of ["", "12", null, {}, [], 123456])
      for (let tries = 0; tries < 2; tries++)
        expect(await refusal(mint({ proof: { kind: "totp", answer } }))).toEqual({
          code: "input_invalid",
          field: "answer",
        })
    expect(await mint({ proof: { kind: "totp", answer: app.code() } })).toMatchObject({ singleUse: true })
  })

  test("a user without a second factor gets none that would say there was one", async () => {
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const plain = await otto.as((await otto.signIn()).token)
    expect(await refusal(mint({}, plain))).toEqual({ code: "enrolment_required" })
    expect(await mint({ action: "rename" }, plain)).toMatchObject({ action: "rename" })
  })

  test("a key mints none", async () => {
    expect(await refusal(mint({}, { actor: userKey(scene.user, "accounts.self:write"), source }))).toMatchObject({
      code: "session_reverification_required",
    })
  })
})

describe("who may spend", () => {
  test("a service with the scope, and nobody else", async () => {
    const { token } = await mint()
    expect(await refusal(spend(token, {}, { actor: service("users:read"), source }))).toEqual({
      code: "insufficient_scope",
      scope: "mfa-tokens:spend",
    })
    expect(await refusal(spend(token, {}, on))).toEqual({ code: "forbidden" })
    expect(await refusal(spend(token, {}, { actor: userKey(scene.user, "*"), source }))).toEqual({ code: "forbidden" })
    expect(await spend(token)).toMatchObject({ userId: scene.user.id })
  })

  test.each(["", "csm_", "csm_AAAA", "\u0000", "🦊", "css_x", "x".repeat(100_000)])(
    "a token of %# is none",
    async (token) => {
      expect(await refusal(spend(token))).toEqual(invalid)
    },
  )

  test("a session's token is none, nor the hash of one from the database", async () => {
    const { token } = await mint()
    const [row] = await scene.database.query<{ token_hash: string }>(sql`select token_hash from mfa_tokens`)
    expect(JSON.stringify(row)).not.toContain(token.slice(4))
    expect(await refusal(spend(row?.token_hash ?? ""))).toEqual(invalid)
    expect(await refusal(spend(7 as unknown as string))).toEqual({ code: "input_invalid", field: "token" })
  })
})
