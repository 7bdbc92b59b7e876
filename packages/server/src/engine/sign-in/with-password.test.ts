import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { operator, password, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, type Scene } from "./scene-for-tests.ts"

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
