import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../store/database.ts"
import { createAuthenticator } from "../testing/authenticator.ts"
import type { Actor, On } from "./engine.ts"
import { sceneForTests, type Scene } from "./sign-in/scene-for-tests.ts"
import { refusal, source } from "./users/people-for-tests.ts"

type Acting = On & { readonly actor: Extract<Actor, { type: "session" }> }

let scene: Scene
let on: Acting
beforeEach(async () => {
  scene = await sceneForTests()
  ;({ on } = await scene.withApp())
})
afterEach(() => scene.close())

const requestKey = "3f6c9d1e"
const replace = (by: On) => scene.engine.recoveryCodes.replace(by)
const begin = (by: On) => scene.engine.factors.begin(by, { kind: "totp" })
const notices = async () => (await scene.notices()).filter((name) => name === "recovery_codes_replaced").length

describe("new recovery codes, asked for twice by one request", () => {
  test("are made once, and the same are told", async () => {
    const first = await replace({ ...on, requestKey })
    scene.clock.advance(59)
    expect(await replace({ ...on, requestKey })).toEqual(first)
    expect(await notices()).toBe(1)
    expect(await replace({ ...on, requestKey: "another" })).not.toEqual(first)
    expect(await notices()).toBe(2)
  })

  test("are made once by twenty at once, all of whom are told the same", async () => {
    const settled = await Promise.all(Array.from({ length: 20 }, () => replace({ ...on, requestKey })))
    expect(new Set(settled.map(({ codes }) => codes.join(" "))).size).toBe(1)
    expect(await notices()).toBe(1)
    expect(await scene.engine.recoveryCodes.reveal(on)).toMatchObject({
      codes: settled[0]?.codes.map((code) => ({ code, used: false })),
    })
  })

  test("are new ones after a minute", async () => {
    const first = await replace({ ...on, requestKey })
    scene.clock.advance(60)
    expect(await replace({ ...on, requestKey })).not.toEqual(first)
  })

  test("need no second MFA token: the one that came along is spent once", async () => {
    const { token: mfaToken } = await scene.engine.mfaTokens.mint(on, {})
    const first = await replace({ ...on, requestKey, mfaToken })
    expect(await replace({ ...on, requestKey, mfaToken })).toEqual(first)
    expect(await refusal(replace({ ...on, requestKey: "another", mfaToken }))).toEqual({ code: "mfa_token_invalid" })
  })

  test("are not told again, nor made anew, once they were acknowledged or replaced", async () => {
    await replace({ ...on, requestKey })
    await scene.engine.recoveryCodes.acknowledge(on)
    expect(await refusal(replace({ ...on, requestKey }))).toEqual({ code: "conflict" })
    await replace({ ...on, requestKey: "second" })
    const last = await replace({ ...on, requestKey: "third" })
    expect(await refusal(replace({ ...on, requestKey: "second" }))).toEqual({ code: "conflict" })
    expect(await replace({ ...on, requestKey: "third" })).toEqual(last)
  })

  test("are nobody else's: another session with the same name makes its own", async () => {
    const first = await replace({ ...on, requestKey })
    const app = await scene.enrol(on)
    const other = await scene.as((await scene.answer(await scene.challenge(), "totp", app.app.code())).token)
    const second = await replace({ ...other, requestKey })
    expect(second).not.toEqual(first)
    expect(await refusal(replace({ ...on, requestKey }))).toMatchObject({ code: "conflict" })
  })

  test("leave neither codes nor the request's name behind", async () => {
    const { codes } = await replace({ ...on, requestKey })
    const stored = JSON.stringify(await scene.database.query(sql`select * from held`))
    expect(stored).toContain("repeat:")
    for (const secret of [requestKey, ...codes]) expect(stored).not.toContain(secret)
    scene.clock.advance(2 * 3600)
    await scene.engine.operators.sweep()
    expect(await scene.database.query(sql`select * from held`)).toEqual([])
  })
})

describe("a factor, begun twice by one request", () => {
  const begun = () => scene.database.query(sql`select id from factors where state = 'pending'`)

  test("is one, shown with the same key", async () => {
    const first = await begin({ ...on, requestKey })
    expect(await begin({ ...on, requestKey })).toEqual(first)
    expect(await begun()).toHaveLength(1)
    expect((await begin({ ...on, requestKey: "another" })).show["secret"]).not.toBe(first.show["secret"])
  })

  test("is one for twenty at once", async () => {
    const settled = await Promise.all(Array.from({ length: 20 }, () => begin({ ...on, requestKey })))
    expect(new Set(settled.map(({ show }) => show["secret"])).size).toBe(1)
    expect(await begun()).toHaveLength(1)
  })

  test("is gone once it was confirmed", async () => {
    const { show } = await begin({ ...on, requestKey })
    const code = createAuthenticator(scene.clock.now).scan(String(show["uri"])).code()
    await scene.engine.factors.confirm(on, { kind: "totp", answer: code })
    expect(await refusal(begin({ ...on, requestKey }))).toEqual({ code: "conflict" })
  })

  test("is one in an enrolment that is owed as well", async () => {
    await scene.close()
    scene = await sceneForTests({ settings: { secondFactor: { rule: "required" } } })
    const { token } = await scene.signIn()
    const owed = { challenge: { token }, source, requestKey }
    const first = await scene.engine.factors.begin(owed, { kind: "totp" })
    expect(await scene.engine.factors.begin(owed, { kind: "totp" })).toEqual(first)
  })

  test("that can't be shown again is begun anew", async () => {
    const first = await scene.engine.factors.begin({ ...on, requestKey }, { kind: "email-code" })
    const second = await scene.engine.factors.begin({ ...on, requestKey }, { kind: "email-code" })
    expect(second.factor.id).not.toBe(first.factor.id)
  })

  test("shows nothing to a session that may not begin one, whatever the name", async () => {
    scene.clock.advance(600)
    expect(await refusal(begin({ ...on, requestKey }))).toMatchObject({ code: "session_reverification_required" })
    expect(await refusal(replace({ ...on, requestKey }))).toMatchObject({ code: "session_reverification_required" })
    expect(await begun()).toEqual([])
  })
})
