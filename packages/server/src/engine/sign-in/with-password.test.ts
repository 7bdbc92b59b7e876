import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { operator, password, person, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, sceneOf, type Scene } from "./scene-for-tests.ts"
import { totpOf } from "./totp-for-tests.ts"

let scene: Scene
const begin = async (settings: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(settings)
}
beforeEach(() => begin())
afterEach(() => scene.close())

const wrong = (email = scene.user.email ?? "") =>
  refusal(scene.engine.signIn.withPassword({ email, password: "not this one" }, source))

describe("address and password", () => {
  test("give a session of one factor where no other is owed", async () => {
    const done = await scene.signIn({ persistent: true })
    expect(done).toMatchObject({
      status: "complete",
      session: {
        aal: 1,
        persistent: true,
        methods: [{ method: "pwd", kind: "password" }],
        firstFactorAt: scene.clock.now(),
        secondFactorAt: null,
      },
    })
    expect(done.user).not.toHaveProperty("passwordHash")
    expect(done.user).not.toHaveProperty("securityStamp")
  })

  test.each([" EWA@parcelforge.example ", "ewa@PARCELFORGE.example", "ｅｗａ@parcelforge.example"])(
    "the address may be spelled %j",
    async (email) => {
      expect(await scene.signIn({ email })).toMatchObject({ status: "complete" })
    },
  )

  test("an unknown address and a wrong password are refused alike", async () => {
    expect(await wrong()).toEqual({ code: "credentials_incorrect" })
    expect(await wrong("nobody@parcelforge.example")).toEqual({ code: "credentials_incorrect" })
    expect(await wrong("no address at all")).toEqual({ code: "credentials_incorrect" })
  })

  test("a user without a password can't sign in with any", async () => {
    await scene.engine.users.create(
      { actor: operator, source },
      { email: "app@parcelforge.example", emailConfirmed: true },
    )
    expect(await wrong("app@parcelforge.example")).toEqual({ code: "credentials_incorrect" })
  })

  test.each([
    [{ email: "" }, "email"],
    [{ password: "" }, "password"],
    [{ email: null as unknown as string }, "email"],
    [{ password: 7 as unknown as string }, "password"],
  ])("%j is malformed", async (input, field) => {
    expect(await refusal(scene.signIn(input))).toMatchObject({ code: "input_invalid", field })
  })

  test.each(["\u0000", "a\u0000@b.example", "x".repeat(100_000), "\ud83d", "🦊".repeat(500)])(
    "a strange address (%#) is a wrong one",
    async (email) => {
      expect(await wrong(email)).toEqual({ code: "credentials_incorrect" })
    },
  )

  test("with a factor on, the right password alone gives a challenge; a wrong one says nothing of it", async () => {
    await scene.withApp()
    expect(await scene.signIn()).toMatchObject({ status: "second_factor", challenge: { purpose: "sign_in" } })
    expect(await wrong()).toEqual({ code: "credentials_incorrect" })
  })

  test("a disabled account is told so after the right password only", async () => {
    await scene.engine.users.setDisabled(scene.asOperator, true)
    expect(await wrong()).toEqual({ code: "credentials_incorrect" })
    expect(await refusal(scene.signIn())).toEqual({ code: "account_disabled" })
  })

  test("an unconfirmed address is told so after the right password only, and where confirming is demanded", async () => {
    await scene.engine.users.create({ actor: operator, source }, { email: "new@parcelforge.example", password })
    expect(await wrong("new@parcelforge.example")).toEqual({ code: "credentials_incorrect" })
    expect(await refusal(scene.signIn({ email: "new@parcelforge.example" }))).toEqual({ code: "address_unconfirmed" })
    await begin({ settings: { confirmEmail: "optional" } })
    await scene.engine.users.create({ actor: operator, source }, { email: "new@parcelforge.example", password })
    expect(await scene.signIn({ email: "new@parcelforge.example" })).toMatchObject({ status: "complete" })
  })
})

describe("where a person is sent afterwards", () => {
  const returnTo = async (asked: string) => {
    const first = await scene.signIn({ returnTo: asked })
    return first.status === "complete" ? undefined : first.challenge.returnTo
  }
  beforeEach(async () => {
    await begin({
      settings: { allowedOrigins: ["https://app.parcelforge.example"], publicUrl: "https://id.parcelforge.example" },
    })
    await scene.withApp()
  })
  test.each([
    "/account",
    "/a?b=c#d",
    "https://app.parcelforge.example/in?x=1",
    "https://id.parcelforge.example/account",
  ])("%j is kept", async (asked) => {
    expect(await returnTo(asked)).toBe(asked)
  })
  test.each([
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "https://evil.example/",
    "https://app.parcelforge.example.evil.example/",
    "https://app.parcelforge.example@evil.example/",
    "https://app.parcelforge.example:444/",
    "http://app.parcelforge.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil",
    "",
    `/${"a".repeat(3000)}`,
  ])("%j is dropped", async (asked) => {
    expect(await returnTo(asked)).toBeNull()
  })
})

describe("the lock of a password", () => {
  test("the fifth failure begins it, and the right password is refused while it lasts", async () => {
    for (let failures = 1; failures <= 4; failures++) expect(await wrong()).toEqual({ code: "credentials_incorrect" })
    expect(await wrong()).toEqual({ code: "too_many_attempts", retryAfter: 300 })
    scene.clock.advance(299)
    expect(await refusal(scene.signIn())).toEqual({ code: "too_many_attempts", retryAfter: 1 })
    scene.clock.advance(1)
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })

  test("an unknown address locks exactly as a known one does", async () => {
    const answers = async (email: string) => {
      const seen: unknown[] = []
      for (let tries = 0; tries < 7; tries++) seen.push(await wrong(email))
      return seen
    }
    expect(await answers("nobody@parcelforge.example")).toEqual(await answers(scene.user.email ?? ""))
  })

  test("each further one lasts twice as long, up to an hour", async () => {
    const waits: (number | undefined)[] = []
    for (let locks = 0; locks < 6; locks++) {
      for (let failures = 0; failures < 4; failures++) await wrong()
      const { retryAfter } = await wrong()
      waits.push(retryAfter)
      scene.clock.advance(retryAfter ?? 0)
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 3600, 3600])
    await scene.signIn()
    for (let failures = 0; failures < 4; failures++) await wrong()
    expect(await wrong()).toMatchObject({ retryAfter: 300 })
  })

  test("all spellings of an address share it", async () => {
    const spellings = [
      "ewa@parcelforge.example",
      "EWA@parcelforge.example",
      " ewa@parcelforge.example",
      "ｅｗａ@parcelforge.example",
      "Ewa@ParcelForge.Example",
    ]
    for (const email of spellings.slice(0, 4)) expect(await wrong(email)).toEqual({ code: "credentials_incorrect" })
    expect(await wrong(spellings[4])).toMatchObject({ code: "too_many_attempts" })
  })

  test("of a hundred wrong passwords at once no more than five are judged", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => wrong()))
    expect(answers.filter(({ code }) => code === "credentials_incorrect").length).toBeLessThanOrEqual(5)
    expect(await refusal(scene.signIn())).toMatchObject({ code: "too_many_attempts" })
  })

  test("the right password among a hundred wrong ones does not slip in behind the lock", async () => {
    const guesses = Array.from({ length: 60 }, (_, index) => (index === 50 ? scene.signIn() : wrong()))
    const settled = await Promise.allSettled(guesses)
    expect(settled[50]?.status).toBe("rejected")
  })

  test("forty right passwords at once all pass", async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => scene.signIn()))
    expect(all.every(({ status }) => status === "complete")).toBe(true)
  })

  test("refused attempts while it lasts do not prolong it", async () => {
    for (let failures = 0; failures < 5; failures++) await wrong()
    for (let refused = 0; refused < 20; refused++) await wrong()
    scene.clock.advance(300)
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })

  test("its owner is told once, with until when and where to", async () => {
    await begin({ settings: { allowedOrigins: ["https://app.parcelforge.example"] } })
    const { email } = scene.user
    const tries = (lockedLink: string) =>
      refusal(scene.engine.signIn.withPassword({ email: email ?? "", password: "x", lockedLink }, source))
    for (let failures = 0; failures < 9; failures++) await tries("https://app.parcelforge.example/forgot")
    const mails = (await scene.mails()).filter(({ facts }) => facts["notice"] === "account_locked")
    expect(mails).toHaveLength(1)
    expect(mails[0]).toMatchObject({
      to: email,
      facts: { until: scene.clock.now() + 300_000, link: "https://app.parcelforge.example/forgot" },
    })
    scene.clock.advance(300)
    for (let failures = 0; failures < 5; failures++) await tries("https://evil.example/")
    expect((await scene.mails()).at(-1)?.facts).toMatchObject({ notice: "account_locked", link: null })
  })

  test("somebody else's success does not clear it", async () => {
    const other = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    for (let failures = 0; failures < 4; failures++) await wrong()
    await other.signIn()
    expect(await wrong()).toMatchObject({ code: "too_many_attempts" })
  })

  test("with a factor on, the right password alone does not clear it: the whole sign-in does", async () => {
    const { app } = await scene.withApp()
    for (let failures = 0; failures < 4; failures++) await wrong()
    await scene.challenge()
    expect(await wrong()).toMatchObject({ code: "too_many_attempts" })
    scene.clock.advance(300)
    await scene.answer(await scene.challenge(), "totp", app.code())
    for (let failures = 0; failures < 4; failures++) expect(await wrong()).toEqual({ code: "credentials_incorrect" })
  })

  test("strangers' wrong passwords do not keep a signed-in person from the second factor, or from the password", async () => {
    const { app, on } = await scene.withApp()
    for (let failures = 0; failures < 6; failures++) await wrong()
    const { token } = await scene.engine.stepUp.open(on, { level: "multi_factor" })
    const half = await scene.answer(token, "password", password)
    expect(await scene.answer(half.token, "totp", app.code())).toMatchObject({ status: "complete" })
  })

  test("a reset of the password by mail goes on working, and ends it", async () => {
    for (let failures = 0; failures < 5; failures++) await wrong()
    const { email } = scene.user
    await scene.engine.users.requestReset({ email: email ?? "" }, source)
    const link = String((await scene.mails()).at(-1)?.facts["link"])
    const reset = { token: new URL(link).searchParams.get("token") ?? "", password: "a-Whole-new-one-12" }
    await scene.engine.users.resetPassword(reset, source)
    expect(await scene.signIn({ password: reset.password })).toMatchObject({ status: "complete" })
  })

  test("the table of failures names nobody", async () => {
    await wrong()
    await wrong("nobody@parcelforge.example")
    expect(JSON.stringify(await scene.database.query(sql`select * from failures`))).not.toMatch(
      /ewa|nobody|parcelforge/,
    )
  })
})

describe("an enrolment that policy demands", () => {
  test("stands between the password and the session, and gives the session when it is done", async () => {
    await begin({ settings: { secondFactor: { rule: "required" } } })
    const first = await scene.signIn({ persistent: true })
    expect(first).toMatchObject({
      status: "enrolment",
      challenge: {
        purpose: "enrol",
        kinds: [
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

describe("a sign-in from elsewhere", () => {
  test("is mailed when the browser was never seen, and only then", async () => {
    await scene.signIn()
    await scene.signIn()
    expect(await scene.notices()).toEqual([])
    await scene.signIn({}, { ...source, agent: "Curl on a Toaster" })
    expect(await scene.notices()).toEqual(["new_device"])
    await scene.signIn({}, { ...source, agent: "Curl on a Toaster" })
    expect(await scene.notices()).toEqual(["new_device"])
  })
})

describe("an app that has its own sign-in", () => {
  const service = (...scopes: string[]) => ({
    actor: {
      type: "service" as const,
      key: {
        id: "k",
        name: "app",
        postfix: "",
        userId: null,
        service: "app",
        scopes,
        createdAt: 0,
        expiresAt: null,
        lastUsedAt: null,
      },
    },
    source,
    userId: scene.user.id,
  })

  test("opens a challenge after its own first step, and answers it", async () => {
    const { app } = await scene.withApp()
    const opened = await scene.engine.signIn.openFor(service("challenges:write"), {})
    expect(opened).toMatchObject({
      status: "second_factor",
      challenge: { kinds: [{ kind: "totp" }, { kind: "recovery-code" }] },
    })
    const done = await scene.answer(opened.token, "totp", app.code())
    expect(done).toMatchObject({
      status: "complete",
      session: { aal: 2, methods: [{ method: "external" }, { method: "otp" }] },
    })
  })

  test("wrong codes over its challenges count to the user", async () => {
    const { app } = await scene.withApp()
    for (let failures = 0; failures < 5; failures++) {
      const { token } = await scene.engine.signIn.openFor(service("challenges:write"), {})
      await refusal(scene.answer(token, "totp", "000000"))
    }
    const { token } = await scene.engine.signIn.openFor(service("challenges:write"), {})
    expect(await refusal(scene.answer(token, "totp", app.code()))).toMatchObject({ code: "too_many_attempts" })
    expect(await scene.notices()).not.toContain("second_factor_failed")
  })

  test("gets no session for a user without a factor, nor without its scope, nor for a stranger", async () => {
    expect(await refusal(scene.engine.signIn.openFor(service("challenges:write"), {}))).toEqual({
      code: "enrolment_required",
    })
    expect(await refusal(scene.engine.signIn.openFor(service("users:read"), {}))).toEqual({
      code: "insufficient_scope",
      scope: "challenges:write",
    })
    expect(
      await refusal(scene.engine.signIn.openFor({ ...service("challenges:write"), userId: "nobody" }, {})),
    ).toEqual({ code: "not_found" })
    expect(
      await refusal(scene.engine.signIn.openFor({ actor: service("challenges:write").actor, source }, {})),
    ).toEqual({ code: "input_invalid", field: "userId" })
    const on = await scene.as((await scene.signIn()).token)
    expect(await refusal(scene.engine.signIn.openFor(on, {}))).toEqual({ code: "forbidden" })
  })
})
