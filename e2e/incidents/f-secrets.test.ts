import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createAuthenticator, createClient, type TestClient } from "countersign/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type MailServer, startMailServer } from "../mail-server.ts"
import { command, freePort, type ServerProcess, startServer } from "../server-process.ts"
import { submitOn } from "./account-pages.ts"
import { type Json, must } from "./ground.ts"

/**
 * A real process with its file, its mail and its log, through every flow; then everything that it has left behind is
 * searched for everything that only its owner may know.
 */
const folder = mkdtempSync(join(tmpdir(), "countersign-secrets-"))
const file = join(folder, "data.sqlite")
const email = "mara.lindqvist@example.com"
const password = "Seventeen-Herons-Over-Lake-4"
const nextPassword = "Eighteen-Boats-Before-Dawn-5"
const wrongPassword = "Nineteen-Lamps-That-Never-Were-6"

let server: ServerProcess
let mails: MailServer
/** What was secret, by what it is. Codes of digits are looked for where they stand alone. */
const secrets = new Map<string, string>()
const codes = new Set<string>()
/** Links and codes that a mail is for. */
const mailed = new Set<string>()

const keep = (what: string, value: unknown): string => {
  if (typeof value !== "string" || value.length < 8) throw new Error(`${what} is no secret`)
  secrets.set(`${what} ${secrets.size}`, value)
  return value
}
const keepCode = (code: string): string => {
  codes.add(code)
  return code
}
const keepCookies = (client: TestClient): void => {
  for (const [name, value] of client.cookies) if (value.length > 20) keep(`the cookie ${name}`, value)
}

const authenticator = createAuthenticator(Date.now)
const newest = async (path: RegExp): Promise<string> => {
  for (let tries = 0; tries < 100; tries++) {
    const found = mails
      .to(email)
      .toReversed()
      .flatMap(({ text }) => path.exec(text)?.[0] ?? [])
      .find((each) => !mailed.has(each))
    if (found !== undefined) {
      mailed.add(found)
      return found
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no mail with ${path} has come`)
}
const mailedToken = async (): Promise<string> => {
  const token = new URL(await newest(/https?:\/\/\S+token=\S+/)).searchParams.get("token")
  return keep("the token of a link", token)
}
const mailedCode = async (): Promise<string> => keepCode((await newest(/^\s*\d{6}\s*$/m)).trim())

beforeAll(async () => {
  mails = await startMailServer()
  const environment = {
    COUNTERSIGN_DATABASE_URL: `sqlite:${file}`,
    COUNTERSIGN_PORT: String(await freePort()),
    COUNTERSIGN_SMTP_URL: mails.url,
    COUNTERSIGN_LOG_LEVEL: "debug",
    COUNTERSIGN_ADDRESS_LIMITS: "off",
    COUNTERSIGN_TOTP_WINDOW: "2",
    COUNTERSIGN_PASSWORD_HASH_MEMORY: "1024",
    COUNTERSIGN_PASSWORD_HASH_PASSES: "1",
  }
  const scopes = "users:read,users:write,factors:read,factors:write,challenges:write,mfa-tokens:spend"
  const service = keep(
    "a service's key",
    await command(environment, "api-keys", "create", "--service", "x", "--scopes", scopes),
  )
  server = await startServer(environment)
  const client = (bearer?: string) => createClient((request) => fetch(request), server.url, { bearer })
  const app = client(service)
  keep("a password", password)
  keep("a password", nextPassword)
  keep("a password", wrongPassword)

  // Signing up, and in.
  const browser = client()
  must(await browser.post("/v1/sign-up", { email, password }), 202)
  must(await browser.post("/v1/address/confirm", { token: await mailedToken() }), 200)
  await browser.post("/v1/sign-in", { email, password: wrongPassword })
  must(await browser.post("/v1/sign-in", { email, password }), 200)
  keepCookies(browser)

  // An app, codes, a key, tokens.
  const begun = must(
    await browser.post<{ show: { secret: string; uri: string } }>("/v1/factors", { kind: "totp" }),
    201,
  )
  const phone = authenticator.scan(begun.json.show.uri)
  keep("an app's secret", begun.json.show.secret)
  const confirmed = must(
    await browser.post<{ recoveryCodes: string[] }>("/v1/factors/confirm", {
      kind: "totp",
      answer: keepCode(phone.code(-60)),
    }),
    200,
  )
  for (const code of confirmed.json.recoveryCodes) keep("a recovery code", code)
  keepCookies(browser)
  const pending = must(await browser.post<{ show: { secret: string } }>("/v1/factors", { kind: "totp" }), 201)
  keep("a waiting secret", pending.json.show.secret)
  keep("a user's key", must(await browser.post<Json>("/v1/api-keys", { name: "script" }), 201).json["key"])
  keep("an MFA token", must(await browser.post<Json>("/v1/mfa-tokens", { singleUse: false }), 201).json["token"])
  const replaced = must(await browser.post<{ codes: string[] }>("/v1/recovery-codes"), 201)
  for (const code of replaced.json.codes) keep("a recovery code", code)

  // The second step, right and wrong, at every door that is there.
  const half = client()
  must(await half.post("/v1/sign-in", { email, password }), 200)
  keepCookies(half)
  await half.post("/v1/challenge/answer", { kind: "totp", answer: keepCode("381904") })
  must(
    await half.post("/v1/challenge/answer", { kind: "totp", answer: keepCode(phone.code(-30)), rememberDevice: true }),
    200,
  )
  keepCookies(half)
  const bearer = must(await client().post<Json>("/v1/sign-in", { email, password, session: "bearer" }), 200)
  const challenge = keep("a challenge", bearer.json["token"])
  const answered = await client(challenge).post<Json>("/v1/challenge/answer", {
    kind: "recovery-code",
    answer: replaced.json.codes[0],
  })
  keep("a session", must(answered, 200).json["token"])
  must(await half.post("/v1/factors", { kind: "email-code" }), 201)
  must(await half.post("/v1/factors/confirm", { kind: "email-code", answer: await mailedCode() }), 200)
  const page = client()
  await submitOn(page, "/account/sign-in", "/account/sign-in", { email, password })
  await submitOn(page, "/account/second-step", "/account/second-step/start", {})
  await submitOn(page, "/account/second-step", "/account/second-step", { kind: "email-code", code: await mailedCode() })
  keepCookies(page)
  const accounts = client()
  await accounts.post("/api/accounts/login", { email, password })
  const jwt = await accounts.post<Json>("/api/accounts/twostepverification", {
    email,
    provider: "RecoveryCode",
    token: replaced.json.codes[1],
  })
  if (typeof jwt.json?.["token"] === "string") keep("a JWT's signature", jwt.json["token"].split(".")[2])
  const identity = await client().post<Json>("/identity/login", {
    email,
    password,
    twoFactorRecoveryCode: replaced.json.codes[2],
  })
  for (const name of ["accessToken", "refreshToken"])
    if (typeof identity.json?.[name] === "string") keep(name, identity.json[name])
  const portal = await client().post<{ response?: Json }>(`/api/2.0/authentication/${replaced.json.codes[3]}`, {
    userName: email,
    password,
  })
  if (typeof portal.json?.response?.["token"] === "string") keep("a portal's token", portal.json.response["token"])

  // A reset, a new password, an app's own sign-in.
  must(await client().post("/v1/password/forgot", { email }), 202)
  must(await client().post("/v1/password/reset", { token: await mailedToken(), password: nextPassword }), 204)
  await client().post("/v1/sign-in", { email, password })
  const made = must(await app.post<{ id: string }>("/v1/users", { externalId: "person-77" }), 201)
  const theirs = must(
    await app.post<{ show: { secret: string; uri: string } }>(`/v1/users/${made.json.id}/factors`, { kind: "totp" }),
    201,
  )
  keep("an app's secret", theirs.json.show.secret)
  const tablet = authenticator.scan(theirs.json.show.uri)
  must(
    await app.post(`/v1/users/${made.json.id}/factors/confirm`, { kind: "totp", answer: keepCode(tablet.code()) }),
    200,
  )
  keep("a challenge", must(await app.post<Json>(`/v1/users/${made.json.id}/challenges`, {}), 201).json["token"])
  // What fails in odd ways may be logged.
  await app.get(`/v1/users?search=${encodeURIComponent(password)}`)
  await client().get(`/v1/me?access_token=${[...secrets.values()].at(-1)}`)
  await client(`csk_${password}`).get("/v1/me")
  await client().post("/v1/sign-in", { email, password, answer: password })
}, 60_000)

afterAll(async () => {
  await server?.kill()
  await mails?.close()
  rmSync(folder, { recursive: true, force: true })
})

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
const bytesOfBase32 = (text: string): Buffer => {
  const bits = [...text].map((letter) => base32.indexOf(letter).toString(2).padStart(5, "0")).join("")
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
const toBase32 = (bytes: Buffer): string =>
  (
    [...bytes]
      .map((byte) => byte.toString(2).padStart(8, "0"))
      .join("")
      .match(/.{1,5}/g) ?? []
  )
    .map((group) => base32[Number.parseInt(group.padEnd(5, "0"), 2)])
    .join("")

/** Every form in which somebody could have put a secret down. */
const formsOf = (what: string, secret: string): Buffer[] => {
  const given = Buffer.from(secret)
  const raw = what.includes("secret") ? [bytesOfBase32(secret)] : []
  const bare = secret.replace(/^cs[a-z]_/, "")
  const token = bare === secret ? [] : [Buffer.from(bare), Buffer.from(bare, "base64url")]
  const texts = [given, ...raw, ...token].flatMap((bytes) => [
    bytes,
    Buffer.from(bytes.toString("hex")),
    Buffer.from(bytes.toString("hex").toUpperCase()),
    Buffer.from(bytes.toString("base64").replace(/=+$/, "")),
    Buffer.from(bytes.toString("base64url")),
    Buffer.from(toBase32(bytes)),
    Buffer.from(bytes.toReversed()),
  ])
  const spelled = [
    secret.toLowerCase(),
    secret.toUpperCase(),
    encodeURIComponent(secret),
    `${secret.slice(0, 5)}-${secret.slice(5)}`,
  ]
  return [...texts, ...spelled.map((text) => Buffer.from(text))]
}

/** Which secrets stand in there, by what they are. */
const foundIn = (content: Buffer, except: (what: string) => boolean = () => false): string[] => {
  const found = [...secrets]
    .filter(([what, secret]) => !except(what) && formsOf(what, secret).some((form) => content.includes(form)))
    .map(([what]) => what)
  const text = content.toString("latin1")
  return [
    ...found,
    ...[...codes]
      .filter((code) => new RegExp(`(?<![0-9A-Za-z])${code}(?![0-9A-Za-z])`).test(text))
      .map((code) => `the code ${code}`),
  ]
}

describe("after every flow no password, code, secret or token", () => {
  test("is looked for in vain where it does stand, so that the search is worth something (F6)", () => {
    expect(secrets.size).toBeGreaterThan(40)
    const kinds = [...secrets.keys()].join()
    for (const kind of [
      "an app's secret",
      "a recovery code",
      "a user's key",
      "a service's key",
      "an MFA token",
      "a session",
      "a challenge",
      "the cookie countersign-device",
      "the token of a link",
      "a JWT's signature",
      "accessToken",
      "refreshToken",
      "a portal's token",
    ])
      expect(kinds).toContain(kind)
    expect(codes.size).toBeGreaterThan(4)
    const [what, secret] = [...secrets].find(([name]) => name.includes("app's secret")) ?? ["", ""]
    for (const form of formsOf(what, secret))
      expect(foundIn(Buffer.concat([Buffer.from("x"), form, Buffer.from("y")]))).toContain(what)
    expect(foundIn(Buffer.from(`{"code":"${[...codes][0]}"}`))).toHaveLength(1)
  })

  test("stands in the database, its log of writes or anything beside it, in any form (F6, E3, E5)", async () => {
    // Everything is written by now; a kill leaves the write-ahead log where it is.
    await server.kill()
    const files = readdirSync(folder).map((name) => join(folder, name))
    expect(files.some((path) => path.endsWith("data.sqlite"))).toBe(true)
    const size = files.reduce((sum, path) => sum + statSync(path).size, 0)
    expect(size).toBeGreaterThan(100_000)
    for (const path of files) expect([path, foundIn(readFileSync(path))]).toEqual([path, []])
    // Nor the key that signs tokens.
    for (const path of files) expect(readFileSync(path).includes('"d":"')).toBe(false)
    // What opens all of it lies beside it in development, and for nobody else to read.
    const keys = files.filter((path) => !path.includes("data.sqlite"))
    for (const path of keys) expect([path, statSync(path).mode & 0o077]).toEqual([path, 0])
    // Rows as well, since a long text may be torn over two pages of the file.
    const database = new DatabaseSync(file)
    const tables = database
      .prepare("select name from sqlite_master where type = 'table'")
      .all()
      .map(({ name }) => String(name))
    expect(tables.length).toBeGreaterThan(15)
    for (const table of tables) {
      const rows = JSON.stringify(database.prepare(`select * from "${table}"`).all())
      expect([table, foundIn(Buffer.from(rows))]).toEqual([table, []])
    }
    database.close()
  })

  test("stands in the log, at its most talkative (F6)", () => {
    expect(foundIn(Buffer.from(server.log()))).toEqual([])
    expect(server.log()).not.toContain(email)
  })

  test("stands in a mail, but for the link or code that the mail is for (F6, D9)", () => {
    expect(mails.all().length).toBeGreaterThan(8)
    for (const { raw, text, subject } of mails.all()) {
      const link = /token=/.test(text)
      const code = /^\s*\d{6}\s*$/m.test(text)
      const found = foundIn(Buffer.from(raw), (what) => link && what.startsWith("the token of a link"))
      expect([subject, found.filter((what) => !(code && what.startsWith("the code ")))]).toEqual([subject, []])
    }
  })
})
