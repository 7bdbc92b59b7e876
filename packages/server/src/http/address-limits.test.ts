import { describe, expect, test } from "vitest"
import { CountersignError } from "../engine/errors.ts"
import { migrate } from "../store/migrate.ts"
import { openSqlite } from "../store/sqlite.ts"
import { appForTests, testDoor } from "./app-for-tests.ts"

const door = testDoor([
  {
    method: "POST",
    path: "/try",
    limit: "sign-in",
    async handle(call) {
      if ((await call.body())["right"] !== true) throw new CountersignError("credentials_incorrect")
      return { status: 200, json: {} }
    },
  },
  { method: "POST", path: "/mail", limit: "mail", handle: () => ({ status: 202, json: {} }) },
])
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
})

describe("limits on an address", () => {
  const withDatabase = async () => {
    const database = openSqlite(":memory:")
    await migrate(database, { now: () => 0 })
    let now = 1_000_000_000_000
    const app = appForTests([door], { database, now: () => now, addressLimits: true })
    return { ...app, advance: (seconds: number) => void (now += seconds * 1000) }
  }
  test("the 61st failed try in five minutes waits, and says how long", async () => {
    const { fetch, advance } = await withDatabase()
    const attempt = async (right: boolean, address = "192.0.2.1") => await fetch("/t/try", post({ right }), { address })
    for (let n = 0; n < 60; n++) expect((await attempt(false)).status).toBe(422)
    const refused = await attempt(true)
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ details: { retryAfter: expect.any(Number) } })
    expect((await attempt(true, "192.0.2.2")).status).toBe(200)
    advance(400)
    expect((await attempt(true)).status).toBe(200)
  })
  test("what succeeds is not counted", async () => {
    const { fetch } = await withDatabase()
    for (let n = 0; n < 70; n++)
      expect((await fetch("/t/try", post({ right: true }), { address: "192.0.2.1" })).status).toBe(200)
  })
  test("the 21st mail in an hour waits", async () => {
    const { fetch } = await withDatabase()
    const statuses = []
    for (let n = 0; n < 21; n++) statuses.push((await fetch("/t/mail", post({}), { address: "2001:db8::1" })).status)
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 202), 429])
    expect((await fetch("/t/mail", post({}), { address: "2001:db8::ffff:2" })).status).toBe(429)
    expect((await fetch("/t/mail", post({}), { address: "2001:db8:0:1::1" })).status).toBe(202)
  })
  test("a spoofed forwarding header opens no new bucket", async () => {
    const { fetch } = await withDatabase()
    const statuses = new Set<number>()
    for (let n = 0; n < 21; n++)
      statuses.add(
        (await fetch("/t/mail", post({}, { "x-forwarded-for": `198.51.100.${n}` }), { address: "192.0.2.1" })).status,
      )
    expect(statuses).toContain(429)
  })
  test("without an address nothing is counted, and the operator is told once", async () => {
    const { fetch, reports } = await withDatabase()
    for (let n = 0; n < 25; n++) expect((await fetch("/t/mail", post({}))).status).toBe(202)
    expect(reports).toHaveLength(1)
  })
})
