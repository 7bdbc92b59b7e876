/** `/api/accounts` over a real socket, with real mail: every row of what that API's clients rely on. */
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from "jose"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  type Accounts,
  type Answer,
  clientOrigin,
  linkIn,
  password,
  startAccounts,
  wrongCode,
} from "./accounts-client.ts"

let accounts: Accounts
beforeAll(async () => {
  accounts = await startAccounts()
})
afterAll(async () => {
  await accounts.close()
})

const problem = (errors: Record<string, string[]>) => ({
  type: expect.any(String) as string,
  title: "One or more validation errors occurred.",
  status: 400,
  traceId: expect.any(String) as string,
  errors,
})

const authResponse = (change: Record<string, unknown>) => ({
  isAuthSuccessful: false,
  errorMessage: null,
  token: null,
  is2StepVerificationRequired: false,
  provider: null,
  ...change,
})

const expectRefusedLogin = (answer: Answer, errorMessage: string) => {
  expect([answer.status, answer.json]).toEqual([401, authResponse({ errorMessage })])
  expect(answer.headers.get("content-type")).toContain("application/json")
}

const expectSentence = (answer: Answer, text: string) => {
  expect([answer.status, answer.text]).toEqual([400, text])
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8")
}

const tokenOf = (answer: Answer): string => {
  expect(answer.status).toBe(200)
  const { token } = answer.json as { token: string | null }
  expect(answer.json).toEqual(authResponse({ isAuthSuccessful: true, token: expect.any(String) as string }))
  return token ?? ""
}

const claimsOf = async (token: string) => {
  const keys = (await (await fetch(`${accounts.server.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
    issuer: accounts.server.url,
    audience: accounts.server.url,
    currentDate: new Date(accounts.server.clock.now()),
  })
  return payload
}

describe("the whole way of a person", () => {
  test("register, confirm by the mailed link, sign in, sign in with a mailed code, forget the password, set a new one", async () => {
    const { email, answer } = await accounts.register()
    expect([answer.status, answer.text]).toEqual([201, ""])
    const [confirmation] = await accounts.mailsTo(email)
    const { token, email: named } = linkIn(confirmation)
    expect(named).toBe(email)
    const confirmed = await accounts.get("emailconfirmation", { token, email })
    expect([confirmed.status, confirmed.text]).toEqual([200, ""])
    tokenOf(await accounts.login(email))

    const user = await accounts.server.engine.users.find({ email })
    expect(user).toMatchObject({ firstName: "Ann", lastName: "Lee", roles: ["Viewer"], emailConfirmed: true })
    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: user?.id } as const
    await accounts.server.engine.factors.add(operator, { kind: "email-code" })
    const first = await accounts.login(email)
    expect([first.status, first.json]).toEqual([
      200,
      authResponse({ is2StepVerificationRequired: true, provider: "Email" }),
    ])
    tokenOf(await accounts.verify(email, await accounts.codeOf(email)))

    const forgot = await accounts.post("forgotpassword", {
      email,
      clientURI: `${clientOrigin}/authentication/resetpassword`,
    })
    expect([forgot.status, forgot.text]).toEqual([200, ""])
    const reset = linkIn((await accounts.mailsTo(email)).at(-1))
    const fresh = "Quiet-Meadow#2091"
    const done = await accounts.post("resetpassword", {
      password: fresh,
      confirmPassword: fresh,
      email: reset.email,
      token: reset.token,
    })
    expect([done.status, done.text]).toEqual([200, ""])
    expectRefusedLogin(await accounts.login(email), "Invalid Authentication")
    // A reset never skips the second step.
    expect((await accounts.login(email, fresh)).json).toMatchObject({ is2StepVerificationRequired: true, token: null })
    tokenOf(await accounts.verify(email, await accounts.codeOf(email)))
    expect(accounts.server.reports).toEqual([])
  })
})

describe("routes and bodies", () => {
  test.each(["login", "Login", "LOGIN", "lOgIn"])("%s is the same route", async (path) => {
    const { email } = await accounts.account()
    tokenOf(await accounts.post(path, { email, password }))
  })

  test("the prefix is matched without case as well", async () => {
    const { email } = await accounts.account()
    const response = await fetch(`${accounts.server.url}/API/Accounts/Login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    })
    expect(response.status).toBe(200)
  })

  test("names of properties are read in any case, and what is not known is passed over", async () => {
    const { email } = await accounts.account()
    tokenOf(await accounts.post("login", { EMAIL: email, Password: password, clienturi: null, remember: true }))
  })

  test("a property that comes in two spellings is refused, since one of them was perhaps checked elsewhere", async () => {
    const { email } = await accounts.account()
    const answer = await accounts.post("login", { email: "other@example.org", Email: email, password })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ errors: expect.any(Object) as object })
  })

  test.each(["registration", "login", "twostepverification", "forgotpassword", "resetpassword"])(
    "%s answers a body that is missing, broken or no object with 400 and a map of errors",
    async (path) => {
      for (const body of [undefined, "", "{", "[]", "null", '"text"', "12", '{"email":"a","email":"b"}']) {
        const answer = await accounts.post(path, body, { "content-type": "application/json" })
        expect([path, body, answer.status]).toEqual([path, body, 400])
        expect(answer.headers.get("content-type")).toContain("application/problem+json")
        const { errors } = answer.json as { errors: Record<string, string[]> }
        for (const sentences of Object.values(errors)) expect(sentences[0]).toEqual(expect.any(String))
        expect(Object.keys(errors)).not.toHaveLength(0)
      }
    },
  )

  test.each(["registration", "login", "twostepverification", "forgotpassword", "resetpassword"])(
    "%s answers values of a wrong type with 400 that names them, and never repeats them",
    async (path) => {
      for (const value of [12, true, ["x"], { x: 1 }]) {
        const body = {
          email: value,
          password: value,
          provider: value,
          token: value,
          confirmPassword: value,
          clientURI: value,
        }
        const answer = await accounts.post(path, body)
        expect(answer.status).toBe(400)
        expect(answer.json).toMatchObject({
          errors: { [path === "resetpassword" ? "Password" : "Email"]: expect.any(Array) as [] },
        })
      }
    },
  )

  test("nothing that was typed comes back", async () => {
    const typed = "zq-typed-zq"
    for (const path of ["registration", "login", "twostepverification", "forgotpassword", "resetpassword"]) {
      const body = {
        email: typed,
        password: typed,
        confirmPassword: `${typed}2`,
        provider: typed,
        token: typed,
        clientURI: typed,
      }
      expect((await accounts.post(path, body)).text).not.toContain(typed)
    }
    expect((await accounts.get("emailconfirmation", { token: typed, email: typed })).text).not.toContain(typed)
  })

  test("a form is no JSON, a page that is not served is 404, another method 405", async () => {
    const form = await accounts.post("login", "email=a&password=b", {
      "content-type": "application/x-www-form-urlencoded",
    })
    expect(form.status).toBe(415)
    expect((await accounts.post("externallogin", { provider: "GOOGLE", idToken: "x" })).status).toBe(404)
    expect((await accounts.post("nothing", {})).status).toBe(404)
    expect((await accounts.get("login")).status).toBe(405)
  })

  test("an answer is kept by no cache and sets no cookie", async () => {
    const { email } = await accounts.account()
    for (const answer of [
      await accounts.login(email),
      await accounts.login(email, "wrong"),
      await accounts.get("emailconfirmation"),
    ]) {
      expect(answer.headers.get("cache-control")).toBe("no-store")
      expect(answer.headers.get("set-cookie")).toBeNull()
    }
  })
})

describe("a 400 that is one sentence", () => {
  test.each([
    ["application/json, text/plain, */*", "text/plain; charset=utf-8", "Invalid Token Verification"],
    ["*/*", "text/plain; charset=utf-8", "Invalid Token Verification"],
    ["", "text/plain; charset=utf-8", "Invalid Token Verification"],
    ["text/plain", "text/plain; charset=utf-8", "Invalid Token Verification"],
    ["application/json", "application/json; charset=utf-8", '"Invalid Token Verification"'],
    ["application/json, text/html", "text/plain; charset=utf-8", "Invalid Token Verification"],
  ])("asked for as %j is %s", async (accept, type, text) => {
    const body = { email: "nobody@example.org", provider: "Email", token: "123456" }
    const answer = await accounts.post("twostepverification", body, { accept })
    expect([answer.status, answer.headers.get("content-type"), answer.text]).toEqual([400, type, text])
  })
})

describe("other origins", () => {
  const preflight = (origin: string) =>
    fetch(`${accounts.server.url}/api/accounts/login`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    })

  test("a client's preflight and its request are allowed for exactly its origin", async () => {
    const asked = await preflight(clientOrigin)
    expect(asked.status).toBe(204)
    expect(asked.headers.get("access-control-allow-origin")).toBe(clientOrigin)
    expect(asked.headers.get("access-control-allow-methods")).toContain("POST")
    expect(asked.headers.get("access-control-allow-headers")?.split(/, ?/)).toEqual(
      expect.arrayContaining(["authorization", "content-type"]),
    )
    const answer = await accounts.login("nobody@example.org")
    expect(answer.headers.get("access-control-allow-origin")).toBe(clientOrigin)
    expect(answer.headers.get("vary")).toContain("Origin")
  })

  test.each(["https://evil.example", "http://localhost:4201", "https://localhost:4200", "null"])(
    "%s gets no header that lets its pages read",
    async (origin) => {
      expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBeNull()
      const answer = await accounts.login("nobody@example.org", "wrong", {})
      expect(answer.headers.get("access-control-allow-origin")).not.toBe("*")
      const foreign = await accounts.post("login", { email: "n@example.org", password: "x" }, { origin })
      expect(foreign.headers.get("access-control-allow-origin")).toBeNull()
    },
  )
})

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

describe("the confirmation link", () => {
  test("is the client's page with token and email, in the text and as an anchor", async () => {
    const { email } = await accounts.register()
    const [mail] = await accounts.mailsTo(email)
    const { url } = linkIn(mail)
    expect(`${url.origin}${url.pathname}`).toBe(`${clientOrigin}/authentication/emailconfirmation`)
    expect([...url.searchParams.keys()]).toEqual(["token", "email"])
    expect(mail?.html.replaceAll("&#38;", "&")).toContain(`<a href="${url.href}"`)
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
    expect(await claimsOf(token)).toMatchObject({
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
    expect((await claimsOf(tokenOf(await accounts.login(many.email))))[role]).toEqual(["Viewer", "Administrator"])
    const none = await accounts.account({ roles: [] })
    expect(await claimsOf(tokenOf(await accounts.login(none.email)))).not.toHaveProperty(role)
  })

  test("after a mailed code says that it was two steps", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    await accounts.login(email)
    const { amr } = await claimsOf(tokenOf(await accounts.verify(email, await accounts.codeOf(email))))
    expect(amr).toEqual(expect.arrayContaining(["pwd", "mfa"]))
  })

  test("names a session that can be ended before it expires", async () => {
    const { email, id } = await accounts.account()
    const { sid } = await claimsOf(tokenOf(await accounts.login(email)))
    expect(await accounts.server.engine.sessions.find(String(sid))).toMatchObject({ userId: id, door: "accounts" })
  })

  test("no two are alike", async () => {
    const { email } = await accounts.account()
    expect(tokenOf(await accounts.login(email))).not.toBe(tokenOf(await accounts.login(email)))
  })
})

describe("the second step", () => {
  const begin = async () => {
    const { email, id } = await accounts.account({ mailedCode: true })
    expect((await accounts.login(email)).json).toMatchObject({ is2StepVerificationRequired: true })
    return { email, id, code: await accounts.codeOf(email) }
  }
  const refused = async (answer: Promise<Answer>) => {
    expectSentence(await answer, "Invalid Token Verification")
  }

  test("says what is missing", async () => {
    expect((await accounts.post("twostepverification", {})).json).toEqual(
      problem({
        Email: ["The Email field is required."],
        Provider: ["The Provider field is required."],
        Token: ["The Token field is required."],
      }),
    )
  })

  test("the mail has one group of six digits, not in the subject, and says how long it is good and what to do", async () => {
    const { email, code } = await begin()
    const mail = (await accounts.mailsTo(email)).at(-1)
    expect(mail?.subject).toBe("Your code for Harbour")
    for (const form of [mail?.text ?? "", mail?.html ?? ""]) expect(form.match(/\d{6,}/g)).toEqual([code])
    expect(mail?.text).toContain("10 minutes")
    expect(mail?.text).toContain("Was this not you?")
    expect(mail?.header("From")).toBe("Harbour <no-reply@harbour.example>")
  })

  test("a code is taken once", async () => {
    const { email, code } = await begin()
    tokenOf(await accounts.verify(email, code))
    await refused(accounts.verify(email, code))
  })

  test("of fifty that send one code at once, one gets in", async () => {
    const { email, code } = await begin()
    const answers = await Promise.all(Array.from({ length: 50 }, () => accounts.verify(email, code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]))
  })

  test("blanks around and within a code do not matter", async () => {
    const { email, code } = await begin()
    tokenOf(await accounts.verify(email, ` ${code.slice(0, 3)} ${code.slice(3)}\n`))
  })

  test("without the right password there is no code and nothing to answer", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    await accounts.login(email, "wrong")
    expect((await accounts.mailsTo(email)).map(({ subject }) => subject)).not.toContain("Your code for Harbour")
    await refused(accounts.verify(email, "123456"))
  })

  test("an unknown address, no sign-in under way, a wrong code and what is no code are one answer", async () => {
    const { email, code } = await begin()
    const { email: idle } = await accounts.account({ mailedCode: true })
    const answers = [
      await accounts.verify("nobody@example.org", code),
      await accounts.verify("no address", code),
      await accounts.verify(idle, code),
      await accounts.verify(email, wrongCode(code)),
      await accounts.verify(email, "12345"),
      await accounts.verify(email, "abcdef"),
      await accounts.verify(email, "1".repeat(5_000)),
      await accounts.verify(email, code, "Phone"),
      await accounts.verify(email, code, "Authenticator"),
      await accounts.verify(email, code, "RecoveryCode"),
      await accounts.verify(email, code, "toString"),
      await accounts.verify(email, code, "email-code"),
    ]
    for (const answer of answers) {
      expectSentence(answer, "Invalid Token Verification")
      expect(answer.headers.get("retry-after")).toBeNull()
    }
    tokenOf(await accounts.verify(email, code))
  })

  test("another account's code is a wrong one", async () => {
    const mine = await begin()
    const yours = await begin()
    if (mine.code !== yours.code) await refused(accounts.verify(mine.email, yours.code))
    tokenOf(await accounts.verify(yours.email, yours.code))
  })

  test("a code dies after ten minutes", async () => {
    const { email, code } = await begin()
    accounts.server.clock.advance(601)
    await refused(accounts.verify(email, code))
  })

  test("signing in again mails a new code, and the older one is worth nothing, whatever became of the new one", async () => {
    const { email, code: first } = await begin()
    await accounts.login(email)
    const second = await accounts.codeOf(email)
    if (first !== second) await refused(accounts.verify(email, first))
    for (let tries = 0; tries < 5; tries++) await refused(accounts.verify(email, wrongCode(second)))
    accounts.server.clock.advance(61)
    await refused(accounts.verify(email, second))
    await refused(accounts.verify(email, first))
  })

  test("after five wrong codes the right one is refused", async () => {
    const { email, code } = await begin()
    for (let tries = 0; tries < 5; tries++) await refused(accounts.verify(email, wrongCode(code)))
    accounts.server.clock.advance(120)
    await refused(accounts.verify(email, code))
  })

  test("beginning anew gives no endless tries: the account waits", async () => {
    const { email, code } = await begin()
    for (let tries = 0; tries < 5; tries++) await refused(accounts.verify(email, wrongCode(code)))
    await accounts.login(email)
    const fresh = await accounts.codeOf(email)
    await refused(accounts.verify(email, fresh))
    accounts.server.clock.advance(61)
    tokenOf(await accounts.verify(email, fresh))
  })

  test("who has the password and fails here has the owner told, once", async () => {
    const { email, code } = await begin()
    await refused(accounts.verify(email, wrongCode(code)))
    await refused(accounts.verify(email, wrongCode(code)))
    const notices = (await accounts.mailsTo(email)).filter(({ subject }) =>
      subject.includes("stopped at the second step"),
    )
    expect(notices).toHaveLength(1)
    expect(notices[0]?.raw).not.toContain(code)
  })

  test("a new password ends a sign-in that waits for its code", async () => {
    const { email, code } = await begin()
    await accounts.post("forgotpassword", { email, clientURI: `${clientOrigin}/reset` })
    const { token } = linkIn((await accounts.mailsTo(email)).at(-1))
    const fresh = "Quiet-Meadow#2091"
    expect(
      (await accounts.post("resetpassword", { password: fresh, confirmPassword: fresh, email, token })).status,
    ).toBe(200)
    await refused(accounts.verify(email, code))
  })

  test("a challenge of another door is no sign-in here", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    const native = await accounts.server.engine.signIn.withPassword({ email, password }, { door: "native" })
    if (native.status !== "second_factor") throw new Error("no second step")
    await accounts.server.engine.signIn.start({ token: native.token }, "email-code", { door: "native" })
    await refused(accounts.verify(email, await accounts.codeOf(email)))
  })

  test("an authenticator app and recovery codes go by their provider's name", async () => {
    const user = await accounts.server.createUser({ totp: true })
    expect((await accounts.login(user.email, user.password)).json).toEqual(
      authResponse({ is2StepVerificationRequired: true, provider: "Authenticator" }),
    )
    const code = user.app?.code() ?? ""
    await refused(accounts.verify(user.email, code, "Email"))
    tokenOf(await accounts.verify(user.email, code, "Authenticator"))

    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: user.id } as const
    const { codes } = await accounts.server.engine.recoveryCodes.replace(operator)
    await accounts.login(user.email, user.password)
    tokenOf(await accounts.verify(user.email, codes[0] ?? "", "RecoveryCode"))
    await accounts.login(user.email, user.password)
    await refused(accounts.verify(user.email, codes[0] ?? "", "RecoveryCode"))
  })
})
