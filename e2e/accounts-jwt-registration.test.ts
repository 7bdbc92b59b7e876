/** `/api/accounts`: registration, and the link that confirms an address. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { problem, expectRefusedLogin, expectSentence, tokenOf } from "./accounts-answers.ts"
import { type Accounts, clientOrigin, linkIn, password, startAccounts } from "./accounts-client.ts"

let accounts: Accounts
beforeAll(async () => {
  accounts = await startAccounts()
})
afterAll(async () => {
  await accounts.close()
})

const foreignPages = [
  "https://evil.example/authentication/emailconfirmation",
  "http://localhost:4201/page",
  "https://localhost:4200/page",
  "http://localhost:4200.evil.example/page",
  "http://localhost:4200@evil.example/page",
  "//evil.example/page",
  "http:\\\\evil.example",
  "javascript:alert(1)",
  "data:text/html,hello",
  "page",
]

describe("registration", () => {
  test("says everything that is missing at once, by the names of the form", async () => {
    expect((await accounts.post("registration", { password: "x" })).json).toEqual(
      problem({
        Email: ["Email is required."],
        ConfirmPassword: ["The password and confirmation password do not match."],
      }),
    )
    expect((await accounts.post("registration", {})).json).toEqual(
      problem({ Email: ["Email is required."], Password: ["Password is required"] }),
    )
    expect((await accounts.post("registration", { email: " ", password: null, confirmPassword: "" })).json).toEqual(
      problem({ Email: ["Email is required."], Password: ["Password is required"] }),
    )
  })

  test("passwords that differ are refused, and nobody is registered", async () => {
    const { email, answer } = await accounts.register({ confirmPassword: `${password}x` })
    expect([answer.status, answer.json]).toEqual([
      400,
      problem({ ConfirmPassword: ["The password and confirmation password do not match."] }),
    ])
    expect(await accounts.server.engine.users.find({ email })).toBeUndefined()
  })

  test("names may be left out", async () => {
    const { answer } = await accounts.register({ firstName: null, lastName: undefined })
    expect(answer.status).toBe(201)
  })

  test.each([
    ["short", "Passwords must be at least 8 characters."],
    ["password1", "This password is one of those that are tried first. Choose another one."],
  ])("the password %s is refused with the reason", async (weak, sentence) => {
    const { email, answer } = await accounts.register({ password: weak, confirmPassword: weak })
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({
      isSuccessfulRegistration: false,
      errors: expect.arrayContaining([sentence]) as string[],
    })
    expect(await accounts.mailsTo(email)).toEqual([])
  })

  test.each([
    "no-address",
    "a@b@c.example",
    "a b@example.org",
    "a@example.org\r\nBcc: b@example.org",
    `${"a".repeat(300)}@example.org`,
  ])("the address %j is refused", async (email) => {
    const { answer } = await accounts.register({ email })
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({ isSuccessfulRegistration: false, errors: ["The email address is invalid."] })
  })

  test("a taken address is refused as the client expects, and its owner hears of it", async () => {
    const { email } = await accounts.account()
    const { answer } = await accounts.register({ email: email.toUpperCase() })
    expect(answer.status).toBe(400)
    const { errors, isSuccessfulRegistration } = answer.json as { errors: string[]; isSuccessfulRegistration: boolean }
    expect(isSuccessfulRegistration).toBe(false)
    expect(errors.join()).toMatch(/already taken/)
    expect((await accounts.mailsTo(email)).map(({ subject }) => subject)).toEqual([
      "You already have an account at Harbour",
    ])
    tokenOf(await accounts.login(email))
  })

  test("somebody who registers an address before its owner does not keep it: the mailbox decides", async () => {
    const { email } = await accounts.register()
    const mine = "Owner-of-the-box#5"
    const again = await accounts.register({ email, password: mine, confirmPassword: mine })
    expect(again.answer.status).toBe(400)
    const { token } = linkIn((await accounts.mailsTo(email)).at(-1))
    expect((await accounts.get("emailconfirmation", { token, email })).status).toBe(200)
    expectRefusedLogin(await accounts.login(email), "Invalid Authentication")
    tokenOf(await accounts.login(email, mine))
  })

  test("a page on a foreign origin is refused before anything is written or mailed", async () => {
    for (const clientURI of foreignPages) {
      const { email, answer } = await accounts.register({ clientURI })
      expect([clientURI, answer.status]).toEqual([clientURI, 400])
      expect(answer.json).toMatchObject({ errors: { ClientURI: expect.any(Array) as [] } })
      expect(await accounts.server.engine.users.find({ email })).toBeUndefined()
      expect(await accounts.mailsTo(email)).toEqual([])
    }
  })

  test("without a page the mail leads to a page of ours", async () => {
    const { email, answer } = await accounts.register({ clientURI: null })
    expect(answer.status).toBe(201)
    expect(linkIn((await accounts.mailsTo(email))[0]).url.origin).toBe(accounts.server.url)
  })
})

describe("the confirmation link", () => {
  test("is the client's page with token and email, in the text and as an anchor", async () => {
    const { email } = await accounts.register()
    const [mail] = await accounts.mailsTo(email)
    const { url } = linkIn(mail)
    expect(`${url.origin}${url.pathname}`).toBe(`${clientOrigin}/authentication/emailconfirmation`)
    expect([...url.searchParams.keys()]).toEqual(["token", "email"])
    expect(mail?.html.replaceAll("&amp;", "&")).toContain(`<a href="${url.href}"`)
    expect(mail?.header("Content-Type")).toContain("multipart/alternative")
  })

  test("is joined to a page that has a query and a fragment", async () => {
    const { email } = await accounts.register({ clientURI: `${clientOrigin}/confirm?lang=de#top` })
    const { url } = linkIn((await accounts.mailsTo(email))[0])
    expect([...url.searchParams.keys()]).toEqual(["lang", "token", "email"])
    expect(url.hash).toBe("#top")
  })

  test("needs nothing escaped in its token, and carries an address with a plus sign", async () => {
    const email = `ann+${crypto.randomUUID().slice(0, 8)}@example.org`
    await accounts.register({ email })
    const mail = (await accounts.mailsTo(email))[0]
    const { token, email: named } = linkIn(mail)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(named).toBe(email)
    const careless = await fetch(`${accounts.server.url}/api/accounts/emailconfirmation?email=${email}&token=${token}`)
    expect(careless.status).toBe(200)
  })

  test("works once", async () => {
    const { email } = await accounts.register()
    const { token } = linkIn((await accounts.mailsTo(email))[0])
    expect((await accounts.get("emailconfirmation", { email, token })).status).toBe(200)
    expectSentence(await accounts.get("emailconfirmation", { email, token }), "Invalid Email Confirmation Request")
  })

  test("dies after a day", async () => {
    const { email } = await accounts.register()
    const { token } = linkIn((await accounts.mailsTo(email))[0])
    accounts.server.clock.advance(24 * 3600 + 1)
    expectSentence(await accounts.get("emailconfirmation", { email, token }), "Invalid Email Confirmation Request")
  })

  test("is refused alike for an unknown address, a wrong token and another account's token", async () => {
    const { email } = await accounts.register()
    const other = await accounts.register()
    const { token } = linkIn((await accounts.mailsTo(other.email))[0])
    for (const query of [
      { email: "nobody@example.org", token },
      { email, token: "AAAA" },
      { email, token },
      { email: "no address", token },
    ]) {
      expectSentence(await accounts.get("emailconfirmation", query), "Invalid Email Confirmation Request")
    }
    expect((await accounts.get("emailconfirmation", { email: other.email, token })).status).toBe(200)
  })

  test("is refused with 400 when a part is missing, and by HEAD spends nothing", async () => {
    const { email } = await accounts.register()
    const { token } = linkIn((await accounts.mailsTo(email))[0])
    for (const query of [{}, { email }, { token }, { email: "", token }]) {
      const answer = await accounts.get("emailconfirmation", query)
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({ status: 400, errors: expect.any(Object) as object })
    }
    const url = `${accounts.server.url}/api/accounts/emailconfirmation?${new URLSearchParams({ email, token }).toString()}`
    await fetch(url, { method: "HEAD" })
    expect((await fetch(url)).status).toBe(200)
  })
})
