/** `/api/accounts`: locks on an account, and limits on an address. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { messageOf, wrong, locked, isToken } from "./accounts-answers.ts"
import { type Accounts, clientOrigin, linkIn, startAccounts } from "./accounts-client.ts"

const opened: Accounts[] = []

const start = async (options: Parameters<typeof startAccounts>[0] = {}) => {
  const accounts = await startAccounts(options)
  opened.push(accounts)
  return accounts
}

afterEach(async () => {
  for (const accounts of opened.splice(0)) await accounts.close()
})

const freshPassword = "Quiet-Meadow#2091"
const forgotPage = `${clientOrigin}/authentication/forgotpassword`
const resetPage = `${clientOrigin}/authentication/resetpassword`

const askForReset = async (accounts: Accounts, email: string) => {
  expect((await accounts.post("forgotpassword", { email, clientURI: resetPage })).status).toBe(200)
  return linkIn((await accounts.mailsTo(email)).at(-1)).token
}
const reset = (accounts: Accounts, email: string, token: string, fresh = freshPassword) =>
  accounts.post("resetpassword", { password: fresh, confirmPassword: fresh, email, token })

describe("three wrong passwords and two minutes", () => {
  let accounts: Accounts
  beforeAll(async () => {
    accounts = await startAccounts({ lockoutAttempts: 3, lockoutSeconds: 120 })
  })
  afterAll(async () => {
    await accounts.close()
  })
  const lock = async (email: string) => {
    expect(messageOf(await accounts.login(email, "wrong"))).toEqual(wrong)
    expect(messageOf(await accounts.login(email, "wrong"))).toEqual(wrong)
    expect(messageOf(await accounts.login(email, "wrong"))).toEqual(locked)
  }

  test("the third wrong one already says that the account is locked, and how long", async () => {
    const { email } = await accounts.account()
    await lock(email)
    const answer = await accounts.login(email, "wrong")
    expect(messageOf(answer)).toEqual(locked)
    expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(120)
    expect(answer.json).toMatchObject({
      isAuthSuccessful: false,
      token: null,
      is2StepVerificationRequired: false,
      provider: null,
    })
  })

  test("the right password does not open a lock, and opens it when the two minutes are over", async () => {
    const { email } = await accounts.account()
    await lock(email)
    expect(messageOf(await accounts.login(email))).toEqual(locked)
    accounts.server.clock.advance(121)
    expect(isToken(await accounts.login(email))).toBe(true)
  })

  test("an unknown address locks alike", async () => {
    await lock(`nobody.${crypto.randomUUID()}@example.org`)
  })

  test("its owner gets one mail for a lock, with the client's page for a forgotten password", async () => {
    const { email } = await accounts.account()
    await lock(email)
    await accounts.login(email, "wrong")
    await accounts.login(email, "wrong")
    const mails = (await accounts.mailsTo(email)).filter(({ subject }) => subject.includes("locked"))
    expect(mails).toHaveLength(1)
    expect(mails[0]?.text).toContain(forgotPage)
    expect(mails[0]?.html).toContain(`href="${forgotPage}"`)
  })

  test("a foreign page is never in that mail", async () => {
    const { email } = await accounts.account()
    for (let tries = 0; tries < 3; tries++)
      await accounts.login(email, "wrong", { clientURI: "https://evil.example/forgot" })
    const mails = await accounts.mailsTo(email)
    expect(mails.some(({ subject }) => subject.includes("locked"))).toBe(true)
    for (const mail of mails) expect(mail.raw).not.toContain("evil.example")
  })

  test("a reset ends the lock", async () => {
    const { email } = await accounts.account()
    await lock(email)
    expect((await reset(accounts, email, await askForReset(accounts, email))).status).toBe(200)
    expect(isToken(await accounts.login(email, freshPassword))).toBe(true)
  })

  test("the first step alone forgives nothing, the whole sign-in does", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    await accounts.login(email, "wrong")
    await accounts.login(email, "wrong")
    expect((await accounts.login(email)).status).toBe(200)
    expect(messageOf(await accounts.login(email, "wrong"))).toEqual(locked)
    accounts.server.clock.advance(121)
    await accounts.login(email)
    expect(isToken(await accounts.verify(email, await accounts.codeOf(email)))).toBe(true)
    expect(messageOf(await accounts.login(email, "wrong"))).toEqual(wrong)
  })

  test("one person's sign-ins do not forgive another's", async () => {
    const mine = await accounts.account()
    const yours = await accounts.account()
    for (let tries = 0; tries < 2; tries++) {
      await accounts.login(yours.email, "wrong")
      await accounts.login(mine.email)
    }
    expect(messageOf(await accounts.login(yours.email, "wrong"))).toEqual(locked)
  })
})

describe("limits on a client's address are failures of the page, never a bare 429", () => {
  test("too many failed sign-ins", async () => {
    const accounts = await start({ addressLimits: true, addressSignIns: 5 })
    const { email } = await accounts.account()
    for (let tries = 0; tries < 5; tries++) await accounts.login(`n${String(tries)}@example.org`, "wrong")
    const answer = await accounts.login(email)
    expect(messageOf(answer)).toEqual([401, "Too many attempts. Please try again later."])
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0)

    const code = await accounts.verify(email, "123456")
    expect([code.status, code.text]).toEqual([400, "Invalid Token Verification"])
    expect(Number(code.headers.get("retry-after"))).toBeGreaterThan(0)
  })

  test("codes guessed with no sign-in under way count as well", async () => {
    const accounts = await start({ addressLimits: true, addressSignIns: 5 })
    for (let tries = 0; tries < 5; tries++) await accounts.verify(`n${String(tries)}@example.org`, "123456")
    expect((await accounts.login("a@example.org")).headers.get("retry-after")).not.toBeNull()
  })

  test("too many mails", async () => {
    const accounts = await start({ addressLimits: true, addressMails: 2 })
    expect((await accounts.register()).answer.status).toBe(201)
    expect((await accounts.register()).answer.status).toBe(201)
    const { answer } = await accounts.register()
    const sentence = "Too many attempts. Please try again later."
    expect([answer.status, answer.json]).toEqual([400, { isSuccessfulRegistration: false, errors: [sentence] }])
    expect(answer.headers.get("retry-after")).not.toBeNull()
    const forgot = await accounts.post("forgotpassword", { email: "a@example.org", clientURI: resetPage })
    expect([forgot.status, forgot.text]).toEqual([400, sentence])
  })
})
