import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { codeIn, type Identity, linkIn, password, said, startIdentity } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const next = "Quiet-Meadow#2091"
const anybody = () => identity.visitor()

describe("a forgotten password", () => {
  const reset = async (email: unknown, resetCode: unknown, newPassword: unknown = next) =>
    said(await anybody().post("resetPassword", { email, resetCode, newPassword }))
  const asked = async (email: string) => {
    expect(said(await anybody().post("forgotPassword", { email }))).toBe("200")
    return codeIn(await identity.newestTo(email))
  }

  test("the mail holds a code and no link; the code works once, and everybody is signed out", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const code = await asked(person.email)
    const mail = await identity.newestTo(person.email)
    expect(mail.subject).toBe("Reset your password")
    expect(mail.html).toContain(`code: ${code}`)
    expect(mail.html).not.toContain("href")
    expect(await reset(person.email, code, "abc")).toBe(
      "400 PasswordTooShort PasswordRequiresNonAlphanumeric PasswordRequiresDigit PasswordRequiresUpper",
    )
    expect(await reset(person.email, code)).toBe("200")
    expect(await reset(person.email, code)).toBe("400 InvalidToken")
    expect(said(await browser.get("manage/info"))).toBe("401")
    expect(said(await anybody().post("login", person.credentials))).toBe("401 Failed")
    expect(said(await anybody().post("login", { email: person.email, password: next }))).toBe("200 ok")
  })

  test("unknown, unconfirmed and known addresses are answered alike; only the confirmed one is mailed", async () => {
    const unconfirmed = await identity.person({ confirmed: false })
    for (const email of ["nobody@example.com", unconfirmed.email, "no address", ""]) {
      expect(said(await anybody().post("forgotPassword", { email }))).toBe("200")
      expect(await reset(email, "Zm9v", "abc")).toBe("400 InvalidToken")
      expect(await reset(email, "%%%")).toBe("400 InvalidToken")
    }
    expect(await identity.mailsTo(unconfirmed.email)).toEqual([])
  })

  test("the code of another user, of another purpose, or of before a change is none", async () => {
    const [person, other] = [await identity.person(), await identity.person()]
    const code = await asked(person.email)
    expect(await reset(other.email, code)).toBe("400 InvalidToken")
    await anybody().post("resendConfirmationEmail", { email: other.email })
    const confirmation = linkIn(await identity.newestTo(other.email)).searchParams.get("code")
    expect(await reset(other.email, confirmation)).toBe("400 InvalidToken")
    await (await person.browser()).post("manage/info", { newPassword: next, oldPassword: password })
    expect(await reset(person.email, code)).toBe("400 InvalidToken")
  })

  test("null is no value here, nor is a number", async () => {
    for (const [email, code, typed] of [
      [null, "x", next],
      ["a@example.com", null, next],
      ["a@example.com", "x", null],
      ["a@example.com", 7, next],
    ])
      expect(await reset(email, code, typed)).toBe("400")
  })

  test("a lock outlasts a reset, and the second factor stays", async () => {
    const person = await identity.person({ totp: true })
    const code = await asked(person.email)
    for (let n = 0; n < 5; n++) await anybody().post("login", { ...person.credentials, password: "wrong" })
    expect(await reset(person.email, code)).toBe("200")
    const enter = async () => said(await anybody().post("login", { email: person.email, password: next }))
    expect(await enter()).toBe("401 LockedOut")
    identity.server.clock.advance(300)
    expect(await enter()).toBe("401 RequiresTwoFactor")
  })

  test("a machine that was remembered is not any more", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    await reset(person.email, await asked(person.email))
    expect(said(await browser.post("login", { email: person.email, password: next }))).toBe("401 RequiresTwoFactor")
  })

  test("of ten resets with one code at once one stands", async () => {
    const person = await identity.person()
    const code = await asked(person.email)
    const answers = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => await reset(person.email, code, `${next}${String(n)}`)),
    )
    expect(answers.filter((answer) => answer === "200")).toHaveLength(1)
    for (const answer of answers) expect(["200", "400 InvalidToken", "400 ConcurrencyFailure"]).toContain(answer)
  })
})
