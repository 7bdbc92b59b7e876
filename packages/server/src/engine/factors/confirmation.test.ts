import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { createAuthenticator, type ScannedAccount } from "../../testing/authenticator.ts"
import type { Begun, On } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { person, refusal, source, storedUser, userKey } from "../users/people-for-tests.ts"

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

describe("the first right code", () => {
  test("turns the app on, gives ten recovery codes, and makes the session one of two factors", async () => {
    const on = await signedIn()
    const begun = await start(on)
    scene.clock.advance(5)
    const done = await confirm(on, scan(begun).code(), { name: " My phone " })
    expect(done).toMatchObject({
      factor: {
        id: begun.factor.id,
        name: "My phone",
        state: "on",
        confirmedAt: scene.clock.now(),
        lastUsedAt: scene.clock.now(),
      },
    })
    expect(done.recoveryCodes).toHaveLength(10)
    const now = await renewed(done)
    expect(now.actor.session).toMatchObject({ id: on.actor.session.id, aal: 2, secondFactorAt: scene.clock.now() })
    expect(now.actor.user).toMatchObject({ defaultFactorId: begun.factor.id, revision: on.actor.user.revision + 1 })
    expect(await scene.engine.factors.list(now)).toMatchObject([{ name: "My phone", state: "on" }])
    expect((await scene.mails()).at(-1)).toMatchObject({
      to: scene.user.email,
      facts: { notice: "factor_added", name: "My phone", agent: source.agent },
    })
  })

  test("comes with no recovery codes where none are offered, and with none for a second app", async () => {
    const { on } = await scene.withApp()
    expect((await scene.enrol(on)).confirmed).not.toHaveProperty("recoveryCodes")
    await begin({ settings: { recoveryCodes: { offered: false } } })
    expect((await scene.withApp()).confirmed).not.toHaveProperty("recoveryCodes")
  })

  test("ends the user's other sessions, remembered devices, open links and challenges; the acting one goes on", async () => {
    const other = await signedIn()
    const on = await signedIn()
    await scene.engine.users.requestReset({ email: scene.user.email ?? "" }, source)
    const link = new URL(String((await scene.mails()).at(-1)?.facts["link"])).searchParams.get("token") ?? ""
    const { confirmed } = await scene.enrol(on)
    expect(await scene.engine.sessions.find(other.actor.session.id)).toBeUndefined()
    expect((await renewed(confirmed)).actor.session.id).toBe(on.actor.session.id)
    expect(
      await refusal(scene.engine.users.resetPassword({ token: link, password: "Some-other-1-word" }, source)),
    ).toEqual({ code: "link_invalid" })
  })

  test("the replaced token goes on for half a minute, for requests that are under way", async () => {
    const { token } = await scene.signIn()
    const on = await scene.as(token)
    const begun = await start(on)
    await confirm(on, scan(begun).code())
    scene.clock.advance(29)
    expect(await scene.engine.sessions.authenticate(token, source)).toBeDefined()
    scene.clock.advance(1)
    expect(await scene.engine.sessions.authenticate(token, source)).toBeUndefined()
  })

  test("is tried against all that wait; what did not match is gone afterwards", async () => {
    const on = await signedIn()
    const first = scan(await start(on))
    const second = scan(await start(on))
    await confirm(on, first.code())
    expect(await rows("pending")).toEqual([])
    expect(await rows("on")).toHaveLength(1)
    expect(await refusal(confirm(on, second.code()))).toEqual({ code: "enrolment_expired" })
  })

  test("three wait at most, the newest", async () => {
    const on = await signedIn()
    const apps: ScannedAccount[] = []
    for (let count = 0; count < 5; count++) {
      apps.push(scan(await start(on)))
      scene.clock.advance(1)
    }
    expect(await rows("pending")).toHaveLength(3)
    for (const app of apps.slice(0, 2))
      expect(await refusal(confirm(on, app.code()))).toEqual({ code: "code_incorrect" })
    expect(await confirm(on, apps[2]?.code())).toMatchObject({ factor: { state: "on" } })
  })

  test("a named one takes no other's code", async () => {
    const on = await signedIn()
    const [first, second] = [await start(on), await start(on)]
    expect(await refusal(confirm(on, scan(first).code(), { factorId: second.factor.id }))).toEqual({
      code: "code_incorrect",
    })
    expect(await refusal(confirm(on, scan(first).code(), { factorId: "another" }))).toEqual({
      code: "enrolment_expired",
    })
    expect(await confirm(on, scan(first).code(), { factorId: first.factor.id })).toMatchObject({
      factor: { id: first.factor.id },
    })
  })

  test("comes too late after fifteen minutes", async () => {
    const on = await signedIn()
    const app = scan(await start(on))
    scene.clock.advance(899)
    expect(await refusal(confirm(on, "000000"))).toEqual({ code: "code_incorrect" })
    scene.clock.advance(1)
    expect(await refusal(confirm(on, app.code()))).toEqual({ code: "enrolment_expired" })
  })

  test("belongs to the session that began: no other session, key or user confirms it", async () => {
    const on = await signedIn()
    const app = scan(await start(on))
    const otherSession = await signedIn()
    const key: On = { actor: userKey(scene.user), source }
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const stranger = await otto.as((await otto.signIn()).token)
    for (const who of [otherSession, key, stranger]) {
      expect(await scene.engine.factors.reveal(who, { kind: "totp" })).toBeUndefined()
      expect(await refusal(confirm(who, app.code()))).toEqual({ code: "enrolment_expired" })
    }
    expect(await confirm(on, app.code())).toMatchObject({ factor: { state: "on" } })
  })

  test.each(["", "12345", "1234567", "letters", 123456, null, undefined, [], {}, "9".repeat(5000)])(
    "what can't be a code (%j) is refused uncounted",
    async (junk) => {
      const on = await signedIn()
      await start(on)
      for (let tries = 0; tries < 6; tries++)
        expect(await refusal(confirm(on, junk))).toEqual({ code: "input_invalid", field: "answer" })
    },
  )

  test("says by how much the phone's clock is off", async () => {
    const on = await signedIn()
    const app = scan(await start(on))
    expect(await refusal(confirm(on, app.code(-70)))).toEqual({ code: "code_incorrect", clockOffSeconds: -90 })
    expect(await refusal(confirm(on, app.code(300)))).toEqual({ code: "code_incorrect", clockOffSeconds: 300 })
    expect(await refusal(confirm(on, app.code(400)))).toEqual({ code: "code_incorrect" })
  })

  test("wrong ones are slowed down, mail nobody, and are not held against an app that is on", async () => {
    const { app, on } = await scene.withApp()
    const fresh = scan(await start(on))
    const mails = (await scene.mails()).length
    for (let failures = 0; failures < 5; failures++)
      expect(await refusal(confirm(on, "000000"))).toEqual({ code: "code_incorrect" })
    expect(await refusal(confirm(on, fresh.code()))).toEqual({ code: "too_many_attempts", retryAfter: 60 })
    expect(await scene.mails()).toHaveLength(mails)
    expect(await scene.answer(await scene.challenge(), "totp", app.code())).toMatchObject({ status: "complete" })
    scene.clock.advance(60)
    const later = await signedInAgain(app)
    expect(await refusal(confirm(later, fresh.code()))).toEqual({ code: "enrolment_expired" })
    expect(await confirm(on, fresh.code())).toMatchObject({ factor: { state: "on" } })
  })

  const signedInAgain = async (app: ScannedAccount) =>
    scene.as((await scene.answer(await scene.challenge(), "totp", app.code())).token)

  test("of fifty at once one turns it on, with one set of recovery codes", async () => {
    const on = await signedIn()
    const app = scan(await start(on))
    const settled = await Promise.allSettled(Array.from({ length: 50 }, () => confirm(on, app.code())))
    const won = settled.flatMap((done) => (done.status === "fulfilled" ? [done.value] : []))
    expect(won).toHaveLength(1)
    expect(await rows("on")).toHaveLength(1)
    const codes = won[0]?.recoveryCodes ?? []
    expect(await scene.answer(await scene.challenge(), "recovery-code", codes[0])).toMatchObject({ status: "complete" })
  })

  test("nothing of it stands when the last write fails", async () => {
    const on = await signedIn()
    const app = scan(await start(on))
    // The record of the event can't be written: the whole confirmation has to vanish.
    await scene.database.commit([{ statement: sql`alter table audit rename to audit_away` }])
    await expect(confirm(on, app.code())).rejects.toThrow("audit")
    await scene.database.commit([{ statement: sql`alter table audit_away rename to audit` }])
    expect(await rows("on")).toEqual([])
    expect(await scene.engine.recoveryCodes.status(on)).toMatchObject({ total: 0 })
    expect((await storedUser(scene.ctx, scene.user.id)).revision).toBe(on.actor.user.revision)
    expect(await confirm(on, app.code())).toMatchObject({ factor: { state: "on" } })
  })
})

describe("how many", () => {
  test("five apps, and a sixth is refused", async () => {
    let { on } = await scene.withApp()
    for (let count = 2; count <= 5; count++) on = await renewed((await scene.enrol(on)).confirmed)
    expect(await scene.engine.factors.offered(on)).toEqual(["passkey", "email-code"])
    expect(await refusal(start(on))).toEqual({ code: "factor_limit_reached" })
    expect((await scene.engine.factors.list(on)).map(({ name }) => name)).toEqual([
      "Authenticator app",
      "Authenticator app 2",
      "Authenticator app 3",
      "Authenticator app 4",
      "Authenticator app 5",
    ])
  })

  test("many sessions that confirm at once do not get past the limit", async () => {
    await begin({ settings: { totp: { maximumDevices: 2 } } })
    const holders = await Promise.all(Array.from({ length: 12 }, () => signedIn()))
    const apps = await Promise.all(holders.map(async (on) => ({ on, app: scan(await start(on)) })))
    const settled = await Promise.allSettled(apps.map(({ on, app }) => confirm(on, app.code())))
    expect(settled.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(2)
    expect((await rows("on")).length).toBeLessThanOrEqual(2)
  })

  test("one, where the installation says so", async () => {
    await begin({ settings: { totp: { maximumDevices: 1 } } })
    const { on } = await scene.withApp()
    expect(await refusal(start(on))).toEqual({ code: "factor_limit_reached" })
  })
})
