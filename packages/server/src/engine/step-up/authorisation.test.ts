import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import type { ScannedAccount } from "../../testing/authenticator.ts"
import type { Actor, On } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { person, refusal, service, source, userKey } from "../users/people-for-tests.ts"

type Acting = On & { readonly actor: Extract<Actor, { type: "session" }> }

const actions = { transfer: { level: "second_factor", seconds: 600, singleUse: true } } as const

let scene: Scene
let app: ScannedAccount
let on: Acting
let factorId: string
beforeEach(async () => {
  scene = await sceneForTests({ settings: { actions } })
  const made = await scene.withApp()
  ;({ app, on } = made)
  factorId = made.confirmed.factor.id
})
afterEach(() => scene.close())

const mint = async (input: Parameters<Scene["engine"]["mfaTokens"]["mint"]>[1] = {}, by: On = on): Promise<string> =>
  (await scene.engine.mfaTokens.mint(by, input)).token
/** Mints while the session is fresh; what follows finds it too old, and the token good. */
const mintThenAge = async (input = {}): Promise<string> => {
  scene.clock.advance(560)
  const token = await mint(input)
  scene.clock.advance(60)
  return token
}
const invalid = { code: "mfa_token_invalid" }
const tooOld = { code: "session_reverification_required", level: "second_factor", maxAgeSeconds: 600 }
const spentTokens = () => scene.database.query(sql`select token_hash from mfa_tokens where spent_at is not null`)

/** Everything that asks for a fresh proof, as it is asked for. */
const guarded: Record<string, (by: On) => Promise<unknown>> = {
  "adding a factor": (by) => scene.engine.factors.begin(by, { kind: "totp" }),
  "naming a factor": (by) => scene.engine.factors.update(by, { factorId, name: "Work phone", default: true }),
  "removing a factor": (by) => scene.engine.factors.remove(by, { factorId }),
  "new recovery codes": (by) => scene.engine.recoveryCodes.replace(by),
  "another address": (by) => scene.engine.users.requestAddressChange(by, { email: "new@parcelforge.example" }),
  "another password": (by) => scene.engine.users.changePassword(by, { password: "Heron-Quay-88!" }),
  "an API key": (by) => scene.engine.apiKeys.create(by, { name: "script" }),
  "removing the account": (by) => scene.engine.users.remove(by),
}

describe.each(Object.entries(guarded))("%s", (name, ask) => {
  test("passes with a token in place of the fresh second factor, which is used up by it", async () => {
    const mfaToken = await mintThenAge()
    expect(await refusal(ask(on))).toEqual(tooOld)
    await ask({ ...on, mfaToken })
    if (name === "removing the account") return
    expect(await spentTokens()).toHaveLength(1)
    const now: On = { ...on, mfaToken }
    expect(await refusal(ask(now))).toEqual(name === "removing a factor" ? { code: "not_found" } : invalid)
  })

  test("is refused with a token that is unknown, junk, spent or another session's, however fresh the session is", async () => {
    const other = await scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)
    const foreign = await mint({}, other)
    const spent = await mint()
    await scene.engine.mfaTokens.spend({ actor: service("mfa-tokens:spend"), source }, { token: spent })
    const before = await scene.database.query(sql`select revision from users`)
    for (const mfaToken of ["", "csm_AAAA", "csm_", "🦊", "x".repeat(10_000), foreign, spent])
      expect(await refusal(ask({ ...on, mfaToken }))).toEqual(invalid)
    expect(await scene.database.query(sql`select revision from users`)).toEqual(before)
  })
})

test("a token for many uses is used up as well", async () => {
  const mfaToken = await mint({ singleUse: false })
  await scene.engine.recoveryCodes.replace({ ...on, mfaToken })
  expect(await refusal(scene.engine.recoveryCodes.replace({ ...on, mfaToken }))).toEqual(invalid)
})

test("a token for an action of the app's is none for the account", async () => {
  const mfaToken = await mint({ action: "transfer" })
  expect(await refusal(scene.engine.recoveryCodes.replace({ ...on, mfaToken }))).toEqual(invalid)
  expect(await spentTokens()).toEqual([])
})

test("a token that ran out is none", async () => {
  const mfaToken = await mint()
  scene.clock.advance(300)
  expect(await refusal(scene.engine.recoveryCodes.replace({ ...on, mfaToken }))).toEqual(invalid)
})

test("another user's token is none, nor is one in the hands of a key, a service or an enrolment that is owed", async () => {
  const mfaToken = await mint()
  const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
  const theirs = await otto.withApp()
  expect(await refusal(scene.engine.recoveryCodes.replace({ ...theirs.on, mfaToken }))).toEqual(invalid)
  for (const actor of [userKey(scene.user, "accounts.self:write"), service("factors:write")])
    expect(
      await refusal(scene.engine.recoveryCodes.replace({ actor, source, userId: scene.user.id, mfaToken })),
    ).toEqual(invalid)

  await scene.close()
  scene = await sceneForTests({ settings: { secondFactor: { rule: "required" } } })
  const { token } = await scene.signIn()
  const owed = { challenge: { token }, source, mfaToken }
  expect(await refusal(scene.engine.factors.begin(owed, { kind: "totp" }))).toEqual(invalid)
})

test("what fails for another reason leaves the token good", async () => {
  const mfaToken = await mintThenAge()
  const by = { ...on, mfaToken }
  expect(await refusal(scene.engine.factors.remove(by, { factorId: "unknown" }))).toEqual({ code: "not_found" })
  expect(await refusal(scene.engine.factors.begin(by, { kind: "carrier-pigeon" }))).toEqual({
    code: "kind_not_offered",
  })
  expect(await refusal(scene.engine.users.changePassword(by, { password: "short" }))).toMatchObject({
    code: "password_rejected",
  })
  expect(await spentTokens()).toEqual([])
  await scene.engine.factors.remove(by, { factorId })
})

test("it is no password: who has no second factor any more has to prove the first", async () => {
  scene.clock.advance(560)
  const [first, second] = [await mint(), await mint()]
  scene.clock.advance(60)
  const { token } = await scene.engine.factors.remove({ ...on, mfaToken: first }, { factorId })
  const now = { ...(await scene.as(token ?? "")), mfaToken: second }
  expect(await refusal(scene.engine.factors.begin(now, { kind: "totp" }))).toEqual({
    ...tooOld,
    level: "first_factor",
  })
})

test("one that comes along where no proof is asked for is used up all the same", async () => {
  const mfaToken = await mint()
  await scene.engine.factors.update({ ...on, mfaToken }, { factorId, default: true })
  expect(await spentTokens()).toHaveLength(1)
  const { factor } = await scene.engine.factors.begin(on, { kind: "totp" })
  expect(await refusal(scene.engine.factors.remove({ ...on, mfaToken }, { factorId: factor.id }))).toEqual(invalid)
  await scene.engine.factors.remove({ ...on, mfaToken: await mint() }, { factorId: factor.id })
  expect(await spentTokens()).toHaveLength(2)
})

test("of thirty operations with one token at once one is done", async () => {
  const mfaToken = await mintThenAge()
  const by = { ...on, mfaToken }
  const asks = [
    () => scene.engine.recoveryCodes.replace(by),
    () => scene.engine.factors.begin(by, { kind: "totp" }),
    (index: number) => scene.engine.factors.update(by, { factorId, name: `Phone ${index}` }),
    () => scene.engine.apiKeys.create(by, { name: "script" }),
    () => scene.engine.users.requestAddressChange(by, { email: "new@parcelforge.example" }),
  ]
  const settled = await Promise.allSettled(
    Array.from({ length: 6 }, (_, round) => asks.map(async (ask) => await ask(round))).flat(),
  )
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  const reasons = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as { code: string }] : []))
  expect(new Set(reasons.map(({ code }) => code))).toEqual(new Set(["mfa_token_invalid"]))
  const audited = await scene.database.query(sql`select event from audit where event = 'mfa_token.spent'`)
  expect(audited).toHaveLength(1)
})

test("a name and the default are one commit, and one racer's token pays for both", async () => {
  const { confirmed } = await scene.enrol(on, "Tablet")
  const now = await scene.as(confirmed.token ?? "")
  const before = (await scene.engine.users.find({ id: scene.user.id }))?.revision ?? 0
  const mfaToken = await mint({}, now)
  const changed = await scene.engine.factors.update(
    { ...now, mfaToken },
    { factorId: confirmed.factor.id, name: "Big tablet", default: true },
  )
  expect(changed).toMatchObject({ name: "Big tablet" })
  expect(await scene.engine.users.find({ id: scene.user.id })).toMatchObject({
    revision: before + 1,
    defaultFactorId: confirmed.factor.id,
  })
})
