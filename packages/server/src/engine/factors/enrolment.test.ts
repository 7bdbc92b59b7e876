import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { one, sql } from "../../store/database.ts"
import { createAuthenticator, type ScannedAccount } from "../../testing/authenticator.ts"
import { engineForTests } from "../../testing/engine.ts"
import type { Begun, On } from "../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { operator, password, refusal, service, source, storedUser } from "../users/people-for-tests.ts"

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
const renewed = async ({ token }: { token?: string }) => scene.as(token ?? "")

describe("names and the default", () => {
  test("a rename is told and recorded, and raises the revision", async () => {
    const { on, confirmed } = await scene.withApp()
    const { revision } = await storedUser(scene.ctx, scene.user.id)
    expect(await scene.engine.factors.rename(on, { factorId: confirmed.factor.id, name: "Work phone" })).toMatchObject({
      name: "Work phone",
    })
    expect((await storedUser(scene.ctx, scene.user.id)).revision).toBe(revision + 1)
    expect((await scene.notices()).at(-1)).toBe("factor_renamed")
    await scene.engine.factors.rename(on, { factorId: confirmed.factor.id, name: "Work phone" })
    expect((await storedUser(scene.ctx, scene.user.id)).revision).toBe(revision + 1)
  })

  test("the default is offered first", async () => {
    const { on } = await scene.withApp()
    const { confirmed } = await scene.enrol(on, "Tablet")
    await scene.engine.factors.setDefault(await renewed(confirmed), { factorId: confirmed.factor.id })
    const view = await scene.engine.signIn.challenge(await scene.challenge())
    expect(view.kinds[0]?.factors.map(({ name }) => name)).toEqual(["Tablet", "Authenticator app"])
  })
})

describe("who acts for others", () => {
  test("an operator adds a confirmed app with a key of its own choosing", async () => {
    const secret = Buffer.from("12345678901234567890")
    const begun = await scene.engine.factors.add(scene.asOperator, { kind: "totp", secret, name: "Import" })
    expect(begun).toMatchObject({
      factor: { state: "on", name: "Import" },
      show: { secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
    })
    expect(await scene.answer(await scene.challenge(), "totp", scan(begun).code())).toMatchObject({
      status: "complete",
    })
    expect(
      await refusal(scene.engine.factors.add(await signedIn().catch(() => scene.asOperator), { kind: "sms" })),
    ).toEqual({ code: "kind_not_offered" })
  })

  test("an operator adds mailed codes to an account with a confirmed address, and no mail goes out for it", async () => {
    await scene.engine.factors.add(scene.asOperator, { kind: "email-code" })
    expect((await scene.mails()).filter(({ template }) => template === "mailed-code")).toEqual([])
    const token = await scene.challenge()
    await scene.engine.signIn.start({ token }, "email-code", source)
    expect(await scene.answer(token, "email-code", await scene.mailedCode())).toMatchObject({ status: "complete" })
  })

  test("a service enrols for a user with its scope, and is refused without", async () => {
    const mine: On = { actor: service("factors:write"), source, userId: scene.user.id }
    const begun = await start(mine)
    expect(await confirm(mine, scan(begun).code())).toMatchObject({
      factor: { state: "on" },
      recoveryCodes: { length: 10 },
    })
    for (const call of [
      start,
      (on: On) => scene.engine.factors.reset(on, {}),
      (on: On) => scene.engine.recoveryCodes.replace(on),
    ])
      expect(await refusal(call({ ...mine, actor: service("factors:read") }))).toEqual({
        code: "insufficient_scope",
        scope: "factors:write",
      })
    expect(await refusal(scene.engine.factors.add(mine, { kind: "totp" }))).toEqual({ code: "forbidden" })
  })

  test("nobody learns of an operator's reset but the user, by mail", async () => {
    await scene.withApp()
    await scene.engine.factors.reset({ actor: operator, source, userId: scene.user.id }, {})
    expect((await scene.mails()).at(-1)).toMatchObject({ to: scene.user.email, facts: { notice: "factors_reset" } })
    expect(await scene.signIn({ password })).toMatchObject({ status: "complete" })
  })
})

describe("mailed codes as a factor", () => {
  test("are enrolled by a code to the confirmed address", async () => {
    const on = await signedIn()
    const begun = await scene.engine.factors.begin(on, { kind: "email-code" })
    expect(begun).toMatchObject({ factor: { kind: "email-code", hint: "e•••@parcelforge.example" }, show: {} })
    expect((await scene.mails()).at(-1)).toMatchObject({
      template: "mailed-code",
      to: scene.user.email,
      facts: { seconds: 600 },
    })
    const code = await scene.mailedCode()
    expect(
      await refusal(
        scene.engine.factors.confirm(on, { kind: "email-code", answer: code === "123456" ? "654321" : "123456" }),
      ),
    ).toEqual({ code: "code_incorrect" })
    const done = await scene.engine.factors.confirm(on, { kind: "email-code", answer: code })
    expect(done).toMatchObject({ factor: { name: "Email", state: "on" }, recoveryCodes: { length: 10 } })
    expect(await refusal(scene.engine.factors.begin(await renewed(done), { kind: "email-code" }))).toEqual({
      code: "factor_limit_reached",
    })
  })

  test("are not offered to an account whose address is missing or unproved", async () => {
    await begin({ settings: { confirmEmail: "optional" } })
    await scene.database.commit([one(sql`update users set email_confirmed_at = null where id = ${scene.user.id}`)])
    const on = await signedIn()
    expect(await scene.engine.factors.offered(on)).toEqual(["passkey", "totp"])
    expect(await refusal(scene.engine.factors.begin(on, { kind: "email-code" }))).toEqual({ code: "kind_not_offered" })
  })

  test("are neither enrolled nor counted under nist-aal2, but go on being asked for", async () => {
    await scene.engine.factors.add(scene.asOperator, { kind: "email-code" })
    const strict = sceneOf(
      await engineForTests({ database: scene.database, settings: { profile: "nist-aal2" } }),
      scene.user,
    )
    const token = await strict.challenge()
    await strict.engine.signIn.start({ token }, "email-code", source)
    const done = await strict.answer(token, "email-code", await strict.mailedCode())
    expect(done).toMatchObject({ status: "complete", session: { aal: 1, secondFactorAt: null } })
    expect(await strict.engine.factors.offered(await strict.as(done.token))).toEqual(["passkey", "totp"])
  })
})
