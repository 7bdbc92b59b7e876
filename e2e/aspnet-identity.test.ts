/** `/identity` from outside, with real mail, for a front end of another origin. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { appOrigin, type Browser, type Identity, linkIn, password, said, startIdentity } from "./identity-client.ts"

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

describe("registering, with real mail", () => {
  test("register, confirm by the mailed link, once", async () => {
    const { email } = await identity.person()
    const mail = await identity.mailTo(email, /^Confirm your email$/)
    const link = linkIn(mail)
    expect(`${link.origin}${link.pathname}`).toBe(
      `${identity.url.replace("127.0.0.1", "localhost")}/identity/confirmEmail`,
    )
    const visit = async (search: string) => await anybody().send(`confirmEmail${search}`, { headers: { origin: null } })
    expect(said(await visit("?userId=x"))).toBe("400")
    expect(said(await visit("?code=x"))).toBe("400")
    expect(said(await visit(link.search.replace(/code=.{3}/, "code=%25%25")))).toBe("401")
    const head = await anybody().send(`confirmEmail${link.search}`, { method: "HEAD" })
    expect(head.status).toBe(405)
    const answer = await visit(link.search)
    expect([answer.status, answer.headers.get("content-type"), answer.cookies]).toEqual([
      200,
      "text/plain; charset=utf-8",
      [],
    ])
    expect(answer.text).not.toBe("")
    expect(said(await visit(link.search))).toBe("401")
  })

  test("all broken rules come together, as texts in lists", async () => {
    const answer = await anybody().post("register", { email: "rules@contoso.com", password: "abc" })
    expect(Object.keys(answer.json)).toEqual(["type", "title", "status", "errors"])
    const { errors } = answer.json as { errors: Record<string, string[]> }
    expect(answer.json).toMatchObject({ title: "One or more validation errors occurred.", status: 400 })
    expect(Object.keys(errors)).toEqual([
      "PasswordTooShort",
      "PasswordRequiresNonAlphanumeric",
      "PasswordRequiresDigit",
      "PasswordRequiresUpper",
    ])
    for (const texts of Object.values(errors)) expect(texts).toEqual([expect.any(String)])
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
  })

  test("forgot, reset by the mailed code, sign in", async () => {
    const credentials = await identity.person()
    const { email } = credentials
    const visit = linkIn(await identity.mailTo(email, /^Confirm your email$/))
    // Not confirmed yet, nobody is mailed.
    expect(said(await anybody().post("forgotPassword", { email }))).toBe("200")
    await anybody().get(`confirmEmail${visit.search}`)
    expect(said(await anybody().post("forgotPassword", { email }))).toBe("200")
    const mail = await identity.mailTo(email, /^Reset your password$/)
    expect(identity.mail.to(email).filter(({ subject }) => subject === "Reset your password")).toHaveLength(1)
    const code = /code: ([\w-]+)/.exec(mail.text)?.[1] ?? ""
    const reset = async (resetCode: string, newPassword: string) =>
      said(await anybody().post("resetPassword", { email, resetCode, newPassword }))
    expect(await reset(`${code}x`, "N3w-Passw0rd!")).toBe("400 InvalidToken")
    expect(await reset(code, "abc")).toMatch(/^400 PasswordTooShort/)
    expect(await reset(code, "N3w-Passw0rd!")).toBe("200")
    expect(await reset(code, "N3w-Passw0rd!")).toBe("400 InvalidToken")
    expect(said(await anybody().post("login", credentials))).toBe("401 Failed")
    expect(said(await anybody().post("login", { email, password: "N3w-Passw0rd!" }))).toBe("200 ok")
  })
})

describe("other origins", () => {
  test("a preflight of the app's origin lets everything through that the client sends, with credentials", async () => {
    const preflight = async (origin: string, path = "login") =>
      await anybody().send(path, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,x-requested-with",
        },
      })
    const { status, headers } = await preflight(appOrigin)
    expect(status).toBe(204)
    expect(headers.get("access-control-allow-origin")).toBe(appOrigin)
    expect(headers.get("access-control-allow-credentials")).toBe("true")
    expect(headers.get("access-control-allow-headers")).toBe("content-type,x-requested-with")
    expect(headers.get("access-control-allow-methods")).toContain("POST")
    const foreign = await preflight("https://evil.example")
    expect(foreign.headers.get("access-control-allow-origin")).toBeNull()
  })

  test("refusals can be read there as well", async () => {
    const { headers } = await anybody().post("login", { email: "nobody@contoso.com", password })
    expect(headers.get("access-control-allow-origin")).toBe(appOrigin)
    expect(headers.get("access-control-allow-credentials")).toBe("true")
  })

  test("another site can't make a browser act", async () => {
    const { browser } = await signedIn()
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: null, "sec-fetch-site": "cross-site" },
    ]) {
      expect(said(await browser.send("logout", { body: {}, headers }))).toBe("403")
      expect(said(await browser.send("manage/2fa", { body: { enable: false }, headers }))).toBe("403")
    }
    expect(said(await browser.get("manage/info"))).toBe("200 ok")
  })
})

test("paths are matched in any case of letters; what is not there is a bare 404, another method a 405", async () => {
  expect(said(await anybody().post("LOGIN", await identity.person()))).toBe("200 ok")
  expect(said(await anybody().post("nothing", {}))).toBe("404")
  expect(said(await anybody().get("login"))).toBe("405")
  expect(said(await anybody().send("roles", { method: "DELETE" }))).toBe("405")
})

test("the sample's people and their roles are made by the command line", async () => {
  const id = await identity.cli(
    "users",
    "create",
    "--email",
    "leela@contoso.com",
    "--confirmed",
    "--role",
    "Administrator",
    "Manager",
  )
  expect(id).not.toBe("")
  // The command line read no password here; the mailbox sets one.
  await anybody().post("forgotPassword", { email: "leela@contoso.com" })
  const mail = await identity.mailTo("leela@contoso.com", /^Reset your password$/)
  const resetCode = /code: ([\w-]+)/.exec(mail.text)?.[1] ?? ""
  await anybody().post("resetPassword", { email: "leela@contoso.com", resetCode, newPassword: password })
  const browser = anybody()
  await browser.post("login?useCookies=true", { email: "leela@contoso.com", password })
  expect((await browser.get<{ value: string }[]>("roles")).json.map(({ value }) => value)).toEqual([
    "Administrator",
    "Manager",
  ])
})
