/** `/identity` from outside: what can be read, and what is refused before anything is done. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Browser, type Identity, password, said, startIdentity } from "./identity-client.ts"

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
const open = ["register", "login", "refresh", "resendConfirmationEmail", "forgotPassword", "resetPassword"]
const guarded = ["manage/2fa", "manage/info", "logout"]
/** A body that every endpoint can read. */
const full = {
  email: "nobody@contoso.com",
  password,
  refreshToken: "x",
  resetCode: "x",
  newPassword: password,
}

describe("bodies", () => {
  const broken = [
    "",
    " ",
    "{",
    "null",
    "[]",
    '"text"',
    "12",
    '{"email":"a","email":"b"}',
    '{"a":"\\ud800"}',
    "[".repeat(40),
  ]

  test.each([...open, "manage/2fa", "manage/info"])(
    "%s answers what is no JSON object with a bare 400",
    async (path) => {
      const by = guarded.includes(path) ? (await signedIn()).browser : anybody()
      for (const body of broken) {
        const answer = await by.send(path, { body })
        expect([path, body, said(answer), answer.headers.get("content-length")]).toEqual([path, body, "400", "0"])
      }
      const none = await by.send(path, { method: "POST" })
      expect([said(none), none.headers.get("content-length")]).toEqual(["400", "0"])
    },
  )

  test.each([...open, ...guarded])("%s answers another content type with a bare 415", async (path) => {
    const by = guarded.includes(path) ? (await signedIn()).browser : anybody()
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", null])
      expect([
        type,
        said(await by.send(path, { body: JSON.stringify(full), headers: { "content-type": type } })),
      ]).toEqual([type, "415"])
  })

  test.each([
    ["register", ["email", "password"]],
    ["login", ["email", "password"]],
    ["refresh", ["refreshToken"]],
    ["resendConfirmationEmail", ["email"]],
    ["forgotPassword", ["email"]],
    ["resetPassword", ["email", "resetCode", "newPassword"]],
  ])("%s demands %j, of the right type", async (path, names) => {
    for (const name of names) {
      const { [name]: _, ...missing } = full as Record<string, unknown>
      expect([name, said(await anybody().post(path, missing))]).toEqual([name, "400"])
      for (const value of [7, true, {}, ["x"]])
        expect([name, value, said(await anybody().post(path, { ...full, [name]: value }))]).toEqual([
          name,
          value,
          "400",
        ])
    }
  })

  test("null is told apart: no refresh token is not good, no address is no address, and the rest can't be read", async () => {
    expect(said(await anybody().post("refresh", { refreshToken: null }))).toBe("401")
    expect(said(await anybody().post("register", { email: null, password }))).toBe("400 InvalidEmail")
    for (const [path, name] of [
      ["register", "password"],
      ["login", "email"],
      ["login", "password"],
      ["forgotPassword", "email"],
      ["resetPassword", "newPassword"],
    ] as const)
      expect([path, said(await anybody().post(path, { ...full, email: "x@contoso.com", [name]: null }))]).toEqual([
        path,
        "400",
      ])
  })

  test.each([
    { enable: "true" },
    { enable: 1 },
    { resetSharedKey: null },
    { forgetMachine: "x" },
    { twoFactorCode: 123456 },
  ])("manage/2fa can't read %j", async (wish) =>
    expect(said(await (await signedIn()).browser.twoFactor(wish))).toBe("400"),
  )

  test("names are read in any case of letters, and others are passed over", async () => {
    const { email } = await identity.person()
    expect(said(await anybody().post("login", { EMAIL: email, PassWord: password, claims: { a: "b" } }))).toBe("200 ok")
    expect(said(await anybody().post("login", { email, Email: "other@contoso.com", password }))).toBe("400")
  })

  test.each(["useCookies=1", "useCookies=", "useSessionCookies=yes", "useCookies=true&useCookies=true"])(
    "the query %s is refused",
    async (query) => expect(said(await anybody().post(`login?${query}`, await identity.person()))).toBe("400"),
  )

  test("a body beyond all measure is refused", async () => {
    expect(said(await anybody().post("login", { email: "a".repeat(20_000), password }))).toBe("413")
  })

  test("nothing that was typed comes back", async () => {
    const typed = "zq-typed-zq"
    for (const path of open)
      expect(
        (await anybody().post(path, { ...full, email: typed, password: typed, resetCode: typed })).text,
      ).not.toContain(typed)
    const { browser } = await signedIn()
    for (const path of ["manage/2fa", "manage/info"])
      expect((await browser.post(path, { enable: true, twoFactorCode: typed, newEmail: typed })).text).not.toContain(
        typed,
      )
  })
})
