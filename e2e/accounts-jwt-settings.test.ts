/** `/api/accounts`: what an installation can set. */
import { decodeProtectedHeader, jwtVerify } from "jose"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startMailServer } from "./mail-server.ts"
import { command, freePort, startServer } from "./server-process.ts"
import { afterEach, describe, expect, test } from "vitest"
import { messageOf, isToken } from "./accounts-answers.ts"
import { type Accounts, clientOrigin, linkIn, password, startAccounts, wrongCode } from "./accounts-client.ts"

const opened: Accounts[] = []

const start = async (options: Parameters<typeof startAccounts>[0] = {}) => {
  const accounts = await startAccounts(options)
  opened.push(accounts)
  return accounts
}

afterEach(async () => {
  for (const accounts of opened.splice(0)) await accounts.close()
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
