import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Identity, linkIn, password, said, startIdentity } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const next = "Quiet-Meadow#2091"
const anybody = () => identity.visitor()

describe("manage/info", () => {
  test.each([
    [{ newEmail: "ann" }, "InvalidEmail"],
    [{ newEmail: "ann", newPassword: "abc" }, "InvalidEmail"],
    [{ newPassword: next }, "OldPasswordRequired"],
    [{ newPassword: next, oldPassword: "" }, "OldPasswordRequired"],
    [{ newPassword: "abc", oldPassword: "wrong" }, "PasswordMismatch"],
    [{ newPassword: "Aa1!", oldPassword: password }, "PasswordTooShort"],
    [{ newEmail: "new@example.com", newPassword: next, oldPassword: "wrong" }, "PasswordMismatch"],
    [{ newEmail: "new@example.com" }, "OldPasswordRequired"],
    [{ newEmail: "new@example.com", oldPassword: "wrong" }, "PasswordMismatch"],
  ])("%j is %s, changes nothing and mails nothing", async (change, code) => {
    const person = await identity.person()
    const before = (await identity.server.mails.all()).length
    expect(said(await (await person.browser()).post("manage/info", change))).toBe(`400 ${code}`)
    expect((await identity.server.mails.all()).slice(0, -before || undefined)).toEqual([])
    expect(said(await anybody().post("login", person.credentials))).toBe("200 ok")
  })

  test("a new password ends all other sessions and refresh tokens; the acting one goes on", async () => {
    const person = await identity.person()
    const [browser, tokens] = [await person.browser(), await person.tokens()]
    const answer = await browser.post("manage/info", { newPassword: next, oldPassword: password })
    expect(answer.json).toEqual({ email: person.email, isEmailConfirmed: true })
    identity.server.clock.advance(3600)
    expect((await browser.get("manage/info")).status).toBe(200)
    expect(said(await identity.visitor(tokens.accessToken).get("manage/info"))).toBe("401")
    expect(said(await anybody().post("refresh", { refreshToken: tokens.refreshToken }))).toBe("401")
  })

  test("the old password is enough for somebody with a second factor, also where the machine was remembered", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    await browser.post("login?useCookies=true", person.credentials)
    identity.server.clock.advance(3600)
    const answer = await browser.post("manage/info", {
      newPassword: next,
      newEmail: identity.fresh("new"),
      oldPassword: password,
    })
    expect(answer.status).toBe(200)
  })

  test("a new address is asked first, the old one is told, and nothing changes before", async () => {
    const person = await identity.person()
    const [browser, tokens] = [await person.browser(), await person.tokens()]
    const newEmail = identity.fresh("new+tag")
    const answer = await browser.post("manage/info", { newEmail, oldPassword: password })
    expect(answer.json).toEqual({ email: person.email, isEmailConfirmed: true })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await identity.mailsTo(person.email)).at(-1)?.text).toContain(newEmail)
    expect(said(await anybody().post("login", { email: newEmail, password }))).toBe("401 Failed")

    const mail = await identity.newestTo(newEmail)
    expect(mail.subject).toBe("Confirm your email")
    const link = linkIn(mail)
    expect([...link.searchParams.keys()]).toEqual(["userId", "code", "changedEmail"])
    const bare = new URL(link)
    bare.searchParams.delete("changedEmail")
    const other = new URL(link)
    other.searchParams.set("changedEmail", "other@example.com")
    for (const bent of [bare, other]) expect(said(await identity.open(bent))).toBe("401")
    expect((await identity.open(link)).status).toBe(200)

    expect((await browser.get("manage/info")).json).toEqual({ email: newEmail, isEmailConfirmed: true })
    expect(said(await identity.visitor(tokens.accessToken).get("manage/info"))).toBe("401")
    expect(said(await anybody().post("login", { email: newEmail, password }))).toBe("200 ok")
    expect(said(await anybody().post("login", person.credentials))).toBe("401 Failed")
    expect(said(await identity.open(link))).toBe("401")
  })

  test("with a second factor just proved the password is not needed again; later it is", async () => {
    const person = await identity.person({ totp: true })
    const browser = await person.browser()
    expect((await browser.post("manage/info", { newEmail: identity.fresh("new") })).status).toBe(200)
    identity.server.clock.advance(600)
    expect(said(await browser.post("manage/info", { newEmail: identity.fresh("new") }))).toBe("400 OldPasswordRequired")
  })

  test("the present address mails nothing; another spelling of it does", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const asking = async (newEmail: string) => {
      const { status } = await browser.post("manage/info", { newEmail, oldPassword: password })
      return [
        status,
        (await identity.mailsTo(newEmail)).filter(({ subject }) => subject === "Confirm your email").length,
      ]
    }
    expect(await asking(person.email)).toEqual([200, 0])
    const spelled = person.email.replace("user", "User")
    expect(await asking(spelled)).toEqual([200, 1])
    expect((await identity.open(linkIn(await identity.newestTo(spelled)))).status).toBe(200)
    expect((await browser.get<{ email: string }>("manage/info")).json.email).toBe(spelled)
  })

  test("a taken address is not told; its owner is, and no link goes out", async () => {
    const [person, owner] = [await identity.person(), await identity.person()]
    const answer = await (await person.browser()).post("manage/info", { newEmail: owner.email, oldPassword: password })
    expect(answer.status).toBe(200)
    const mails = await identity.mailsTo(owner.email)
    expect(mails.map(({ subject }) => subject)).not.toContain("Confirm your email")
    expect(mails).toHaveLength(1)
  })

  test("an address that was taken before the link was opened stays its owner's, and nothing changes", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const newEmail = identity.fresh("new")
    await browser.post("manage/info", { newEmail, oldPassword: password })
    const link = linkIn(await identity.newestTo(newEmail))
    await identity.person({ email: newEmail })
    expect(said(await identity.open(link))).toBe("401")
    expect((await browser.get<{ email: string }>("manage/info")).json.email).toBe(person.email)
  })

  test("guessing the old password has an end", async () => {
    const person = await identity.person()
    const browser = await person.browser()
    const guess = async (oldPassword: string) => await browser.post("manage/info", { newPassword: next, oldPassword })
    for (let n = 0; n < 5; n++) expect(said(await guess("wrong"))).toBe("400 PasswordMismatch")
    const late = await guess(password)
    expect([said(late), late.headers.get("retry-after")]).toEqual(["400 PasswordMismatch", "300"])
    expect(said(await anybody().post("login", person.credentials))).toBe("401 LockedOut")
  })
})

test("roles are claims; a user without any has none", async () => {
  const [leela, harry] = [await identity.person({ roles: ["Administrator", "Manager"] }), await identity.person()]
  const rolesOf = async (person: typeof leela) => (await (await person.browser()).get<unknown>("roles")).json
  const claim = {
    issuer: "LOCAL AUTHORITY",
    originalIssuer: "LOCAL AUTHORITY",
    type: "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    valueType: "http://www.w3.org/2001/XMLSchema#string",
  }
  expect(await rolesOf(leela)).toEqual([
    { ...claim, value: "Administrator" },
    { ...claim, value: "Manager" },
  ])
  expect(await rolesOf(harry)).toEqual([])
})
