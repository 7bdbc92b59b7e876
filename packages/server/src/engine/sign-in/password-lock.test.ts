import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { password, person, refusal, source } from "../users/people-for-tests.ts"
import { sceneForTests, sceneOf, type Scene } from "./scene-for-tests.ts"

let scene: Scene
const begin = async (settings: Parameters<typeof sceneForTests>[0] = {}) => {
  await scene?.close()
  scene = await sceneForTests(settings)
}
beforeEach(() => begin())
afterEach(() => scene.close())

const wrong = (email = scene.user.email ?? "") =>
  refusal(scene.engine.signIn.withPassword({ email, password: "not this one" }, source))

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

  test("under nist-aal2 a hundred failures in a row end it until a reset by mail, for unknown addresses too", async () => {
    await begin({ settings: { profile: "nist-aal2" } })
    const exhaust = async (email: string) => {
      for (let failures = 0; failures < 100; failures++) {
        const { retryAfter } = await wrong(email)
        scene.clock.advance(retryAfter ?? 0)
      }
    }
    const email = scene.user.email ?? ""
    for (const address of [email, "nobody@parcelforge.example"]) {
      await exhaust(address)
      scene.clock.advance(86_400)
      expect(await wrong(address)).toEqual({ code: "too_many_attempts", retryAfter: 3600 })
    }
    expect(await refusal(scene.signIn())).toEqual({ code: "too_many_attempts", retryAfter: 3600 })
    await scene.engine.users.requestReset({ email }, source)
    const link = new URL(String((await scene.mails()).at(-1)?.facts["link"]))
    const fresh = "a-Whole-new-long-one-12"
    await scene.engine.users.resetPassword({ token: link.searchParams.get("token") ?? "", password: fresh }, source)
    expect(await scene.signIn({ password: fresh })).toMatchObject({ status: "complete" })
  })

  test("elsewhere strangers never end a password for good", async () => {
    for (let failures = 0; failures < 130; failures++) {
      const { retryAfter } = await wrong()
      scene.clock.advance(retryAfter ?? 0)
    }
    expect(await scene.signIn()).toMatchObject({ status: "complete" })
  })

  test("the table of failures names nobody", async () => {
    await wrong()
    await wrong("nobody@parcelforge.example")
    expect(JSON.stringify(await scene.database.query(sql`select * from failures`))).not.toMatch(
      /ewa|nobody|parcelforge/,
    )
  })
})
