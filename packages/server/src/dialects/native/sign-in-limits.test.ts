import { describe, expect, test } from "vitest"
import { nativeForTests } from "./native-for-tests.ts"

describe("in a race", () => {
  test("one code on many challenges signs in once", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const { email, password } = user
    const browsers = Array.from({ length: 20 }, () => server.client())
    for (const browser of browsers) await browser.post("/v1/sign-in", { email, password })
    const answer = { kind: "totp", answer: user.app?.code() }
    const answers = await Promise.all(
      browsers.map(async (browser) => await browser.post("/v1/challenge/answer", answer)),
    )
    expect(answers.filter(({ json }) => json["status"] === "complete")).toHaveLength(1)
  })
  test("one challenge answered many times at once gives one session", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const how = { email: user.email, password: user.password, session: "bearer" }
    const { token } = (await server.client().post<{ token: string }>("/v1/sign-in", how)).json
    const challenge = server.client({ bearer: token })
    const answer = { kind: "totp", answer: user.app?.code() }
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await challenge.post("/v1/challenge/answer", answer)),
    )
    expect(answers.filter(({ json }) => json["status"] === "complete")).toHaveLength(1)
  })
})

describe("limits on the client's address", () => {
  test("count what sends a mail, and only that", async () => {
    const server = await nativeForTests({ app: { addressLimits: true } })
    const browser = await server.signedIn(await server.createUser())
    for (let n = 0; n < 25; n++) expect((await browser.post("/v1/factors", { kind: "totp" })).status).not.toBe(429)
    const statuses = []
    for (let n = 0; n < 21; n++)
      statuses.push((await browser.post("/v1/password/forgot", { email: `u${n}@example.com` })).status)
    expect(statuses.at(-1)).toBe(429)
    expect((await browser.post("/v1/factors", { kind: "email-code" })).json).toMatchObject({
      code: "too_many_requests",
    })
  })
  test("count failed sign-ins over all accounts", async () => {
    const server = await nativeForTests({ app: { addressLimits: true } })
    const user = await server.createUser()
    const from = server.client({ address: "203.0.113.5" })
    for (let n = 0; n < 60; n++) await from.post("/v1/sign-in", { email: `nobody${n}@example.com`, password: "wrong" })
    const right = { email: user.email, password: user.password }
    const refused = await from.post("/v1/sign-in", right)
    expect([refused.status, refused.json["code"]]).toEqual([429, "too_many_requests"])
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
    expect((await server.client().post("/v1/sign-in", right)).status).toBe(200)
  })
})
