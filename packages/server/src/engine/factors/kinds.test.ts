import { expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import { engineForTests } from "../../testing/engine.ts"
import { sceneForTests, sceneOf } from "../sign-in/scene-for-tests.ts"
import { totpOf } from "../sign-in/totp-for-tests.ts"
import { person, refusal, source } from "../users/people-for-tests.ts"
import { contractOf } from "./kind-suite.ts"
import { kindsOf } from "./kinds.ts"
import { assertion, stubPasskey } from "./passkey-stub-for-tests.ts"

contractOf({
  name: "totp",
  enrolAnswer: async ({ clock }, begun) => totpOf(begun, clock),
  answer: async ({ clock }, begun) => totpOf(begun, clock),
  wrong: "000000",
  junk: ["", "12345", "1234567", "abcdef", 123456, null, undefined, [], {}],
})

contractOf({
  name: "email-code",
  enrolAnswer: (scene) => scene.mailedCode(),
  answer: async (scene) => {
    // A test may have started challenges of two users: the newest mail to this one counts.
    const mails = (await scene.mails()).filter(
      ({ template, to }) => template === "mailed-code" && to === scene.user.email,
    )
    return mails.at(-1)?.facts["code"]
  },
  wrong: "000000",
  junk: ["", "12345", "1234567", "abcdef", 123456, null, undefined, [], {}],
})

let counter = 0
const options = { kinds: [stubPasskey], settings: { factors: ["stub-passkey", "totp", "email-code"] } }
const device = (show: Record<string, unknown>) => ({ handle: String(show["handle"]), key: String(show["key"]) })

contractOf({
  name: "stub-passkey",
  options,
  enrolAnswer: async (_scene, { show }) => assertion(device(show), String(show["nonce"]), ++counter),
  answer: async (_scene, { show }, started) => assertion(device(show), String(started.show?.["nonce"]), ++counter),
  wrong: { handle: "x", counter: 1, signature: "x" },
  junk: ["", null, undefined, 7, [], {}, { handle: 1 }, { handle: "x", counter: "1", signature: "x" }],
})

test("a kind that verified its user is several factors at once, and stands first in the list", async () => {
  const scene = await sceneForTests(options)
  const on = await scene.as((await scene.signIn()).token)
  const { show } = await scene.engine.factors.begin(on, { kind: "stub-passkey" })
  const { token } = await scene.engine.factors.confirm(on, {
    kind: "stub-passkey",
    answer: assertion(device(show), String(show["nonce"]), ++counter),
  })
  const { app } = await scene.enrol(await scene.as(token ?? ""))
  const challenge = await scene.challenge()
  expect((await scene.engine.signIn.challenge(challenge)).kinds.map(({ kind }) => kind)).toEqual([
    "stub-passkey",
    "totp",
    "recovery-code",
  ])
  const started = await scene.engine.signIn.start({ token: challenge }, "stub-passkey", source)
  const done = await scene.answer(
    challenge,
    "stub-passkey",
    assertion(device(show), String(started.show?.["nonce"]), ++counter),
  )
  expect(done).toMatchObject({
    session: { aal: 2, methods: [{ method: "pwd" }, { method: "hwk" }, { method: "user" }, { method: "mfa" }] },
  })
  // Both factors in one answer settle a step-up that wants both.
  const { token: stepUp } = await scene.engine.stepUp.open(await scene.as(done.token), { level: "second_factor" })
  expect(await scene.answer(stepUp, "totp", app.code())).toMatchObject({ status: "complete" })
  await scene.close()
})

test("one challenge serves all of a user's factors of the kind, and only the newest one", async () => {
  const scene = await sceneForTests(options)
  let on = await scene.as((await scene.signIn()).token)
  const devices: { handle: string; key: string }[] = []
  for (let count = 0; count < 2; count++) {
    const { show } = await scene.engine.factors.begin(on, { kind: "stub-passkey" })
    devices.push(device(show))
    const { token } = await scene.engine.factors.confirm(on, {
      kind: "stub-passkey",
      answer: assertion(device(show), String(show["nonce"]), ++counter),
    })
    on = await scene.as(token ?? "")
  }
  const challenge = await scene.challenge()
  const first = await scene.engine.signIn.start({ token: challenge }, "stub-passkey", source)
  const second = await scene.engine.signIn.start({ token: challenge }, "stub-passkey", source)
  expect(second.show?.["allow"]).toEqual(devices.map(({ handle }) => handle))
  const [, last] = devices
  if (last === undefined) throw new Error("no second device")
  const answer = (nonce: unknown) => scene.answer(challenge, "stub-passkey", assertion(last, String(nonce), ++counter))
  expect(await refusal(answer(first.show?.["nonce"]))).toEqual({ code: "code_incorrect" })
  expect(await answer(second.show?.["nonce"])).toMatchObject({ status: "complete" })
  await scene.close()
})

test("a handle belongs to one user: the same authenticator is not bound a second time", async () => {
  const scene = await sceneForTests(options)
  const begin = (email: string) => person(scene.ctx, email)
  const [a, b] = [scene.user, await begin("otto@parcelforge.example")]
  const handle = "the-same-handle"
  for (const [user, refused] of [
    [a, false],
    [b, true],
  ] as const) {
    const first = await scene.signIn({ email: user.email ?? "" })
    const begun = scene.engine.factors.begin(await scene.as(first.token), { kind: "stub-passkey", input: { handle } })
    const outcome = await begun.then(
      () => false,
      () => true,
    )
    expect(outcome).toBe(refused)
  }
  await scene.close()
})

test("the list of kinds is in the order in which they are offered, fallbacks after factors", async () => {
  const scene = await sceneForTests()
  expect(kindsOf(scene.ctx).map(({ name, role }) => [name, role])).toEqual([
    ["passkey", "factor"],
    ["totp", "factor"],
    ["email-code", "factor"],
    ["recovery-code", "fallback"],
    ["password", "primary"],
  ])
  await scene.close()
})

test.each(["A:B", "", "  "])("an issuer %j is refused at the start", async (issuer) => {
  await expect(sceneForTests({ settings: { issuer } })).rejects.toThrow(TypeError)
})

test("an app goes on with the scheme that it was scanned with when the settings change", async () => {
  const scene = await sceneForTests()
  const { app } = await scene.withApp()
  const changed = sceneOf(
    await engineForTests({ database: scene.database, settings: { totp: { digits: 8, algorithm: "SHA-512" } } }),
    scene.user,
  )
  changed.clock.set(scene.clock.now())
  const done = await changed.answer(await changed.challenge(), "totp", app.code())
  expect(done).toMatchObject({ status: "complete" })
  const begun = await changed.engine.factors.begin(await changed.as(done.token), { kind: "totp" })
  const fresh = createAuthenticator(changed.clock.now).scan(String(begun.show["uri"]))
  expect(fresh.code()).toHaveLength(8)
  expect(String(begun.show["secret"])).toHaveLength(103)
  await scene.close()
})
