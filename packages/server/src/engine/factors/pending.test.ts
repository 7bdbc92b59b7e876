import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { one, sql } from "../../store/database.ts"
import { createAuthenticator, type ScannedAccount } from "../../testing/authenticator.ts"
import { engineForTests } from "../../testing/engine.ts"
import type { Begun, On } from "../engine.ts"
import { sceneForTests, type Scene } from "../sign-in/scene-for-tests.ts"
import { refusal, source, userKey } from "../users/people-for-tests.ts"

let scene: Scene
const begin = async (options: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(options)
}
beforeEach(() => begin())
afterEach(() => scene.close())

const signedIn = async (from = source) => scene.as((await scene.signIn({}, from)).token, from)
const scan = ({ show }: Begun): ScannedAccount => createAuthenticator(scene.clock.now).scan(String(show["uri"]))
const start = (on: On, more: object = {}) => scene.engine.factors.begin(on, { kind: "totp", ...more })
const confirm = (on: On, answer: unknown, more: object = {}) =>
  scene.engine.factors.confirm(on, { kind: "totp", answer, ...more })
const rows = (state: string) =>
  scene.database.query<{ id: string; data: string }>(sql`select * from factors where state = ${state}`)
const renewed = async ({ token }: { token?: string }) => scene.as(token ?? "")

describe("beginning", () => {
  test("shows a key of 160 bits and its address, and stores neither in the clear", async () => {
    const on = await signedIn()
    const begun = await start(on)
    expect(begun).toMatchObject({
      factor: { kind: "totp", name: "Authenticator app", state: "pending", confirmedAt: null },
      expiresAt: scene.clock.now() + 900_000,
    })
    expect(begun.show["secret"]).toMatch(/^[A-Z2-7]{32}$/)
    expect(scan(begun)).toMatchObject({
      issuer: "Countersign",
      account: "ewa@parcelforge.example",
      secret: begun.show["secret"],
    })
    const stored = JSON.stringify(await rows("pending"))
    const bytes = Buffer.from(String(begun.show["secret"]))
    for (const form of [String(begun.show["secret"]), bytes.toString("hex"), bytes.toString("base64")])
      expect(stored).not.toContain(form)
  })

  test("does not turn anything on: signing in goes on as before", async () => {
    const on = await signedIn()
    await start(on)
    expect(await scene.engine.factors.list(on)).toEqual([])
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })

  test("is listed to who began it and asks for that, until it is confirmed, given up or out of time", async () => {
    const [on, other] = [await signedIn(), await signedIn()]
    const { factor } = await start(on, { name: "Tablet" })
    const waiting = async (by: On) => await scene.engine.factors.list(by, { pending: true })
    expect(await waiting(on)).toEqual([factor])
    expect(await scene.engine.factors.list(on)).toEqual([])
    for (const by of [other, { actor: userKey(scene.user), source }, scene.asOperator])
      expect(await waiting(by)).toEqual([])
    const later = await start(on)
    expect((await waiting(on)).map(({ id }) => id)).toEqual([later.factor.id, factor.id])
    await scene.engine.factors.remove(on, { factorId: later.factor.id })
    expect(await waiting(on)).toEqual([factor])
    scene.clock.advance(900)
    expect(await waiting(on)).toEqual([])
    const fresh = await signedIn()
    const begun = await start(fresh)
    const confirmed = await confirm(fresh, scan(begun).code())
    expect(await waiting(await renewed(confirmed))).toMatchObject([{ id: begun.factor.id, state: "on" }])
  })

  test("leaves an app that is on alone: it signs in, the new one does not", async () => {
    const { app, on } = await scene.withApp()
    const other = scan(await start(on))
    expect(await refusal(scene.answer(await scene.challenge(), "totp", other.code()))).toEqual({
      code: "code_incorrect",
    })
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
    expect(await scene.engine.recoveryCodes.status(on)).toMatchObject({ left: 10 })
  })

  test("a thousand keys are all different, and their bits are balanced", async () => {
    const on = await signedIn()
    const secrets = new Set<string>()
    let ones = 0
    for (let count = 0; count < 1000; count++) {
      const secret = String((await start(on)).show["secret"])
      secrets.add(secret)
      for (const letter of secret)
        ones += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).replaceAll("0", "").length
    }
    expect(secrets.size).toBe(1000)
    expect(Math.abs(ones / 160_000 - 0.5)).toBeLessThan(0.01)
  })

  test.each(["password", "recovery-code", "sms", "", "__proto__", "\u0000"])("of kind %j is refused", async (kind) => {
    expect(await refusal(scene.engine.factors.begin(await signedIn(), { kind }))).toEqual({
      code: "kind_not_offered",
    })
  })

  test.each(["", "  ", "x".repeat(61), "a\u0000b", "a\nb", "\ud83d", 7 as unknown as string])(
    "with the name %j is refused",
    async (name) => {
      expect(await refusal(start(await signedIn(), { name }))).toEqual({ code: "input_invalid", field: "name" })
    },
  )

  test("a key can't be handed in from outside", async () => {
    const begun = await start(await signedIn(), { input: { secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" } })
    expect(begun.show["secret"]).not.toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
  })

  test("needs a confirmed address where addresses have to be confirmed", async () => {
    await begin({ settings: { confirmEmail: "optional" } })
    await scene.database.commit([one(sql`update users set email_confirmed_at = null where id = ${scene.user.id}`)])
    const on = await signedIn()
    expect((await start(on)).factor.state).toBe("pending")
    const strict = await engineForTests({ database: scene.database })
    expect(await refusal(strict.engine.factors.begin(on, { kind: "totp" }))).toEqual({ code: "address_unconfirmed" })
    expect(await refusal(strict.engine.factors.confirm(on, { kind: "totp", answer: "123456" }))).toEqual({
      code: "address_unconfirmed",
    })
  })
})

describe("one pending key for the user", () => {
  const only = (on: On) => scene.engine.factors.begin(on, { kind: "totp", oneForUser: true })

  test("is the same each time it is asked for, for any session of the user, until it is used", async () => {
    const [a, b] = [await signedIn(), await signedIn()]
    const first = await only(a)
    scene.clock.advance(3600)
    const later = await signedIn()
    expect((await only(later)).show).toEqual(first.show)
    expect((await scene.engine.factors.reveal(later, { kind: "totp" }))?.show).toEqual(first.show)
    expect(first.expiresAt).toBeNull()
    expect(b.actor.session.id).not.toBe(a.actor.session.id)
    const done = await confirm(later, scan(first).code())
    expect(await refusal(only(await renewed(done)))).toEqual({ code: "already_enrolled" })
    expect(await scene.engine.factors.reveal(await renewed(done), { kind: "totp" })).toBeUndefined()
  })

  test("is one even when it is asked for fifty times at once", async () => {
    const on = await signedIn()
    const all = await Promise.all(Array.from({ length: 50 }, () => only(on)))
    expect(new Set(all.map(({ show }) => show["secret"])).size).toBe(1)
  })

  test("is another one after the account has changed; what the acting session has begun itself stays", async () => {
    const [on, other] = [await signedIn(), await signedIn()]
    const [shared, mine, theirs] = [await only(on), await start(on), await start(other)]
    const changed = await scene.engine.users.changePassword(on, { password: "Heron-Quay-88!" })
    expect((await rows("pending")).map(({ id }) => id)).toEqual([mine.factor.id])
    const now = await renewed(changed)
    expect((await only(now)).show["secret"]).not.toBe(shared.show["secret"])
    for (const { show } of [shared, theirs]) expect(JSON.stringify(await rows("pending"))).not.toContain(show["secret"])
    expect(await refusal(confirm(now, scan(shared).code()))).toEqual({ code: "code_incorrect" })
    expect(await confirm(now, scan(mine).code())).toMatchObject({ factor: { id: mine.factor.id, state: "on" } })
  })

  test("a user key sets it up and confirms it, as long as no factor is on", async () => {
    const key: On = { actor: userKey(scene.user), source: { ...source, door: "docspace" } }
    const app = scan(await only(key))
    expect(await confirm(key, app.code())).toMatchObject({ factor: { state: "on" } })
    scene.nextStep()
    expect(await refusal(start(key))).toEqual({ code: "insufficient_scope", scope: "accounts.self:write" })
    expect(await refusal(scene.engine.factors.reset(key, {}))).toEqual({
      code: "insufficient_scope",
      scope: "accounts.self:write",
    })
    const granted: On = { actor: userKey(scene.user, "accounts.self:write"), source }
    expect(await scene.engine.factors.reset(granted, {})).toEqual({})
    const readOnly: On = { actor: userKey(scene.user, "*:read"), source }
    expect(await refusal(only(readOnly))).toEqual({ code: "insufficient_scope", scope: "accounts.self:write" })
    expect(await scene.engine.factors.list(readOnly)).toEqual([])
  })

  test("the holder's own newest is shown before it, and a live key never, but at a door that always did", async () => {
    const on = await signedIn()
    const shared = await only(on)
    const mine = await start(on)
    expect((await scene.engine.factors.reveal(on, { kind: "totp" }))?.factor.id).toBe(mine.factor.id)
    const done = await confirm(on, scan(mine).code())
    const now = await renewed(done)
    expect(await scene.engine.factors.reveal(now, { kind: "totp" })).toBeUndefined()
    scene.nextStep()
    const token = await scene.challenge({ ...source, door: "identity" })
    const identity = await scene.as((await scene.answer(token, "totp", scan(mine).code())).token)
    expect((await scene.engine.factors.reveal(identity, { kind: "totp" }))?.show).toEqual(mine.show)
    // On a remembered device the password alone must not come to a copy of it.
    const { session } = identity.actor
    const remembered = { ...session, secondFactorAt: null, deviceRemembered: true }
    const unproved: On = { ...identity, actor: { ...identity.actor, session: remembered } }
    expect(await scene.engine.factors.reveal(unproved, { kind: "totp" })).toBeUndefined()
    expect(shared.show["secret"]).not.toBe(mine.show["secret"])
  })
})
