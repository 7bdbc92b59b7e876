import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { password, person, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, sceneOf, type Scene } from "./scene-for-tests.ts"
import { totpOf } from "./totp-for-tests.ts"

let scene: Scene
const begin = async (settings: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(settings)
}
beforeEach(() => begin())
afterEach(() => scene.close())

describe("an enrolment that policy demands", () => {
  test("stands between the password and the session, and gives the session when it is done", async () => {
    await begin({ settings: { secondFactor: { rule: "required" } } })
    const first = await scene.signIn({ persistent: true })
    expect(first).toMatchObject({
      status: "enrolment",
      challenge: {
        purpose: "enrol",
        kinds: [
          { kind: "passkey", factors: [] },
          { kind: "totp", factors: [] },
          { kind: "email-code", factors: [] },
        ],
        postponableUntil: null,
      },
    })
    const enrolling = { challenge: { token: first.token }, source }
    const begun = await scene.engine.factors.begin(enrolling, { kind: "totp" })
    const confirmed = await scene.engine.factors.confirm(enrolling, {
      kind: "totp",
      answer: totpOf(begun, scene.clock),
    })
    expect(confirmed.recoveryCodes).toHaveLength(10)
    expect(confirmed.signIn).toMatchObject({
      status: "complete",
      session: { aal: 2, persistent: true },
      user: { defaultFactorId: confirmed.factor.id },
    })
    expect((await scene.as(confirmed.signIn?.token ?? "")).actor.session.aal).toBe(2)
    expect(await refusal(scene.engine.factors.begin(enrolling, { kind: "totp" }))).toEqual({ code: "challenge_spent" })
  })

  test("holds for the roles that are named, and for nobody else", async () => {
    await begin({ settings: { secondFactor: { rule: "required", roles: ["admin"] } } })
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
    const admin = sceneOf(scene, await person(scene.ctx, "root@parcelforge.example", ["user", "admin"]))
    expect(await admin.signIn()).toMatchObject({ status: "enrolment" })
  })

  test("can be put off until the day that is named, and not from then on", async () => {
    const from = scene.clock.now() + 1_000_000
    await begin({ settings: { secondFactor: { rule: "required", from } } })
    const first = await scene.signIn()
    expect(first).toMatchObject({ status: "enrolment", challenge: { postponableUntil: from } })
    const later = await scene.engine.signIn.postpone({ token: first.token }, source)
    expect(later).toMatchObject({ status: "complete", session: { aal: 1 } })
    const on = await scene.as(later.token)
    expect(await scene.engine.sessions.tasks(on.actor)).toEqual([])
    expect(await refusal(scene.engine.signIn.postpone({ token: first.token }, source))).toEqual({
      code: "challenge_spent",
    })
    scene.clock.set(from)
    // A session from before does not pass by the duty.
    expect(await scene.engine.sessions.tasks(on.actor)).toEqual(["enrol_second_factor"])
    const second = await scene.signIn()
    expect(second).toMatchObject({ challenge: { postponableUntil: null } })
    expect(await refusal(scene.engine.signIn.postpone({ token: second.token }, source))).toEqual({
      code: "enrolment_required",
    })
  })

  test("its challenge opens nothing else: no answer, no session, no further factor", async () => {
    await begin({ settings: { secondFactor: { rule: "required" } } })
    const { token } = await scene.signIn()
    expect(await scene.engine.sessions.authenticate(token, source)).toBeUndefined()
    expect(await refusal(scene.answer(token, "totp", "123456"))).toEqual({ code: "kind_not_offered" })
    expect(await refusal(scene.answer(token, "password", password))).toEqual({ code: "kind_not_offered" })
  })

  test("a challenge of a sign-in does not let a password thief enrol an app of his own", async () => {
    await scene.withApp()
    const challenge = { token: await scene.challenge() }
    for (const kind of ["totp", "email-code"]) {
      expect(await refusal(scene.engine.factors.begin({ challenge, source }, { kind }))).toEqual({
        code: "challenge_spent",
      })
      expect(await refusal(scene.engine.factors.reveal({ challenge, source }, { kind }))).toEqual({
        code: "challenge_spent",
      })
      expect(await refusal(scene.engine.factors.confirm({ challenge, source }, { kind, answer: "123456" }))).toEqual({
        code: "challenge_spent",
      })
    }
    expect(await refusal(scene.engine.signIn.postpone(challenge, source))).toEqual({ code: "challenge_spent" })
  })

  test("an open one dies once the user has a factor", async () => {
    await begin({ settings: { secondFactor: { rule: "required" } } })
    const { token } = await scene.signIn()
    await scene.engine.factors.add(scene.asOperator, { kind: "totp" })
    expect(await refusal(scene.engine.factors.begin({ challenge: { token }, source }, { kind: "totp" }))).toEqual({
      code: "challenge_spent",
    })
  })

  test("switching second factors off does not open accounts that have one", async () => {
    await begin({ settings: { secondFactor: { rule: "off" } } })
    const on = await scene.as((await scene.signIn()).token)
    expect(await scene.engine.factors.offered(on)).toEqual([])
    expect(await refusal(scene.engine.factors.begin(on, { kind: "totp" }))).toEqual({ code: "kind_not_offered" })
  })
})
