/** A rule that administrators add, in front of a whole engine: at every door, at once, and for everybody. */
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import type { Actor, Source } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { totpOf } from "../sign-in/totp-for-tests.ts"
import {
  isAlive,
  operator,
  password,
  person,
  refusal,
  service,
  signIn,
  source,
  userKey,
} from "../users/people-for-tests.ts"

let scene: Scene
const begin = async (settings: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(settings)
}
beforeEach(() => begin())
afterEach(() => scene.close())

const portal: Source = { door: "docspace", address: "10.0.0.5", agent: "Firefox on Linux" }
const by = (actor: Actor = operator) => ({ actor, source: portal })
const policy = () => scene.engine.policy
const admin = (roles = ["Admin"]) => person(scene.ctx, "root@parcelforge.example", roles)

describe("a rule that is set", () => {
  test("demands a second factor at every door, from the next sign-in on, until it is taken back", async () => {
    expect(await policy().addedRule()).toBeUndefined()
    expect((await policy().read()).secondFactor).toBe("optional")
    await policy().setAddedRule(by(), {})
    expect(await policy().addedRule()).toEqual({
      door: "docspace",
      exemptAddresses: [],
      mandatoryUsers: [],
      mandatoryGroups: [],
    })
    for (const from of [source, portal]) {
      const first = await scene.signIn({}, from)
      expect(first).toMatchObject({ status: "enrolment", challenge: { postponableUntil: null } })
      expect(await refusal(scene.engine.signIn.postpone({ token: first.token }, from))).toEqual({
        code: "enrolment_required",
      })
    }
    expect((await policy().read()).secondFactor).toBe("required")
    await policy().setAddedRule(by(), null)
    expect(await policy().addedRule()).toBeUndefined()
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
    const events = await scene.database.query(sql`select event from audit where event like 'policy.%' order by at, id`)
    expect(events.map(({ event }) => event)).toEqual(["policy.second_factor_demanded", "policy.second_factor_released"])
  })

  test("does not let a shorter password pass, since it may be gone tomorrow", async () => {
    await begin({ settings: { password: { minimumLength: 15, minimumLengthWithRequiredFactor: 8 } } })
    await policy().setAddedRule(by(), {})
    expect((await policy().read()).minimumPasswordLength).toBe(15)
    expect(scene.engine.users.judgePassword("twelve-chars", { user: scene.user })).toContain("too_short")
  })

  test("ends the sessions that have proved one factor, all of them, but the one that set it", async () => {
    const root = await admin()
    const acting = await signIn(scene.ctx, root, { door: "docspace" })
    const weak = []
    for (let count = 0; count < 210; count++) weak.push((await signIn(scene.ctx, scene.user)).token)
    const strong = await signIn(scene.ctx, scene.user, { kinds: ["password", "totp"] })
    await policy().setAddedRule({ actor: acting.actor, source: portal }, {})
    const alive = await Promise.all(weak.map((token) => isAlive(scene.ctx, token)))
    expect(alive.filter(Boolean)).toEqual([])
    expect(await isAlive(scene.ctx, strong.token)).toBe(true)
    expect(await isAlive(scene.ctx, acting.token)).toBe(true)
    // It is bound as well: the session owes what everybody owes.
    expect(await scene.engine.sessions.tasks(acting.actor)).toEqual(["enrol_second_factor"])
  })

  test("leaves a trusted address alone, at the rule's own door, also for somebody who has an app", async () => {
    const { app } = await scene.withApp()
    const other = sceneOf(scene, await person(scene.ctx, "new@parcelforge.example"))
    await policy().setAddedRule(by(), { exemptAddresses: ["10.0.0.0/24"], mandatoryUsers: [other.user.id] })
    const let_off = await scene.signIn({}, portal)
    expect(let_off).toMatchObject({ status: "complete", session: { aal: 1, deviceRemembered: false } })
    expect(await scene.signIn({}, { ...portal, address: "10.0.1.5" })).toMatchObject({ status: "second_factor" })
    expect(await scene.signIn({}, { ...source, address: "10.0.0.5" })).toMatchObject({ status: "second_factor" })
    expect(await other.signIn({}, portal)).toMatchObject({ status: "enrolment" })
    // And what was let off can't take the app away that protects the account elsewhere.
    const on = await scene.as(let_off.token, portal)
    expect((await refusal(scene.engine.factors.reset(on, { kind: "totp" }))).code).toBe(
      "session_reverification_required",
    )
    expect(await scene.engine.sessions.tasks(on.actor)).toEqual([])
    expect(app.secret).toHaveLength(32)
  })

  test("lets nothing off where the answer follows, and opens no session where there is nothing to ask", async () => {
    await policy().setAddedRule(by(), { exemptAddresses: ["10.0.0.0/24"] })
    expect(await scene.signIn({ answerFollows: true }, portal)).toMatchObject({ status: "enrolment" })
    await policy().setAddedRule(by(), null)
    const before = await scene.database.query(sql`select id from sessions`)
    expect(await refusal(scene.signIn({ answerFollows: true }, portal))).toEqual({ code: "kind_not_offered" })
    expect(await refusal(scene.signIn({ answerFollows: true, password: `${password}x` }, portal))).toEqual({
      code: "credentials_incorrect",
    })
    expect(await scene.database.query(sql`select id from sessions`)).toEqual(before)
  })

  test("a remembered device is not let off where the answer follows", async () => {
    const { app } = await scene.withApp()
    const answered = await scene.answer(await scene.challenge(), "totp", app.code(), true)
    const deviceToken = answered.status === "complete" ? answered.deviceToken : undefined
    expect(await scene.signIn({ deviceToken })).toMatchObject({ status: "complete" })
    expect(await scene.signIn({ deviceToken, answerFollows: true })).toMatchObject({ status: "second_factor" })
  })

  test("keeps the last factor, but at its own door, where another one is owed at once", async () => {
    const { on } = await scene.withApp()
    await policy().setAddedRule(by(), {})
    const [factor] = await scene.engine.factors.list(on)
    const factorId = factor?.id ?? ""
    expect(await refusal(scene.engine.factors.remove(on, { factorId }))).toEqual({ code: "factor_required" })
    await scene.engine.factors.remove({ ...on, source: portal }, { factorId })
    expect(await scene.signIn({}, portal)).toMatchObject({ status: "enrolment" })
  })
})

describe("who may set it, and to what", () => {
  test("only administrators, with the second factor that they have", async () => {
    const root = await admin()
    const forbidden = { code: "forbidden" }
    const mine = await signIn(scene.ctx, scene.user)
    for (const actor of [mine.actor, userKey(scene.user), service("users:read")])
      expect(await refusal(policy().setAddedRule(by(actor), {}))).toEqual(forbidden)
    expect(await refusal(policy().setAddedRule(by(userKey(root, "*:read")), {}))).toEqual({
      code: "insufficient_scope",
      scope: "accounts.self:write",
    })
    expect(await policy().addedRule()).toBeUndefined()
    await policy().setAddedRule(by(userKey(root)), {})
    await policy().setAddedRule(by(userKey(root)), null)

    const theirs = sceneOf(scene, root)
    const { on } = await theirs.withApp()
    const weak = await signIn(scene.ctx, root)
    for (const actor of [weak.actor, userKey(root), userKey(root, "*")])
      expect(await refusal(policy().setAddedRule(by(actor), {}))).toEqual(forbidden)
    await policy().setAddedRule(by(on.actor), {})
    await policy().setAddedRule(by(userKey(root, "accounts.self:write")), null)
    expect(await policy().addedRule()).toBeUndefined()
  })

  test.each([
    [{ exemptAddresses: ["10.0.0.0/33"] }, "exemptAddresses"],
    [{ exemptAddresses: [""] }, "exemptAddresses"],
    [{ exemptAddresses: Array.from({ length: 101 }, (_, n) => `10.0.0.${n}`) }, "exemptAddresses"],
    [{ mandatoryUsers: ["\0"] }, "mandatoryUsers"],
    [{ mandatoryGroups: ["x".repeat(65)] }, "mandatoryGroups"],
  ])("%j is refused, and the rule that was stays", async (rule, field) => {
    await policy().setAddedRule(by(), { exemptAddresses: ["10.0.0.1"] })
    expect(await refusal(policy().setAddedRule(by(), rule))).toEqual({ code: "input_invalid", field })
    expect((await policy().addedRule())?.exemptAddresses).toEqual(["10.0.0.1"])
  })

  test("where nothing can be enrolled nothing can be demanded", async () => {
    await begin({ settings: { secondFactor: { rule: "off" } } })
    expect(await refusal(policy().setAddedRule(by(), {}))).toEqual({ code: "kind_not_offered" })
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })
})

describe("another user's factors", () => {
  const reset = (actor: Actor, userId = scene.user.id) =>
    scene.engine.operators.resetFactors(by(actor), { userId, kind: "totp" })

  test("are taken away by an owner, and by nobody else", async () => {
    const { on } = await scene.withApp()
    const root = await admin(["Administrator"])
    const owner = await person(scene.ctx, "owner@parcelforge.example", ["Owner"])
    const thief = await signIn(scene.ctx, await person(scene.ctx, "thief@parcelforge.example"))
    for (const actor of [thief.actor, (await signIn(scene.ctx, root)).actor, userKey(root), service("users:read")])
      expect(await refusal(reset(actor))).toEqual({ code: "forbidden" })
    expect(await scene.engine.factors.list(on)).toHaveLength(1)
    const { actor } = await signIn(scene.ctx, owner)
    expect(await refusal(reset(actor, "nobody"))).toEqual({ code: "not_found" })
    expect(await reset(actor)).toBe(1)
    expect(await reset(actor)).toBe(0)
    expect(await scene.engine.factors.list(scene.asOperator)).toEqual([])
    expect(await scene.notices()).toContain("factors_reset")
    const [audit] = await scene.database.query(sql`select detail from audit where event = 'factor.reset_for_another'`)
    expect(audit?.["detail"]).toContain(scene.user.id)
  })
})

test("an enrolment can be opened by somebody signed in, and signs in anew", async () => {
  const first = await scene.signIn({}, portal)
  const on = await scene.as(first.token, portal)
  expect(await refusal(scene.engine.signIn.openEnrolment({ actor: userKey(scene.user), source: portal }))).toEqual({
    code: "forbidden",
  })
  const opened = await scene.engine.signIn.openEnrolment(on)
  expect(opened).toMatchObject({ status: "enrolment", challenge: { purpose: "enrol", door: "docspace" } })
  const enrolling = { challenge: { token: opened.token }, source: portal }
  const begun = await scene.engine.factors.begin(enrolling, { kind: "totp", oneForUser: true })
  const { signIn: settled } = await scene.engine.factors.confirm(enrolling, {
    kind: "totp",
    answer: totpOf(begun, scene.clock),
  })
  expect(settled).toMatchObject({ status: "complete", session: { aal: 2 } })
  expect(await isAlive(scene.ctx, first.token)).toBe(false)
  const anew = await scene.as(settled?.token ?? "", portal)
  expect(await refusal(scene.engine.signIn.openEnrolment(anew))).toEqual({ code: "already_enrolled" })
})

test("a session of a door that asks for proofs has to be fresh to open an enrolment", async () => {
  const on = await scene.as((await scene.signIn()).token)
  scene.clock.advance(601)
  expect(await refusal(scene.engine.signIn.openEnrolment(on))).toMatchObject({
    code: "session_reverification_required",
    level: "first_factor",
  })
})
