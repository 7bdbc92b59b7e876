import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Database, sql } from "../store/database.ts"
import { migrate } from "../store/migrate.ts"
import { storesForTests } from "../store/stores-for-tests.ts"
import { limitKeyOf } from "./client-address.ts"
import { countAgainstLimit, peekAtLimit, takeFromLimit } from "./rate-limit.ts"

const { stores, stop } = await storesForTests()
afterAll(stop)

const signIns = { bucket: "sign-in:192.0.2.7", limit: 60, windowSeconds: 300 }
const mails = { bucket: "mail:192.0.2.7", limit: 20, windowSeconds: 3_600 }
/** A moment in the middle of nowhere. */
const noon = 1_790_000_012_345

describe.each(stores)("$name", ({ open }) => {
  let handles: Database[]
  let database: Database
  beforeEach(async () => {
    handles = await open()
    database = handles[0]!
    await migrate(database)
  })
  afterEach(async () => {
    await Promise.all(handles.map((each) => each.close()))
  })
  const takeMany = async (many: number, now: number, limit = mails): Promise<number> => {
    const verdicts = await Promise.all(
      Array.from({ length: many }, (_, n) => takeFromLimit(handles[n % handles.length]!, now, limit)),
    )
    return verdicts.filter((verdict) => verdict.allowed).length
  }

  test("as many as the limit pass, and the next one hears how long to wait", async () => {
    for (let n = 0; n < 20; n++) expect(await takeFromLimit(database, noon, mails)).toEqual({ allowed: true })
    const refused = await takeFromLimit(database, noon, mails)
    expect(refused.allowed).toBe(false)
    const { retryAfter } = refused as { retryAfter: number }
    expect(retryAfter).toBeGreaterThanOrEqual(3_600)
    expect(retryAfter).toBeLessThanOrEqual(3_600 * 1.2)
    expect(await takeFromLimit(database, noon + (retryAfter - 1) * 1_000, mails)).toMatchObject({ allowed: false })
    expect(await takeFromLimit(database, noon + retryAfter * 1_000, mails)).toEqual({ allowed: true })
  })

  test("of a hundred at once as many as the limit pass, over all nodes together", async () => {
    expect(await takeMany(100, noon)).toBe(20)
    expect(await takeMany(20, noon + 1)).toBe(0)
  })

  test("no boundary lets twice the limit through: never more in any span of the window's length", async () => {
    const passed: number[] = []
    for (let now = noon; now < noon + 3 * 3_600_000; now += 97_000)
      if ((await takeFromLimit(database, now, mails)).allowed) passed.push(now)
    for (const first of passed)
      expect(passed.filter((at) => at >= first && at < first + 3_600_000).length).toBeLessThanOrEqual(20)
    expect(passed.length).toBeGreaterThan(40)
  })

  test("what was refused is not counted: waiting helps, also those who kept asking", async () => {
    expect(await takeMany(20, noon)).toBe(20)
    for (let minute = 0; minute < 72; minute += 6) await takeFromLimit(database, noon + minute * 60_000, mails)
    expect(await takeMany(20, noon + 73 * 60_000)).toBe(20)
  })

  test("one bucket leaves another alone, and so does the same name with another window", async () => {
    expect(await takeMany(20, noon)).toBe(20)
    expect(await takeFromLimit(database, noon, { ...mails, bucket: "mail:192.0.2.8" })).toEqual({ allowed: true })
    expect(await takeFromLimit(database, noon, { ...mails, windowSeconds: 60 })).toEqual({ allowed: true })
  })

  test("only failures count when one peeks first and counts afterwards", async () => {
    for (let n = 0; n < 200; n++) expect(await peekAtLimit(database, noon, signIns)).toEqual({ allowed: true })
    await Promise.all(
      Array.from({ length: 59 }, (_, n) => countAgainstLimit(handles[n % handles.length]!, noon, signIns)),
    )
    expect(await peekAtLimit(database, noon, signIns)).toEqual({ allowed: true })
    await countAgainstLimit(database, noon, signIns)
    expect(await peekAtLimit(database, noon, signIns)).toMatchObject({ allowed: false })
    await countAgainstLimit(database, noon, signIns)
    expect(await peekAtLimit(database, noon + 300_000 * 1.2, signIns)).toEqual({ allowed: true })
  })

  test("the wait is until enough of the oldest is forgotten, not until all is", async () => {
    await countAgainstLimit(database, noon, { ...signIns, cost: 10 })
    await countAgainstLimit(database, noon + 240_000, { ...signIns, cost: 50 })
    const one = (await peekAtLimit(database, noon + 240_000, signIns)) as { retryAfter: number }
    const many = (await peekAtLimit(database, noon + 240_000, { ...signIns, cost: 20 })) as { retryAfter: number }
    expect(one.retryAfter).toBeLessThanOrEqual(120)
    expect(many.retryAfter).toBeGreaterThan(240)
    expect(await peekAtLimit(database, noon + 240_000 + one.retryAfter * 1_000, signIns)).toEqual({ allowed: true })
  })

  test("a cost is taken whole or not at all", async () => {
    expect(await takeFromLimit(database, noon, { ...mails, cost: 15 })).toEqual({ allowed: true })
    expect(await takeFromLimit(database, noon, { ...mails, cost: 6 })).toMatchObject({ allowed: false })
    expect(await takeFromLimit(database, noon, { ...mails, cost: 5 })).toEqual({ allowed: true })
    expect(await takeFromLimit(database, noon, { ...mails, cost: 21, bucket: "new" })).toMatchObject({ allowed: false })
  })

  test("counts are numbers, and rows say when they may be thrown away", async () => {
    await takeMany(12, noon)
    const [row] = await database.query(
      sql`select sum(count) as total, count(*) as many, min(expires_at) as expires from rate_windows`,
    )
    expect(row).toMatchObject({ total: 12, many: 1 })
    await database.commit([
      { statement: sql`delete from rate_windows where expires_at <= ${Number(row?.["expires"])}`, rows: 1 },
    ])
    expect(await takeMany(21, Number(row?.["expires"]))).toBe(20)
  })

  test.each([
    { limit: 0 },
    { limit: 1.5 },
    { windowSeconds: 0 },
    { windowSeconds: -1 },
    { cost: 0 },
    { cost: Number.NaN },
  ])("a limit of %j is the programmer's mistake", async (wrong) => {
    await expect(takeFromLimit(database, noon, { ...mails, ...wrong })).rejects.toThrow(TypeError)
  })
})

test("all addresses of one IPv6 network share a bucket", () => {
  expect(limitKeyOf("2001:db8:1:2::1")).toBe(limitKeyOf("2001:db8:1:2:ffff:ffff:ffff:ffff"))
  expect(limitKeyOf("2001:db8:1:3::1")).not.toBe(limitKeyOf("2001:db8:1:2::1"))
  expect(limitKeyOf("2001:db8::1:0:0:1")).toBe(limitKeyOf("2001:db8::2"))
  expect(limitKeyOf("192.0.2.7")).toBe("192.0.2.7")
})
