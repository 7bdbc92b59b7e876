import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Identity, linkIn, password, said, startIdentity } from "./identity-for-tests.ts"

let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
})
afterAll(() => identity.close())

const next = "Quiet-Meadow#2091"
const anybody = () => identity.visitor()

describe("registering", () => {
  test.each([
    ["", "InvalidEmail"],
    [null, "InvalidEmail"],
    ["ann", "InvalidEmail"],
    ["@example.com", "InvalidEmail"],
    ["ann@", "InvalidEmail"],
    ["a@b@example.com", "InvalidEmail"],
    ["ann@-x", "InvalidEmail"],
    ["o'neil@example.com", "InvalidUserName"],
    ["jürgen@example.com", "InvalidUserName"],
    ["a nn@example.com", "InvalidUserName"],
    [" ann@example.com", "InvalidUserName"],
  ])("%j is %s, stores nothing and mails nothing", async (email, code) => {
    const before = (await identity.server.mails.all()).length
    expect(said(await anybody().post("register", { email, password }))).toBe(`400 ${code}`)
    expect(await identity.server.mails.all()).toHaveLength(before)
    if (email) expect(await identity.server.engine.users.find({ email })).toBeUndefined()
  })

  test.each([
    [
      "",
      "PasswordTooShort PasswordRequiresNonAlphanumeric PasswordRequiresDigit PasswordRequiresLower PasswordRequiresUpper PasswordRequiresUniqueChars",
    ],
    ["abc", "PasswordTooShort PasswordRequiresNonAlphanumeric PasswordRequiresDigit PasswordRequiresUpper"],
    ["      ", "PasswordTooShort PasswordRequiresDigit PasswordRequiresLower PasswordRequiresUpper"],
    ["Aa1!", "PasswordTooShort"],
    ["aaaaa1!", "PasswordRequiresUpper"],
    ["AAAAA1!", "PasswordRequiresLower"],
    ["Aaaaaa!", "PasswordRequiresDigit"],
    ["Aaaaaa1", "PasswordRequiresNonAlphanumeric"],
    ["Äääää1!", "PasswordRequiresLower PasswordRequiresUpper"],
  ])("the password %j breaks %s", async (typed, codes) => {
    const email = identity.fresh()
    expect(said(await anybody().post("register", { email, password: typed }))).toBe(`400 ${codes}`)
    // Before the name is judged, and before anybody learns that it is taken.
    expect(said(await anybody().post("register", { email: "o'neil@example.com", password: typed }))).toBe(
      `400 ${codes}`,
    )
    expect(await identity.mailsTo(email)).toEqual([])
  })

  test("six characters of four sorts are enough here", async () => {
    expect(said(await anybody().post("register", { email: identity.fresh(), password: "Aa1!aa" }))).toBe("200")
  })

  test("a taken address is told, however it is spelled; nothing changes and nobody is mailed", async () => {
    const email = identity.fresh()
    await anybody().post("register", { email, password })
    for (const taken of [email, email.toUpperCase()])
      expect(said(await anybody().post("register", { email: taken, password: next }))).toBe("400 DuplicateUserName")
    expect(await identity.mailsTo(email)).toHaveLength(1)
    expect(said(await anybody().post("login", { email, password }))).toBe("200 ok")
  })

  test("of two at once one gets the address", async () => {
    const email = identity.fresh()
    const answers = await Promise.all(
      [password, next].map(async (typed) => said(await anybody().post("register", { email, password: typed }))),
    )
    expect(answers.toSorted()).toEqual(["200", "400 DuplicateUserName"])
  })

  test("where that is decided a taken address is answered like a new one, and its owner gets a mail", async () => {
    const silent = await startIdentity({ takenAddress: "silent" })
    const { email } = await silent.person()
    expect(said(await silent.visitor().post("register", { email, password: next }))).toBe("200")
    expect((await silent.server.mails.latestTo(email)).subject).toContain("already have an account")
    expect(said(await silent.visitor().post("login", { email, password: next }))).toBe("401 Failed")
    await silent.close()
  })

  test("another profile has its own rules, told under the nearest code", async () => {
    const other = await startIdentity({ profile: "default" })
    const answer = await other.visitor().post("register", { email: identity.fresh(), password: "Password1" })
    expect(said(answer)).toBe("400 DefaultError")
    expect(said(await other.visitor().post("register", { email: identity.fresh(), password: "short" }))).toBe(
      "400 PasswordTooShort",
    )
    expect(
      said(await other.visitor().post("register", { email: identity.fresh(), password: "mellow harbour lamps" })),
    ).toBe("200")
    await other.close()
  })
})

describe("confirming an address", () => {
  const registered = async () => {
    const email = identity.fresh()
    await anybody().post("register", { email, password })
    return { email, link: linkIn(await identity.newestTo(email)) }
  }

  test("the link is the public URL's, works once, signs nobody in, and leaves sessions as they are", async () => {
    const { email, link } = await registered()
    const signedIn = identity.visitor()
    await signedIn.post("login?useCookies=true", { email, password })
    expect((await signedIn.get<{ isEmailConfirmed: boolean }>("manage/info")).json.isEmailConfirmed).toBe(false)
    expect(link.origin).toBe(new URL(identity.server.url).origin)
    expect([link.pathname, [...link.searchParams.keys()]]).toEqual(["/identity/confirmEmail", ["userId", "code"]])
    const answer = await identity.open(link)
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"])
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await signedIn.get<{ isEmailConfirmed: boolean }>("manage/info")).json.isEmailConfirmed).toBe(true)
    expect(said(await identity.open(link))).toBe("401")
  })

  test("a scanner's HEAD spends nothing", async () => {
    const { link } = await registered()
    const request = new Request(link, { method: "HEAD" })
    expect((await identity.server.fetch(request, {})).status).toBe(405)
    expect((await identity.open(link)).status).toBe(200)
  })

  test.each([
    ["userId", ""],
    ["userId", "nobody"],
    ["userId", "\u0000"],
    ["code", ""],
    ["code", "%%%"],
    ["code", "Zm9v"],
    ["changedEmail", "other@example.com"],
  ])("with %s %j it is refused without a word, and stays good", async (name, value) => {
    const { email, link } = await registered()
    const bent = new URL(link)
    bent.searchParams.set(name, value)
    expect(said(await identity.open(bent))).toBe("401")
    expect((await identity.server.engine.users.find({ email }))?.emailConfirmed).toBe(false)
    expect((await identity.open(link)).status).toBe(200)
  })

  test("another user's id is refused, and so is one that is not there", async () => {
    const [one, other] = [await registered(), await registered()]
    const bent = new URL(one.link)
    bent.searchParams.set("userId", other.link.searchParams.get("userId") ?? "")
    expect(said(await identity.open(bent))).toBe("401")
    for (const name of ["userId", "code"]) {
      const missing = new URL(one.link)
      missing.searchParams.delete(name)
      expect(said(await identity.open(missing))).toBe("400")
    }
  })

  test("it is good for a day", async () => {
    const { link } = await registered()
    identity.server.clock.advance(86_400)
    expect(said(await identity.open(link))).toBe("401")
  })

  test("a mail can be asked for again, by confirmed and unconfirmed alike, and every answer is the same", async () => {
    const { email, link } = await registered()
    const confirmed = await identity.person()
    for (const address of [email, confirmed.email, "nobody@example.com", "no address", ""])
      expect(said(await anybody().post("resendConfirmationEmail", { email: address }))).toBe("200")
    expect((await identity.mailsTo(confirmed.email)).map(({ subject }) => subject)).toEqual(["Confirm your email"])
    const again = linkIn(await identity.newestTo(email))
    expect((await identity.open(again)).status).toBe(200)
    expect(said(await identity.open(link))).toBe("401")
    expect((await identity.open(linkIn(await identity.newestTo(confirmed.email)))).status).toBe(200)
  })

  test("where that is decided the link leads to a page with a button", async () => {
    const other = await startIdentity({ identityConfirmLink: "page" })
    const email = identity.fresh()
    await other.visitor().post("register", { email, password })
    const [link = ""] = (await other.server.mails.latestTo(email)).links
    expect(new URL(link).pathname).toBe("/account/confirm-address")
    const page = await other.server.client().get(link)
    expect([page.status, page.text.includes("<form")]).toEqual([200, true])
    expect((await other.server.engine.users.find({ email }))?.emailConfirmed).toBe(false)
    await other.close()
  })
})
