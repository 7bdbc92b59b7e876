import { afterEach, describe, expect, test } from "vitest"
import { sql } from "../../../store/database.ts"
import { sceneForTests, type Scene } from "../../sign-in/scene-for-tests.ts"
import { refusal, source } from "../../users/people-for-tests.ts"
import { contractOf } from "../kind-suite.ts"
import { asked, authenticatorForTests, enrolPasskey, optionsOf, withPasskey } from "./scene-for-tests.ts"

type Authenticator = ReturnType<typeof authenticatorForTests>
const devices = new Map<string, Authenticator>()
const deviceOf = (factorId: string): Authenticator => {
  const device = devices.get(factorId) ?? authenticatorForTests()
  devices.set(factorId, device)
  return device
}

contractOf({
  name: "passkey",
  enrolAnswer: async (_scene, { factor, show }) => deviceOf(factor.id).create(show["options"]),
  answer: async (_scene, { factor }, { show }) => deviceOf(factor.id).get(show?.["options"]),
  wrong: {
    id: "AAAA",
    rawId: "AAAA",
    type: "public-key",
    response: { clientDataJSON: "AAAA", authenticatorData: "AAAA", signature: "AAAA" },
  },
  junk: ["", "123456", null, undefined, 7, [], {}, { id: "AAAA" }, { id: "AAAA", rawId: "AAAA", type: "public-key" }],
})

let scene: Scene | undefined
afterEach(async () => {
  await scene?.close()
  scene = undefined
})

const open = async (...about: Parameters<typeof withPasskey>) => {
  const opened = await withPasskey(...about)
  scene = opened.scene
  return opened
}

const events = async ({ database }: Scene): Promise<string[]> =>
  (await database.query<{ event: string }>(sql`select event from audit order by id`)).map(({ event }) => event)

describe("what the browser is asked", () => {
  test("to make one: for this domain, none that the user has already, with the three algorithms, no attestation", async () => {
    const { scene: at, on, authenticator } = await open()
    const { show } = await at.engine.factors.begin(on, { kind: "passkey" })
    expect(show["options"]).toEqual({
      rp: { id: "localhost", name: "Countersign" },
      user: { id: expect.stringMatching(/^[\w-]{43}$/), name: at.user.email, displayName: expect.any(String) },
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      timeout: 300_000,
      excludeCredentials: [{ type: "public-key", id: authenticator.passkeys[0]?.id, transports: ["internal"] }],
      authenticatorSelection: { residentKey: "preferred", requireResidentKey: false, userVerification: "preferred" },
      attestation: "none",
    })
    // The authenticator itself refuses to make a second one.
    expect(() => authenticator.create(show["options"])).toThrow("already")
  })

  test("a user's passkeys share one handle, which is no id of ours, and users have different ones", async () => {
    const { scene: at, on } = await open()
    const handleIn = (show: Record<string, unknown>) => (show["options"] as { user: { id: string } }).user.id
    const [a, b] = [0, 1].map(async () => handleIn((await at.engine.factors.begin(on, { kind: "passkey" })).show))
    expect(await a).toBe(await b)
    expect(Buffer.from((await a) ?? "", "base64url").toString()).not.toContain(at.user.id)
  })

  test("to use one: all of the user's, and another question each time", async () => {
    const { scene: at, on, authenticator } = await open()
    const second = await enrolPasskey(at, on)
    const { token, options } = await asked(at)
    const ids = [authenticator, second.authenticator].map(({ passkeys }) => passkeys[0]?.id)
    expect(options).toEqual({
      rpId: "localhost",
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      timeout: 300_000,
      allowCredentials: ids.map((id) => ({ type: "public-key", id, transports: ["internal"] })),
      userVerification: "preferred",
    })
    const again = (await optionsOf(at, token)) as { challenge: string }
    expect(again.challenge).not.toBe((options as { challenge: string }).challenge)
    expect(await at.answer(token, "passkey", second.authenticator.get(again))).toMatchObject({ status: "complete" })
  })

  test("as often as a page is opened: what is only shown is not limited as mails are", async () => {
    const { scene: at, authenticator } = await open()
    const { token } = await asked(at)
    for (let times = 0; times < 20; times++) await optionsOf(at, token)
    expect(await at.answer(token, "passkey", authenticator.get(await optionsOf(at, token)))).toMatchObject({
      status: "complete",
    })
  })

  test("the question of a factor that waits can be shown again, and that of a bound one can't", async () => {
    scene = await sceneForTests()
    const on = await scene.as((await scene.signIn()).token)
    const begun = await scene.engine.factors.begin(on, { kind: "passkey" })
    expect((await scene.engine.factors.reveal(on, { kind: "passkey" }))?.show).toEqual(begun.show)
    const { on: after } = await enrolPasskey(scene, on)
    const shown = await scene.engine.factors.reveal(after, { kind: "passkey" })
    expect(shown?.show ?? {}).toEqual({})
  })
})

describe("what it proves (NIST SP 800-63B-4, 2.2.1)", () => {
  test.each([
    ["a device's own passkey that verified its user", {}, ["pwd", "hwk", "user", "mfa"]],
    ["a synced passkey that verified its user", { synced: true }, ["pwd", "swk", "user", "mfa"]],
    ["a security key that was only touched", { verifiesUser: false }, ["pwd", "hwk", "user"]],
  ])("%s", async (_name, about, methods) => {
    const { scene: at, authenticator } = await open(about)
    const { token, options } = await asked(at)
    const done = await at.answer(token, "passkey", authenticator.get(options))
    expect(done).toMatchObject({ status: "complete", session: { aal: 2, secondFactorAt: at.clock.now() } })
    if (done.status !== "complete") throw new Error("not complete")
    expect(done.session.methods.map(({ method }) => method)).toEqual(methods)
  })

  test("a touch alone is no first factor at a step-up, and a PIN that was set later is none either", async () => {
    const { scene: at, on, authenticator } = await open({ verifiesUser: false })
    at.clock.advance(3600)
    const { token } = await at.engine.stepUp.open(on, { level: "second_factor" })
    const answer = authenticator.get(await optionsOf(at, token), { userVerified: true })
    const { actor } = await at.as((await at.answer(token, "passkey", answer)).token)
    await at.engine.stepUp.require(actor, { level: "second_factor" })
    expect(await refusal(at.engine.stepUp.require(actor, { level: "first_factor" }))).toMatchObject({
      code: "session_reverification_required",
    })
    expect(actor.session.methods.map(({ method }) => method)).not.toContain("mfa")
  })

  test("one that verified its user at a step-up is both factors", async () => {
    const { scene: at, on, authenticator } = await open()
    at.clock.advance(3600)
    const { token } = await at.engine.stepUp.open(on, { level: "second_factor" })
    const done = await at.answer(token, "passkey", authenticator.get(await optionsOf(at, token)))
    await at.engine.stepUp.require((await at.as(done.token)).actor, { level: "multi_factor" })
  })

  test("never on its own: without the password there is no question to answer", async () => {
    const { scene: at } = await open()
    expect(await refusal(optionsOf(at, "csc_nothing"))).toEqual({ code: "challenge_spent" })
    expect(await at.signIn()).toMatchObject({ status: "second_factor" })
  })
})

describe("who may have one", () => {
  test("a fresh installation offers it first", async () => {
    scene = await sceneForTests()
    const on = await scene.as((await scene.signIn()).token)
    expect(await scene.engine.factors.offered(on)).toEqual(["passkey", "totp", "email-code"])
  })

  test("nobody where the relying party would be a bare address", async () => {
    for (const id of ["127.0.0.1", "[::1]"]) {
      scene = await sceneForTests({ settings: { relyingParty: { id } } })
      const on = await scene.as((await scene.signIn()).token)
      expect(await scene.engine.factors.offered(on)).toEqual(["totp", "email-code"])
      expect(await refusal(scene.engine.factors.begin(on, { kind: "passkey" }))).toEqual({ code: "kind_not_offered" })
      await scene.close()
    }
    scene = undefined
  })

  test("nobody gets one from an operator, whose hands no device is in", async () => {
    scene = await sceneForTests()
    expect(await refusal(scene.engine.factors.add(scene.asOperator, { kind: "passkey" }))).toEqual({
      code: "kind_not_offered",
    })
  })

  test("an address that nobody has confirmed protects nothing", async () => {
    scene = await sceneForTests({ settings: { confirmEmail: "required" } })
    const on = await scene.as((await scene.signIn()).token)
    await scene.database.query(sql`update users set email_confirmed_at = ${null} where id = ${scene.user.id}`)
    expect(await refusal(scene.engine.factors.begin(on, { kind: "passkey" }))).toEqual({ code: "address_unconfirmed" })
  })

  test("ten for each user at most", async () => {
    const { scene: at, on } = await open()
    let last = on
    for (let more = 1; more < 10; more++) ({ on: last } = await enrolPasskey(at, last))
    expect(await refusal(at.engine.factors.begin(last, { kind: "passkey" }))).toEqual({ code: "factor_limit_reached" })
    expect(await at.engine.factors.offered(last)).not.toContain("passkey")
  })

  test("the first one brings recovery codes, and ends what the password alone had earned", async () => {
    scene = await sceneForTests()
    const [here, there] = [await scene.signIn(), await scene.signIn()]
    const on = await scene.as(here.token)
    const begun = await scene.engine.factors.begin(on, { kind: "passkey" })
    const answer = authenticatorForTests().create(begun.show["options"])
    const confirmed = await scene.engine.factors.confirm(on, { kind: "passkey", answer, name: "Laptop" })
    expect(confirmed.recoveryCodes).toHaveLength(10)
    expect(confirmed.factor).toMatchObject({ kind: "passkey", name: "Laptop", state: "on" })
    expect(await scene.engine.sessions.authenticate(there.token, source)).toBeUndefined()
    expect(await scene.notices()).toContain("factor_added")
  })

  test("one that waits confirms in its own session alone", async () => {
    scene = await sceneForTests()
    const [a, b] = [await scene.as((await scene.signIn()).token), await scene.as((await scene.signIn()).token)]
    const begun = await scene.engine.factors.begin(a, { kind: "passkey" })
    const answer = authenticatorForTests().create(begun.show["options"])
    expect(await refusal(scene.engine.factors.confirm(b, { kind: "passkey", answer }))).toEqual({
      code: "enrolment_expired",
    })
  })

  test("who owes an enrolment can pay with one", async () => {
    scene = await sceneForTests({ settings: { secondFactor: { rule: "required" } } })
    const first = await scene.signIn()
    if (first.status !== "enrolment") throw new Error("no enrolment is owed")
    const enrolling = { challenge: { token: first.token }, source }
    const begun = await scene.engine.factors.begin(enrolling, { kind: "passkey" })
    const answer = authenticatorForTests().create(begun.show["options"])
    const { signIn } = await scene.engine.factors.confirm(enrolling, { kind: "passkey", answer })
    expect(signIn).toMatchObject({ status: "complete", session: { aal: 2 } })
  })
})

describe("what is kept", () => {
  const dataOf = async (at: Scene, factorId: string): Promise<Record<string, unknown>> => {
    const [row] = await at.database.query<{ data: string; user_id: string }>(
      sql`select data, user_id from factors where id = ${factorId}`,
    )
    const bound = { table: "factors", row: factorId, user: row?.user_id ?? "" }
    return JSON.parse(await at.ctx.vault.open(row?.data ?? "", bound)) as Record<string, unknown>
  }

  test("the key, the transports, the three flags, and nothing of the person (WebAuthn level 3, 4)", async () => {
    const { scene: at, factorId, authenticator } = await open({ synced: true })
    expect(await dataOf(at, factorId)).toEqual({
      type: "public-key",
      publicKey: expect.stringMatching(/^[\w-]{80,}$/),
      transports: ["hybrid", "internal"],
      backupEligible: true,
      backedUp: true,
      uvInitialized: true,
      userHandle: authenticator.passkeys[0]?.userHandle,
    })
    const [row] = await at.database.query<{ handle: string; counter: number }>(
      sql`select handle, counter from factors where id = ${factorId}`,
    )
    expect(row).toEqual({ handle: authenticator.passkeys[0]?.id, counter: 0 })
  })

  test("whether it has been copied is brought up to date, whether a user can be verified is not", async () => {
    const { scene: at, factorId, authenticator } = await open({ synced: true, verifiesUser: false })
    const { token, options } = await asked(at)
    await at.answer(token, "passkey", authenticator.get(options, { backedUp: false, userVerified: true }))
    expect(await dataOf(at, factorId)).toMatchObject({ backupEligible: true, backedUp: false, uvInitialized: false })
  })

  test("one that is removed can be bound anew, by whoever has it", async () => {
    const { scene: at, on, factorId, authenticator } = await open()
    await at.engine.factors.remove(on, { factorId })
    const again = await at.as((await at.signIn()).token)
    const begun = await at.engine.factors.begin(again, { kind: "passkey" })
    const credentialId = Buffer.from(authenticator.passkeys[0]?.id ?? "", "base64url")
    const answer = authenticatorForTests().create(begun.show["options"], { credentialId })
    expect(await at.engine.factors.confirm(again, { kind: "passkey", answer })).toMatchObject({
      factor: { state: "on" },
    })
    expect(await events(at)).toContain("factor.removed")
  })
})
