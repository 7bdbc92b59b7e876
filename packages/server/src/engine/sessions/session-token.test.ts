import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from "jose"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { On } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { operator, person, refusal, service, source, userKey } from "../users/people-for-tests.ts"

let scene: Scene
beforeEach(async () => {
  scene = await sceneForTests()
})
afterEach(() => scene.close())

const audience = "https://app.example"
const issue = (on: On) => scene.engine.sessions.issueSessionToken(on.actor, { audience })
const checks = async () => createLocalJWKSet((await scene.engine.sessions.jwks()) as unknown as JSONWebKeySet)

test("a back end that has nothing but the published keys learns who, how strongly and how lately, for a minute", async () => {
  const { on } = await scene.withApp()
  scene.clock.advance(190)
  const { token, expiresAt } = await issue(on)
  expect(expiresAt).toBe(Math.floor(scene.clock.now() / 1000) * 1000 + 60_000)
  const issuer = scene.ctx.settings.publicUrl
  const expected = { issuer, audience, typ: "countersign-session+jwt", algorithms: ["ES256"] }
  const verified = await jwtVerify(token, await checks(), { ...expected, currentDate: new Date(scene.clock.now()) })
  expect(verified.payload).toMatchObject({
    sub: scene.user.id,
    sid: on.actor.session.id,
    amr: ["pwd", "otp", "mfa"],
    acr: "urn:countersign:aal2",
    auth_time: Math.floor(on.actor.session.authenticatedAt / 1000),
    fva: [3, 3],
  })
  await expect(jwtVerify(token, await checks(), { ...expected, currentDate: new Date(expiresAt) })).rejects.toThrow(
    "exp",
  )
})

test("a remembered device is a second factor that was never proved, not one that there is none of", async () => {
  const { app } = await scene.withApp()
  const first = await scene.answer(await scene.challenge(), "totp", app.code(), true)
  const deviceToken = first.status === "complete" ? first.deviceToken : undefined
  const remembered = await scene.as((await scene.signIn({ deviceToken })).token)
  expect(decodeJwt((await issue(remembered)).token)).toMatchObject({
    acr: "urn:countersign:aal1",
    fva: [0, 99_999],
  })
  const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
  expect(decodeJwt((await issue(await otto.as((await otto.signIn()).token))).token)).toMatchObject({ fva: [0, -1] })
})

test("it opens no door here, and a door's token is none of its kind", async () => {
  const { on } = await scene.withApp()
  const signing = { issuer: scene.ctx.settings.publicUrl, audience }
  const { token } = await issue(on)
  expect(await scene.engine.sessions.authenticateJwt(token, signing, source)).toBeUndefined()
  expect(await scene.engine.sessions.authenticate(token, source)).toBeUndefined()
  const doors = await scene.engine.sessions.issueJwt(on.actor.session.id, { ...signing, seconds: 60 })
  expect(await scene.engine.sessions.authenticateJwt(doors.token, signing, source)).toBeDefined()
  await expect(
    jwtVerify(doors.token, await checks(), {
      typ: "countersign-session+jwt",
      currentDate: new Date(scene.clock.now()),
    }),
  ).rejects.toThrow("typ")
})

test("it never outlives its session", async () => {
  await scene.close()
  scene = await sceneForTests({ settings: { session: { seconds: 90 } } })
  const on = await scene.as((await scene.signIn()).token)
  scene.clock.advance(50)
  expect((await issue(on)).expiresAt).toBeLessThanOrEqual(on.actor.session.expiresAt)
})

test("a session that owes an enrolment gets none, nor does a key, a service or an operator", async () => {
  await scene.close()
  scene = await sceneForTests({ settings: { secondFactor: { rule: "required", roles: ["editor"] } } })
  const on = await scene.as((await scene.signIn()).token)
  await issue(on)
  await scene.engine.users.update(scene.asOperator, { roles: ["editor"] })
  const now = await scene.engine.sessions.find(on.actor.session.id)
  const user = await scene.engine.users.find({ id: scene.user.id })
  const owing: On = { ...on, actor: { ...on.actor, ...(now && { session: now }), ...(user && { user }) } }
  expect(await refusal(issue(owing))).toEqual({ code: "enrolment_required" })
  for (const actor of [userKey(scene.user, "*"), service("users:read"), operator])
    expect(await refusal(issue({ actor, source }))).toEqual({ code: "forbidden" })
})
