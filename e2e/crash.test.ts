import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Secret, TOTP } from "otpauth"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { command, freePort, type ServerProcess, startServer } from "./server-process.ts"

/** Recovery codes of each user: each is good for one sign-in, so that a thousand don't have to wait for time steps. */
const codesOfUser = 50
const users = 20
const enrollers = 6
/** After so many acknowledged sign-ins the power goes. */
const acknowledgedAtKill = 500

type Person = { readonly id: string; readonly secret: string; readonly codes: readonly string[] }
/** One code on its way. `token` is there when the server has said yes; `refused` when it has said no. */
type Spend = {
  readonly person: Person
  readonly kind: "totp" | "recovery-code"
  readonly code: string
  tokens: string[]
  refused: number
  unanswered: number
}
type Enrolment = { readonly id: string; confirmed: Person | undefined; asked: boolean }

const folder = mkdtempSync(join(tmpdir(), "countersign-crash-"))
const file = join(folder, "data.sqlite")
let environment: Record<string, string>
let server: ServerProcess
let key: string
const spends: Spend[] = []
const enrolments: Enrolment[] = []
let people: Person[]

const api = async (
  method: string,
  path: string,
  bearer: string,
  body?: unknown,
): Promise<{ status: number; json: Record<string, unknown> }> => {
  const response = await fetch(`${server.url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

const codeAt = (secret: string, timestamp: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp })

/** Makes a user with an authenticator app. The confirming code is the one of the step before, so that later ones are still good. */
async function enrol(into: Enrolment[] = []): Promise<Person> {
  const made = await api("POST", "/users", key, { externalId: `person ${crypto.randomUUID()}` })
  expect(made.status).toBe(201)
  const enrolment: Enrolment = { id: String(made.json["id"]), confirmed: undefined, asked: false }
  into.push(enrolment)
  const begun = await api("POST", `/users/${enrolment.id}/factors`, key, { kind: "totp" })
  const secret = String((begun.json["show"] as Record<string, unknown>)["secret"])
  enrolment.asked = true
  const answer = codeAt(secret, Date.now() - 30_000)
  const confirmed = await api("POST", `/users/${enrolment.id}/factors/confirm`, key, { kind: "totp", answer })
  expect(confirmed.status).toBe(200)
  enrolment.confirmed = { id: enrolment.id, secret, codes: confirmed.json["recoveryCodes"] as string[] }
  return enrolment.confirmed
}

/** One sign-in's second step. What the server said is kept with the code; a connection that broke says nothing. */
async function signIn(spend: Spend): Promise<{ status: number; code: unknown }> {
  const opened = await api("POST", `/users/${spend.person.id}/challenges`, key, {})
  expect(opened.json["status"]).toBe("second_factor")
  spend.unanswered++
  const settled = await api("POST", "/challenge/answer", String(opened.json["token"]), {
    kind: spend.kind,
    answer: spend.code,
  })
  spend.unanswered--
  if (settled.status === 200) spend.tokens.push(String(settled.json["token"]))
  else spend.refused++
  return { status: settled.status, code: settled.json["code"] }
}

const spendOf = (person: Person, kind: Spend["kind"], code: string): Spend => ({
  person,
  kind,
  code,
  tokens: [],
  refused: 0,
  unanswered: 0,
})

/** Signs in with one code after another; every seventh is sent twice at the same moment. */
async function keepSigningIn(person: Person): Promise<void> {
  const mine = [
    spendOf(person, "totp", codeAt(person.secret, Date.now())),
    ...person.codes.map((code) => spendOf(person, "recovery-code", code)),
  ]
  spends.push(...mine)
  for (const [index, spend] of mine.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- a person signs in once at a time
    if (index % 7 === 3) await Promise.all([signIn(spend), signIn(spend)])
    // oxlint-disable-next-line no-await-in-loop -- a person signs in once at a time
    else await signIn(spend)
  }
}

async function keepEnrolling(): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- until the power goes
  for (;;) await enrol(enrolments)
}

const acknowledged = (): number => spends.reduce((sum, spend) => sum + spend.tokens.length, 0)

beforeAll(async () => {
  environment = {
    COUNTERSIGN_DATABASE_URL: `sqlite:${file}`,
    COUNTERSIGN_PORT: String(await freePort()),
    COUNTERSIGN_LOG_LEVEL: "error",
    COUNTERSIGN_ADDRESS_LIMITS: "off",
    COUNTERSIGN_RECOVERY_CODES_COUNT: String(codesOfUser),
    // Between drawing a code and its arrival a time step may end.
    COUNTERSIGN_TOTP_WINDOW: "2",
  }
  const scopes = "users:read,users:write,factors:read,factors:write,challenges:write"
  key = await command(environment, "api-keys", "create", "--service", "crash", "--scopes", scopes)
  server = await startServer(environment)
  people = await Promise.all(Array.from({ length: users }, () => enrol()))

  // Everybody at once, until enough was acknowledged; then the power goes while all are in the middle of something.
  const clients = Promise.allSettled([
    ...people.map(keepSigningIn),
    ...Array.from({ length: enrollers }, keepEnrolling),
  ])
  while (acknowledged() < acknowledgedAtKill) {
    // oxlint-disable-next-line no-await-in-loop -- watches
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await server.kill()
  await clients
  server = await startServer(environment)
})

afterAll(async () => {
  await server?.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe("after a kill in the middle of a thousand sign-ins", () => {
  test("there was something in the middle", () => {
    expect(acknowledged()).toBeGreaterThanOrEqual(acknowledgedAtKill)
    expect(spends.some((spend) => spend.unanswered > 0)).toBe(true)
    expect(
      spends.filter((spend) => spend.tokens.length + spend.refused + spend.unanswered === 0).length,
    ).toBeGreaterThan(0)
  })

  test("no code had passed twice, nor does a refused one have passed", () => {
    expect(spends.filter((spend) => spend.tokens.length > 1)).toEqual([])
    const refusedAlone = spends.filter(
      (spend) => spend.refused > 0 && spend.unanswered === 0 && spend.tokens.length === 0,
    )
    expect(refusedAlone).toEqual([])
  })

  test("every session that was handed out is there", async () => {
    const answers = await Promise.all(
      spends.flatMap((spend) => spend.tokens).map((token) => api("GET", "/session", token)),
    )
    expect(answers.filter((answer) => answer.status !== 200)).toEqual([])
  })

  test("no code that was acknowledged passes again, and one on its way passes at most once more in all", async () => {
    for (const person of people) {
      const mine = spends.filter((spend) => spend.person === person)
      const spent = mine.filter((spend) => spend.tokens.length > 0).slice(-2)
      const onTheirWay = mine.filter((spend) => spend.unanswered > 0 && spend.tokens.length === 0)
      const untouched = mine.filter((spend) => spend.tokens.length + spend.refused + spend.unanswered === 0).slice(0, 1)
      // oxlint-disable no-await-in-loop -- in turn, so that the count of failures stays below the wait
      for (const spend of spent) expect(await signIn(spend)).toMatchObject({ status: 400, code: "code_incorrect" })
      for (const spend of untouched) expect(await signIn(spend)).toMatchObject({ status: 200 })
      for (const spend of onTheirWay) {
        await signIn(spend)
        const again = await signIn(spend)
        expect(again.status).not.toBe(200)
      }
      // oxlint-enable no-await-in-loop
    }
    expect(spends.filter((spend) => spend.tokens.length > 1)).toEqual([])
  })

  test("whoever was told that the app is on has it, with all recovery codes, and they work", async () => {
    const done = enrolments.flatMap((enrolment) => enrolment.confirmed ?? [])
    expect(done.length).toBeGreaterThan(0)
    for (const person of done) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await signIn(spendOf(person, "recovery-code", person.codes[0] ?? ""))).toMatchObject({ status: 200 })
    }
  })

  test("nobody's enrolment is half made: an app and its codes are both there, or neither", async () => {
    for (const { id } of enrolments) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const [factors, codes] = await Promise.all([
        api("GET", `/users/${id}/factors`, key),
        api("GET", `/users/${id}/recovery-codes`, key),
      ])
      const on = (factors.json["factors"] as { state: string }[]).filter((factor) => factor.state === "on")
      expect(codes.json["total"]).toBe(on.length === 1 ? codesOfUser : 0)
    }
  })

  test("the file is sound, and holds one session for every proof that was spent", async () => {
    expect(await server.stop()).toBe(0)
    const database = new DatabaseSync(file, { readOnly: true })
    expect(database.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }])
    expect(database.prepare("pragma foreign_key_check").all()).toEqual([])
    const sessions = database.prepare("select count(*) as many from sessions where user_id = ?")
    const spent = database.prepare(
      "select count(*) as many from recovery_codes where user_id = ? and used_at is not null",
    )
    for (const person of people) {
      const byApp = Number(sessions.get(person.id)?.["many"]) - Number(spent.get(person.id)?.["many"])
      const app = spends.find((spend) => spend.person === person && spend.kind === "totp")
      expect(byApp).toBeLessThanOrEqual(1)
      expect(byApp).toBeGreaterThanOrEqual(app?.tokens.length ?? 0)
    }
    database.close()
  })
})
