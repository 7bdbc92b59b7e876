/** `/api/accounts`: a forgotten password. */
import { decodeJwt } from "jose"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Accounts, clientOrigin, linkIn, startAccounts } from "./accounts-client.ts"

const freshPassword = "Quiet-Meadow#2091"
const resetPage = `${clientOrigin}/authentication/resetpassword`

const askForReset = async (accounts: Accounts, email: string) => {
  expect((await accounts.post("forgotpassword", { email, clientURI: resetPage })).status).toBe(200)
  return linkIn((await accounts.mailsTo(email)).at(-1)).token
}
const reset = (accounts: Accounts, email: string, token: string, fresh = freshPassword) =>
  accounts.post("resetpassword", { password: fresh, confirmPassword: fresh, email, token })

describe("a forgotten password", () => {
  let accounts: Accounts
  beforeAll(async () => {
    accounts = await startAccounts()
  })
  afterAll(async () => {
    await accounts.close()
  })

  test("is answered alike for an unknown and a known address, and mails the known one alone", async () => {
    const { email } = await accounts.account()
    const nobody = `nobody.${crypto.randomUUID()}@example.org`
    const answers = [
      await accounts.post("forgotpassword", { email, clientURI: resetPage }),
      await accounts.post("forgotpassword", { email: nobody, clientURI: resetPage }),
    ]
    for (const answer of answers) expect([answer.status, answer.text]).toEqual([200, ""])
    expect(await accounts.mailsTo(email)).toHaveLength(1)
    expect(await accounts.mailsTo(nobody)).toEqual([])
  })

  test("needs an address and a page", async () => {
    const errorsOf = async (body: unknown) => {
      const { status, json } = await accounts.post("forgotpassword", body)
      return [status, (json as { errors: unknown }).errors]
    }
    expect(await errorsOf({})).toEqual([
      400,
      { Email: ["The Email field is required."], ClientURI: ["The ClientURI field is required."] },
    ])
    expect(await errorsOf({ email: "no address", clientURI: resetPage })).toEqual([
      400,
      { Email: ["The Email field is not a valid e-mail address."] },
    ])
  })

  test("a link never leads to a foreign page, for known and unknown alike", async () => {
    const { email } = await accounts.account()
    for (const clientURI of [
      "https://evil.example/reset",
      "http://localhost:4200.evil.example/",
      "http://localhost:4200@evil.example/",
    ]) {
      for (const address of [email, "nobody@example.org"]) {
        const answer = await accounts.post("forgotpassword", { email: address, clientURI })
        expect(answer.status).toBe(400)
        expect(answer.json).toMatchObject({ errors: { ClientURI: expect.any(Array) as [] } })
      }
    }
    expect(await accounts.mailsTo(email)).toEqual([])
  })

  test("the link is the client's page with token and email", async () => {
    const { email } = await accounts.account()
    await askForReset(accounts, email)
    const mail = (await accounts.mailsTo(email)).at(-1)
    const { url } = linkIn(mail)
    expect(`${url.origin}${url.pathname}`).toBe(resetPage)
    expect(url.searchParams.get("email")).toBe(email)
    expect(mail?.text).toContain("1 hour")
  })

  test("a reset link works once, dies after an hour, and dies with a reset by another link", async () => {
    const used = await accounts.account()
    const token = await askForReset(accounts, used.email)
    expect((await reset(accounts, used.email, token)).status).toBe(200)
    const invalid = { errors: ["Invalid token."] }
    expect((await reset(accounts, used.email, token)).json).toEqual(invalid)

    const late = await accounts.account()
    const old = await askForReset(accounts, late.email)
    accounts.server.clock.advance(3_601)
    expect((await reset(accounts, late.email, old)).json).toEqual(invalid)

    const twice = await accounts.account()
    const first = await askForReset(accounts, twice.email)
    const second = await askForReset(accounts, twice.email)
    expect((await reset(accounts, twice.email, second)).status).toBe(200)
    expect((await reset(accounts, twice.email, first)).json).toEqual(invalid)
  })

  test("of twenty that use one link at once, one sets the password", async () => {
    const { email } = await accounts.account()
    const token = await askForReset(accounts, email)
    const answers = await Promise.all(Array.from({ length: 20 }, () => reset(accounts, email, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19)
  })

  test("an unknown address, another's link, a missing part and a wrong token are one refusal in the form's own shape", async () => {
    const { email } = await accounts.account()
    const other = await accounts.account()
    const token = await askForReset(accounts, other.email)
    const passwords = { password: freshPassword, confirmPassword: freshPassword }
    for (const body of [
      { ...passwords, email: "nobody@example.org", token },
      { ...passwords, email, token },
      { ...passwords, email: other.email, token: "AAAA" },
      { ...passwords, email: other.email },
      { ...passwords, token },
      passwords,
    ]) {
      const answer = await accounts.post("resetpassword", body)
      expect([answer.status, answer.json]).toEqual([400, { errors: ["Invalid token."] }])
    }
    expect((await reset(accounts, other.email, token)).status).toBe(200)
  })

  test("a weak password is refused in sentences, and leaves the link good", async () => {
    const { email } = await accounts.account()
    const token = await askForReset(accounts, email)
    const answer = await reset(accounts, email, token, "short")
    expect([answer.status, answer.json]).toEqual([400, { errors: ["Passwords must be at least 8 characters."] }])
    expect((await reset(accounts, email, token)).status).toBe(200)
  })

  test("passwords that differ or are missing are refused by the names of the form", async () => {
    const answer = await accounts.post("resetpassword", {
      password: "a",
      confirmPassword: "b",
      email: "a@b.example",
      token: "x",
    })
    expect(answer.json).toMatchObject({
      errors: { ConfirmPassword: ["The password and confirmation password do not match."] },
    })
    expect((await accounts.post("resetpassword", {})).json).toMatchObject({
      errors: { Password: ["Password is required"] },
    })
  })

  test("a reset ends sessions and tells the owner, and signs nobody in", async () => {
    const { email } = await accounts.account()
    const { token: jwt } = (await accounts.login(email)).json as { token: string }
    const sid = String(decodeJwt(jwt)["sid"])
    const signing = { issuer: accounts.server.url, audience: accounts.server.url }
    const actor = () => accounts.server.engine.sessions.authenticateJwt(jwt, signing, { door: "accounts" })
    expect(await actor()).toMatchObject({ session: { id: sid } })
    const answer = await reset(accounts, email, await askForReset(accounts, email))
    expect(answer.text).toBe("")
    expect(await actor()).toBeUndefined()
    expect((await accounts.mailsTo(email)).at(-1)?.subject).toBe("Harbour: your password was reset")
  })

  test("an account whose address was never confirmed is mailed nothing that lets its maker in", async () => {
    const { email } = await accounts.register()
    const before = (await accounts.mailsTo(email)).length
    expect((await accounts.post("forgotpassword", { email, clientURI: resetPage })).status).toBe(200)
    expect(await accounts.mailsTo(email)).toHaveLength(before)
  })
})
