/** `/api/accounts` over a real socket, with real mail: the way of a person, and what holds at every endpoint. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { authResponse, expectRefusedLogin, tokenOf } from "./accounts-answers.ts"
import { type Accounts, clientOrigin, linkIn, password, startAccounts } from "./accounts-client.ts"

let accounts: Accounts
beforeAll(async () => {
  accounts = await startAccounts()
})
afterAll(async () => {
  await accounts.close()
})

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
