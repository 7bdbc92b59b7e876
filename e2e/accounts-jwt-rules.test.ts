/** `/api/accounts`: locks, resets and throttles, and what an installation can set. */
import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import {
  type Accounts,
  type Answer,
  clientOrigin,
  linkIn,
  password,
  startAccounts,
  wrongCode,
} from "./accounts-client.ts"
import { startMailServer } from "./mail-server.ts"
import { command, freePort, startServer } from "./server-process.ts"

const freshPassword = "Quiet-Meadow#2091"
const forgotPage = `${clientOrigin}/authentication/forgotpassword`
const resetPage = `${clientOrigin}/authentication/resetpassword`

const opened: Accounts[] = []
const start = async (options: Parameters<typeof startAccounts>[0] = {}) => {
  const accounts = await startAccounts(options)
  opened.push(accounts)
  return accounts
}
afterEach(async () => {
  for (const accounts of opened.splice(0)) await accounts.close()
})

const messageOf = (answer: Answer) => [
  answer.status,
  (answer.json as { errorMessage?: unknown } | undefined)?.errorMessage,
]
const wrong = [401, "Invalid Authentication"]
const locked = [401, "The account is locked out"]
const isToken = (answer: Answer) => answer.status === 200 && (answer.json as { token: string | null }).token !== null

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

describe("a forgotten password", () => {
  let accounts: Accounts
  beforeAll(async () => {
    accounts = await startAccounts()
  })
  afterAll(async () => {
    await accounts.close()
  })

  test("is answered alike for an unknown and a known address, and mails the known one alone", async () => {
    const { email } = await accounts.account()
    const nobody = `nobody.${crypto.randomUUID()}@example.org`
    const answers = [
      await accounts.post("forgotpassword", { email, clientURI: resetPage }),
      await accounts.post("forgotpassword", { email: nobody, clientURI: resetPage }),
    ]
    for (const answer of answers) expect([answer.status, answer.text]).toEqual([200, ""])
    expect(await accounts.mailsTo(email)).toHaveLength(1)
    expect(await accounts.mailsTo(nobody)).toEqual([])
  })

  test("needs an address and a page", async () => {
    const errorsOf = async (body: unknown) => {
      const { status, json } = await accounts.post("forgotpassword", body)
      return [status, (json as { errors: unknown }).errors]
    }
    expect(await errorsOf({})).toEqual([
      400,
      { Email: ["The Email field is required."], ClientURI: ["The ClientURI field is required."] },
    ])
    expect(await errorsOf({ email: "no address", clientURI: resetPage })).toEqual([
      400,
      { Email: ["The Email field is not a valid e-mail address."] },
    ])
  })

  test("a link never leads to a foreign page, for known and unknown alike", async () => {
    const { email } = await accounts.account()
    for (const clientURI of [
      "https://evil.example/reset",
      "http://localhost:4200.evil.example/",
      "http://localhost:4200@evil.example/",
    ]) {
      for (const address of [email, "nobody@example.org"]) {
        const answer = await accounts.post("forgotpassword", { email: address, clientURI })
        expect(answer.status).toBe(400)
        expect(answer.json).toMatchObject({ errors: { ClientURI: expect.any(Array) as [] } })
      }
    }
    expect(await accounts.mailsTo(email)).toEqual([])
  })

  test("the link is the client's page with token and email", async () => {
    const { email } = await accounts.account()
    await askForReset(accounts, email)
    const mail = (await accounts.mailsTo(email)).at(-1)
    const { url } = linkIn(mail)
    expect(`${url.origin}${url.pathname}`).toBe(resetPage)
    expect(url.searchParams.get("email")).toBe(email)
    expect(mail?.text).toContain("1 hour")
  })

  test("a reset link works once, dies after an hour, and dies with a reset by another link", async () => {
    const used = await accounts.account()
    const token = await askForReset(accounts, used.email)
    expect((await reset(accounts, used.email, token)).status).toBe(200)
    const invalid = { errors: ["Invalid token."] }
    expect((await reset(accounts, used.email, token)).json).toEqual(invalid)

    const late = await accounts.account()
    const old = await askForReset(accounts, late.email)
    accounts.server.clock.advance(3_601)
    expect((await reset(accounts, late.email, old)).json).toEqual(invalid)

    const twice = await accounts.account()
    const first = await askForReset(accounts, twice.email)
    const second = await askForReset(accounts, twice.email)
    expect((await reset(accounts, twice.email, second)).status).toBe(200)
    expect((await reset(accounts, twice.email, first)).json).toEqual(invalid)
  })

  test("of twenty that use one link at once, one sets the password", async () => {
    const { email } = await accounts.account()
    const token = await askForReset(accounts, email)
    const answers = await Promise.all(Array.from({ length: 20 }, () => reset(accounts, email, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19)
  })

  test("an unknown address, another's link, a missing part and a wrong token are one refusal in the form's own shape", async () => {
    const { email } = await accounts.account()
    const other = await accounts.account()
    const token = await askForReset(accounts, other.email)
    const passwords = { password: freshPassword, confirmPassword: freshPassword }
    for (const body of [
      { ...passwords, email: "nobody@example.org", token },
      { ...passwords, email, token },
      { ...passwords, email: other.email, token: "AAAA" },
      { ...passwords, email: other.email },
      { ...passwords, token },
      passwords,
    ]) {
      const answer = await accounts.post("resetpassword", body)
      expect([answer.status, answer.json]).toEqual([400, { errors: ["Invalid token."] }])
    }
    expect((await reset(accounts, other.email, token)).status).toBe(200)
  })

  test("a weak password is refused in sentences, and leaves the link good", async () => {
    const { email } = await accounts.account()
    const token = await askForReset(accounts, email)
    const answer = await reset(accounts, email, token, "short")
    expect([answer.status, answer.json]).toEqual([400, { errors: ["Passwords must be at least 8 characters."] }])
    expect((await reset(accounts, email, token)).status).toBe(200)
  })

  test("passwords that differ or are missing are refused by the names of the form", async () => {
    const answer = await accounts.post("resetpassword", {
      password: "a",
      confirmPassword: "b",
      email: "a@b.example",
      token: "x",
    })
    expect(answer.json).toMatchObject({
      errors: { ConfirmPassword: ["The password and confirmation password do not match."] },
    })
    expect((await accounts.post("resetpassword", {})).json).toMatchObject({
      errors: { Password: ["Password is required"] },
    })
  })

  test("a reset ends sessions and tells the owner, and signs nobody in", async () => {
    const { email } = await accounts.account()
    const { token: jwt } = (await accounts.login(email)).json as { token: string }
    const sid = String(decodeJwt(jwt)["sid"])
    const signing = { issuer: accounts.server.url, audience: accounts.server.url }
    const actor = () => accounts.server.engine.sessions.authenticateJwt(jwt, signing, { door: "accounts" })
    expect(await actor()).toMatchObject({ session: { id: sid } })
    const answer = await reset(accounts, email, await askForReset(accounts, email))
    expect(answer.text).toBe("")
    expect(await actor()).toBeUndefined()
    expect((await accounts.mailsTo(email)).at(-1)?.subject).toBe("Harbour: your password was reset")
  })

  test("an account whose address was never confirmed is mailed nothing that lets its maker in", async () => {
    const { email } = await accounts.register()
    const before = (await accounts.mailsTo(email)).length
    expect((await accounts.post("forgotpassword", { email, clientURI: resetPage })).status).toBe(200)
    expect(await accounts.mailsTo(email)).toHaveLength(before)
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

describe("settings", () => {
  const secret = "tK2wq0v7Jm8sPz4Xc9Rb6Nf3Hd1Lg5Ya"

  test("a key of the installation's own signs with HS256, with issuer, audience and life as set", async () => {
    const accounts = await start({
      jwtKey: secret,
      jwtIssuer: "HarbourAPI",
      jwtAudience: "https://api.example.org",
      jwtSeconds: 60,
    })
    const { email } = await accounts.account()
    const { token } = (await accounts.login(email)).json as { token: string }
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT" })
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      issuer: "HarbourAPI",
      audience: "https://api.example.org",
      currentDate: new Date(accounts.server.clock.now()),
      algorithms: ["HS256"],
    })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(60)
  })

  test.each(["CodeMazeSecretKey", "x".repeat(31)])("the key %s is refused at start", async (jwtKey) => {
    await expect(startAccounts({ jwtKey })).rejects.toThrow(/JWT_KEY/)
  })

  test("a taken address can be answered like a new one, and its owner hears of it", async () => {
    const accounts = await start({ takenAddress: "silent" })
    const { email } = await accounts.account()
    const taken = await accounts.register({ email })
    const fresh = await accounts.register()
    expect([taken.answer.status, taken.answer.text]).toEqual([fresh.answer.status, fresh.answer.text])
    expect((await accounts.mailsTo(email)).map(({ subject }) => subject)).toEqual([
      "You already have an account at Harbour",
    ])
  })

  test("sign-ups can be given the mailed code as their second step", async () => {
    const accounts = await start({ emailCodeDefault: true })
    const { email } = await accounts.register()
    const { token } = linkIn((await accounts.mailsTo(email))[0])
    expect((await accounts.get("emailconfirmation", { email, token })).status).toBe(200)
    expect((await accounts.login(email)).json).toMatchObject({ is2StepVerificationRequired: true, provider: "Email" })
    expect(isToken(await accounts.verify(email, await accounts.codeOf(email)))).toBe(true)
  })

  test("where a second step is demanded of everybody, the first right code sets it up", async () => {
    const accounts = await start({ secondFactor: "required" })
    const { email } = await accounts.account()
    expect((await accounts.login(email)).json).toMatchObject({
      is2StepVerificationRequired: true,
      token: null,
      provider: "Email",
    })
    const code = await accounts.codeOf(email)
    const refusal = await accounts.verify(email, wrongCode(code))
    expect([refusal.status, refusal.text]).toEqual([400, "Invalid Token Verification"])
    expect(isToken(await accounts.verify(email, code))).toBe(true)
    await accounts.login(email)
    expect(isToken(await accounts.verify(email, await accounts.codeOf(email)))).toBe(true)
  })

  test("where the wire has no way to set one up, nobody gets in without it", async () => {
    const accounts = await start({ secondFactor: "required", factors: ["totp"] })
    const { email } = await accounts.account()
    expect(messageOf(await accounts.login(email))).toEqual([401, "Invalid 2-Step Verification Provider."])
  })

  test("a second step by mail without a confirmed address is refused with the provider's sentence", async () => {
    const accounts = await start({ confirmEmail: "optional" })
    const { email } = await accounts.register()
    expect(isToken(await accounts.login(email))).toBe(true)
    const user = await accounts.server.engine.users.find({ email })
    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: user?.id } as const
    await accounts.server.engine.factors.add(operator, { kind: "email-code" })
    expect(messageOf(await accounts.login(email))).toEqual([401, "Invalid 2-Step Verification Provider."])
  })

  test("where it is demanded and the address is not confirmed, it can't be set up by mail either", async () => {
    const accounts = await start({ confirmEmail: "optional", secondFactor: "required" })
    const { email } = await accounts.register()
    expect(messageOf(await accounts.login(email))).toEqual([401, "Invalid 2-Step Verification Provider."])
  })

  test("roles of a sign-up can be set, and the door can be closed", async () => {
    const accounts = await start({ signUpRoles: { accounts: ["Reader", "Writer"] } })
    const { email } = await accounts.register()
    expect(await accounts.server.engine.users.find({ email })).toMatchObject({ roles: ["Reader", "Writer"] })
    const closed = await start({ doors: ["native"] })
    expect((await closed.login("a@example.org")).status).toBe(404)
  })
})

test("a mail server that is down is no fault of the person: the answer is the same, and the mail goes later", async () => {
  const accounts = await start()
  const { email } = await accounts.account({ mailedCode: true })
  await accounts.mailsTo(email)
  await accounts.mail.close()
  expect((await accounts.login(email)).json).toMatchObject({ is2StepVerificationRequired: true })
  await accounts.server.countersign.flushMail()
  expect(accounts.server.reports.join()).toMatch(/could not be sent/)
  expect(accounts.server.reports.join()).not.toContain(email)
})

test("by environment and command line: a user is made, given the mailed code, and signs in", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-accounts-"))
  const mail = await startMailServer()
  const port = String(await freePort())
  const environment = {
    COUNTERSIGN_PORT: port,
    COUNTERSIGN_HOST: "127.0.0.1",
    COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${port}`,
    COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "data.sqlite")}`,
    COUNTERSIGN_SMTP_URL: mail.url,
    COUNTERSIGN_ALLOWED_ORIGINS: clientOrigin,
    COUNTERSIGN_ADDRESS_LIMITS: "off",
    COUNTERSIGN_LOCKOUT_ATTEMPTS: "3",
    COUNTERSIGN_LOCKOUT_SECONDS: "120",
  }
  const server = await startServer(environment)
  try {
    const post = async (path: string, body: unknown) => {
      const response = await fetch(`${server.url}/api/accounts/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      })
      return { status: response.status, json: (await response.json()) as Record<string, unknown> }
    }
    const email = "ann@example.org"
    const registration = { email, password, confirmPassword: password, clientURI: `${clientOrigin}/confirm` }
    const registered = await fetch(`${server.url}/api/accounts/registration`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(registration),
    })
    expect(registered.status).toBe(201)
    await expect.poll(() => mail.to(email).length, { timeout: 20_000 }).toBe(1)
    const { token } = linkIn(mail.to(email)[0])
    const query = new URLSearchParams({ email, token }).toString()
    expect((await fetch(`${server.url}/api/accounts/emailconfirmation?${query}`)).status).toBe(200)

    await command(environment, "users", "add-factor", email, "--kind", "email-code")
    expect((await post("login", { email, password })).json).toMatchObject({ is2StepVerificationRequired: true })
    const codes = () => mail.to(email).flatMap(({ text }) => /^\s*(\d{6})\s*$/m.exec(text)?.[1] ?? [])
    await expect.poll(() => codes().length, { timeout: 20_000 }).toBe(1)
    const answer = await post("twostepverification", { email, provider: "Email", token: codes()[0] })
    expect([answer.status, answer.json["isAuthSuccessful"]]).toEqual([200, true])
  } finally {
    await server.stop()
    await mail.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
