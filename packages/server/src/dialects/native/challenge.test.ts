import { describe, expect, test } from "vitest"
import { nativeForTests } from "./native-for-tests.ts"

const open = async () => {
  const server = await nativeForTests()
  const user = await server.createUser({ totp: true })
  const browser = server.client()
  await browser.post("/v1/sign-in", { email: user.email, password: user.password })
  return { server, user, browser }
}

describe("an answer", () => {
  test.each(["", " ", "abc", "12345", "1234567", "１２", {}])(
    "that can't be a code (%j) is refused uncounted",
    async (answer) => {
      const { user, browser } = await open()
      for (let tries = 0; tries < 7; tries++) {
        const refused = await browser.post("/v1/challenge/answer", { kind: "totp", answer })
        expect(refused.json).toMatchObject({ status: 422, code: "input_invalid", errors: [{ field: "answer" }] })
        expect(refused.json["attemptsLeft"]).toBeUndefined()
      }
      const right = await browser.post("/v1/challenge/answer", { kind: "totp", answer: user.app?.code() })
      expect(right.json).toMatchObject({ status: "complete" })
    },
  )

  test("that is wrong says how many tries are left, and is no 401", async () => {
    const { browser } = await open()
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const wrong = await browser.post("/v1/challenge/answer", { kind: "totp", answer: "000000" })
      expect(wrong.json).toMatchObject({ status: 400, code: "code_incorrect", attemptsLeft })
    }
    expect((await browser.get("/v1/session")).json).toMatchObject({ challenge: null })
  })

  test("of one app that was named is held against that one alone", async () => {
    const { server, user, browser } = await open()
    const by = { actor: { type: "operator", name: "t" }, userId: user.id, source: { door: "cli" } } as const
    const second = await server.engine.factors.add(by, { kind: "totp", name: "Tablet" })
    // The change of factors ended the challenge.
    await browser.post("/v1/sign-in", { email: user.email, password: user.password })
    const answer = async (factorId: string | undefined) =>
      (await browser.post("/v1/challenge/answer", { kind: "totp", factorId, answer: user.app?.code() })).json
    expect(await answer(second.factor.id)).toMatchObject({ code: "code_incorrect", attemptsLeft: 4 })
    expect(await answer("unknown")).toMatchObject({ status: 404, code: "not_found" })
    expect(await answer(user.factorId)).toMatchObject({ status: "complete" })
  })
})

describe("a challenge to sign in", () => {
  test("begins and confirms no factor, by cookie and by bearer, and neither says that somebody's session ended", async () => {
    const { server, user, browser } = await open()
    const { email, password } = user
    const first = await server.client().post<{ token: string }>("/v1/sign-in", { email, password, session: "bearer" })
    for (const by of [browser, server.client({ bearer: first.json.token })]) {
      expect((await by.post("/v1/factors", { kind: "totp" })).json).toMatchObject({ code: "unauthenticated" })
      const confirmed = await by.post("/v1/factors/confirm", { kind: "totp", answer: "123456" })
      expect(confirmed.json).toMatchObject({ code: "unauthenticated" })
      expect((await by.get("/v1/challenge")).status).toBe(200)
      expect((await by.get("/v1/policy")).status).toBe(200)
    }
  })
})
