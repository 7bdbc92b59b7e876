/** `/identity` from outside: who is signed in, how, and for how long. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Browser, type Identity, password, said, startIdentity, type Tokens } from "./identity-client.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const anybody = (): Browser => identity.browser()
const signedIn = async (query = "?useCookies=true"): Promise<{ browser: Browser; email: string }> => {
  const credentials = await identity.person()
  const browser = anybody()
  expect(said(await browser.post(`login${query}`, credentials))).toBe("200")
  return { browser, email: credentials.email }
}
const bearing = async () => {
  const credentials = await identity.person()
  const { json } = await anybody().post<Tokens>("login", credentials)
  return { tokens: json, program: identity.browser(json.accessToken), credentials }
}

describe("who is signed in", () => {
  const routes = [
    ["POST", "manage/2fa"],
    ["GET", "manage/info"],
    ["POST", "manage/info"],
    ["POST", "logout"],
    ["GET", "roles"],
  ] as const

  test.each(routes)("%s %s without a sign-in is a bare 401, before the body is read", async (method, path) => {
    for (const authorization of [null, "Bearer", "Bearer ", "Bearer junk", "Basic eDp5"])
      for (const body of method === "GET" ? [undefined] : [undefined, "{", "{}"]) {
        const answer = await anybody().send(path, { method, body, headers: { authorization } })
        expect([said(answer), answer.headers.get("www-authenticate"), answer.headers.get("content-length")]).toEqual([
          "401",
          "Bearer",
          "0",
        ])
      }
  })

  test("a bearer decides alone, also next to a good cookie", async () => {
    const { browser } = await signedIn()
    expect(said(await browser.get("manage/info"))).toBe("200 ok")
    for (const [authorization, expected] of [
      ["Bearer junk", "401"],
      ["Bearer ", "200 ok"],
      ["Bearer", "200 ok"],
    ] as const)
      expect(said(await browser.send("manage/info", { headers: { authorization } }))).toBe(expected)
    const { program, credentials } = await bearing()
    for (const [name, value] of browser.cookies) program.cookies.set(name, value)
    expect((await program.get("manage/info")).json).toEqual({ email: credentials.email, isEmailConfirmed: false })
  })

  test("an access token refreshes nothing, and a refresh token signs nobody in", async () => {
    const { tokens } = await bearing()
    expect(said(await anybody().post("refresh", { refreshToken: tokens.accessToken }))).toBe("401")
    expect(said(await identity.browser(tokens.refreshToken).get("manage/info"))).toBe("401")
  })

  test("an account that was deleted is signed in nowhere", async () => {
    const { program, credentials } = await bearing()
    await identity.cli("users", "delete", credentials.email)
    expect(["401", "404"]).toContain(said(await program.get("manage/info")))
  })

  test("signing out ends the session, for copies of its cookie as well", async () => {
    const { browser } = await signedIn()
    const copy = anybody()
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
    for (const body of ["null", ""]) expect(said(await browser.send("logout", { method: "POST", body }))).toBe("400")
    expect(said(await browser.send("logout", { method: "POST" }))).toBe("400")
    expect(said(await browser.get("manage/info"))).toBe("200 ok")
    const out = await browser.post("logout", {})
    expect([said(out), out.cookies.length]).toEqual(["200", 1])
    expect(out.cookies[0]).toMatch(/max-age=0/i)
    expect(said(await browser.get("manage/info"))).toBe("401")
    expect(said(await copy.get("manage/info"))).toBe("401")
  })

  test.each(['"text"', "7", "[]", "false"])("signing out takes the body %s", async (body) => {
    expect(said(await (await signedIn()).browser.send("logout", { body }))).toBe("200")
  })

  test("a bearer that signs out is good no more", async () => {
    const { program, tokens } = await bearing()
    const out = await program.post("logout", {})
    expect([said(out), out.cookies]).toEqual(["200", []])
    expect(said(await program.get("manage/info"))).toBe("401")
    expect(said(await anybody().post("refresh", { refreshToken: tokens.refreshToken }))).toBe("401")
  })
})

describe("signing in", () => {
  test.each([
    ["?useCookies=true", true],
    ["?useCookies=True", true],
    ["?useSessionCookies=true", false],
    ["?useCookies=true&useSessionCookies=true", false],
  ])("%s sets one cookie; it lasts longer than the browser: %s", async (query, persistent) => {
    const answer = await anybody().post(`login${query}`, await identity.person())
    expect([answer.status, answer.text, answer.cookies.length]).toEqual([200, "", 1])
    const [cookie = ""] = answer.cookies
    for (const attribute of [/; path=\/(;|$)/i, /; httponly/i, /; samesite=lax/i]) expect(cookie).toMatch(attribute)
    expect([/; expires=/i.test(cookie), /; max-age=/i.test(cookie)]).toEqual([persistent, persistent])
  })

  test.each(["", "?useCookies=false", "?useSessionCookies=false"])(
    "login%s gives a token set and no cookie",
    async (query) => {
      const answer = await anybody().post<Tokens>(`login${query}`, await identity.person())
      expect(Object.keys(answer.json)).toEqual(["tokenType", "accessToken", "expiresIn", "refreshToken"])
      expect(answer.json).toMatchObject({ tokenType: "Bearer", expiresIn: 3600 })
      expect([answer.cookies, answer.headers.get("content-type")]).toEqual([[], "application/json"])
      expect(said(await identity.browser(answer.json.accessToken).get("manage/info"))).toBe("200 ok")
    },
  )

  test("unknown address, wrong password and no password are one answer", async () => {
    const { email } = await identity.person()
    const answers = await Promise.all(
      [
        { email: "nobody@contoso.com", password },
        { email, password: "wrong" },
        { email, password: "" },
        { email: "", password },
        { email: "no address", password },
        { email, password: "wrong", twoFactorCode: "123456" },
      ].map(async (body) => await anybody().post("login", body)),
    )
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers[0]?.json).toEqual({
      type: expect.stringMatching(/^https:/) as string,
      title: "Unauthorized",
      status: 401,
      detail: "Failed",
    })
    expect(answers.map(({ headers }) => headers.get("content-type"))).toEqual(
      answers.map(() => "application/problem+json"),
    )
  })

  test("codes of somebody without a second factor are passed over", async () => {
    const credentials = await identity.person()
    const codes = { twoFactorCode: "123456", twoFactorRecoveryCode: "AAAAA-AAAAA" }
    expect(said(await anybody().post("login", { ...credentials, ...codes }))).toBe("200 ok")
  })

  test("the address is found in any case of letters", async () => {
    const { email } = await identity.person()
    expect(said(await anybody().post("login", { email: email.toUpperCase(), password }))).toBe("200 ok")
  })

  test("refreshing rotates: of twenty at once one is served, and a used token ends what it came from", async () => {
    const { tokens, program } = await bearing()
    const once = await anybody().post<Tokens>("refresh", { refreshToken: tokens.refreshToken })
    expect(once.json).toMatchObject({ tokenType: "Bearer", expiresIn: 3600 })
    expect(said(await identity.browser(once.json.accessToken).get("manage/info"))).toBe("200 ok")
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => said(await anybody().post("refresh", once.json))),
    )
    expect(answers.filter((answer) => answer === "200 ok")).toHaveLength(1)
    expect(new Set(answers)).toEqual(new Set(["200 ok", "401"]))
    expect(said(await program.get("manage/info"))).toBe("401")
  })

  test.each(["", "junk", "csr_junk", "\n", "x".repeat(100)])("%j is no refresh token", async (refreshToken) => {
    const answer = await anybody().post("refresh", { refreshToken })
    expect([said(answer), answer.headers.get("www-authenticate")]).toEqual(["401", "Bearer"])
  })
})
