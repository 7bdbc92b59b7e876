/** `/api/accounts`: the first step, and the token. */
import { decodeProtectedHeader } from "jose"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { problem, expectRefusedLogin, tokenOf, claimsOf } from "./accounts-answers.ts"
import { type Accounts, type Answer, password, startAccounts } from "./accounts-client.ts"

let accounts: Accounts
beforeAll(async () => {
  accounts = await startAccounts()
})
afterAll(async () => {
  await accounts.close()
})

describe("login", () => {
  test("says what is missing", async () => {
    expect((await accounts.post("login", {})).json).toEqual(
      problem({ Email: ["Email is required."], Password: ["Password is required."] }),
    )
  })

  test("an unknown address, a wrong password and what is no address are one answer", async () => {
    const { email } = await accounts.account()
    const answers = [
      await accounts.login("nobody@example.org", "wrong"),
      await accounts.login(email, "wrong"),
      await accounts.login("no address", "wrong"),
      await accounts.login(email, "x".repeat(5_000)),
    ]
    for (const answer of answers) expectRefusedLogin(answer, "Invalid Authentication")
    const headers = (answer: Answer | undefined) => [...(answer?.headers.keys() ?? [])].toSorted()
    expect(headers(answers[0])).toEqual(headers(answers[1]))
  })

  test("an address that is not confirmed is told only after the right password", async () => {
    const { email } = await accounts.register()
    expectRefusedLogin(await accounts.login(email, "wrong"), "Invalid Authentication")
    expectRefusedLogin(await accounts.login(email), "Email is not confirmed")
  })

  test("the page for the lockout mail is no reason to refuse", async () => {
    const { email } = await accounts.account()
    tokenOf(await accounts.login(email, password, { clientURI: "https://evil.example" }))
    tokenOf(await accounts.login(email, password, { clientURI: null }))
  })

  test("a disabled account gets in no more, and is told so only after the right password", async () => {
    const { email, id } = await accounts.account()
    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: id } as const
    await accounts.server.engine.users.setDisabled(operator, true)
    expectRefusedLogin(await accounts.login(email, "wrong"), "Invalid Authentication")
    expectRefusedLogin(await accounts.login(email), "The account is locked out")
  })
})

describe("the token", () => {
  test("is a JWT that verifies with the published key, with the claims that resource servers read", async () => {
    const { email, id } = await accounts.account()
    const token = tokenOf(await accounts.login(email))
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: "ES256", typ: "JWT", kid: expect.any(String) as string })
    const now = Math.floor(accounts.server.clock.now() / 1000)
    expect(await claimsOf(accounts, token)).toMatchObject({
      "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": email,
      "http://schemas.microsoft.com/ws/2008/06/identity/claims/role": "Viewer",
      sub: id,
      iat: now,
      exp: now + 300,
      jti: expect.any(String) as string,
      sid: expect.any(String) as string,
      amr: ["pwd"],
    })
  })

  test("has several roles as a list, and none as nothing", async () => {
    const role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
    const many = await accounts.account({ roles: ["Viewer", "Administrator"] })
    expect((await claimsOf(accounts, tokenOf(await accounts.login(many.email))))[role]).toEqual([
      "Viewer",
      "Administrator",
    ])
    const none = await accounts.account({ roles: [] })
    expect(await claimsOf(accounts, tokenOf(await accounts.login(none.email)))).not.toHaveProperty(role)
  })

  test("after a mailed code says that it was two steps", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    await accounts.login(email)
    const { amr } = await claimsOf(accounts, tokenOf(await accounts.verify(email, await accounts.codeOf(email))))
    expect(amr).toEqual(expect.arrayContaining(["pwd", "mfa"]))
  })

  test("names a session that can be ended before it expires", async () => {
    const { email, id } = await accounts.account()
    const { sid } = await claimsOf(accounts, tokenOf(await accounts.login(email)))
    expect(await accounts.server.engine.sessions.find(String(sid))).toMatchObject({ userId: id, door: "accounts" })
  })

  test("no two are alike", async () => {
    const { email } = await accounts.account()
    expect(tokenOf(await accounts.login(email))).not.toBe(tokenOf(await accounts.login(email)))
  })
})
