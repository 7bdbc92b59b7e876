import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest"
import { any, type Database, one, sql } from "./database.ts"
import { migrate, NewerDatabase } from "./migrate.ts"
import type { Migration } from "./migrations/migration.ts"
import { migrations } from "./migrations/migrations.ts"
import { storesForTests } from "./stores-for-tests.ts"

const { stores, stop } = await storesForTests()
afterAll(stop)

const ids = migrations.map((migration) => migration.id)
const first: Migration = { id: "0001-first", statements: ["create table shelf (id text primary key)"] }
const second: Migration = {
  id: "0002-second",
  statements: ["alter table shelf add column width bigint", "insert into shelf (id, width) values ('a', 1)"],
}

test("the steps are in order and have names of their own", () => {
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a.localeCompare(b)))
  for (const id of ids) expect(id).toMatch(/^\d{4}-[a-z-]+$/)
})

describe.each(stores)("$name", ({ open }) => {
  let handles: Database[]
  let database: Database
  beforeEach(async () => {
    handles = await open()
    database = handles[0]!
  })
  afterEach(async () => {
    await Promise.all(handles.map((each) => each.close()))
  })

  test("an empty database gets every step once", async () => {
    expect(await migrate(database)).toEqual({ applied: ids, pending: [] })
    expect(await migrate(database)).toEqual({ applied: [], pending: [] })
    expect(await database.query(sql`select count(*) as users from users`)).toEqual([{ users: 0 }])
  })

  test("a dry run says what would be done and does nothing", async () => {
    expect(await migrate(database, { dryRun: true })).toEqual({ applied: [], pending: ids })
    await expect(database.query(sql`select id from users`)).rejects.toThrow(/users/)
    await expect(database.query(sql`select id from applied_steps`)).rejects.toThrow(/applied_steps/)
    await migrate(database, { migrations: [first] })
    expect(await migrate(database, { migrations: [first, second], dryRun: true })).toEqual({
      applied: [],
      pending: ["0002-second"],
    })
  })

  test("a later version runs only what is new", async () => {
    await migrate(database, { migrations: [first], now: () => 7 })
    expect(await migrate(database, { migrations: [first, second], now: () => 8 })).toEqual({
      applied: ["0002-second"],
      pending: [],
    })
    expect(await database.query(sql`select id, applied_at from applied_steps order by id`)).toEqual([
      { id: "0001-first", applied_at: 7 },
      { id: "0002-second", applied_at: 8 },
    ])
    expect(await database.query(sql`select id, width from shelf`)).toEqual([{ id: "a", width: 1 }])
  })

  test("a database of a newer version is refused before anything is changed", async () => {
    await migrate(database, { migrations: [first, second] })
    const refusal = migrate(database, {
      migrations: [first, { id: "0001-other", statements: ["create table other (id text)"] }],
    })
    await expect(refusal).rejects.toThrow(NewerDatabase)
    await expect(refusal).rejects.toMatchObject({ unknown: ["0002-second"] })
    await expect(migrate(database, { migrations: [first], dryRun: true })).rejects.toThrow(/newer version/)
    await expect(database.query(sql`select id from other`)).rejects.toThrow(/other/)
  })

  test("a step that breaks in the middle leaves nothing of itself, and what stood before it stays", async () => {
    const broken: Migration = {
      id: "0002-broken",
      statements: ["create table half (id text)", "create table nonsense ("],
    }
    await expect(migrate(database, { migrations: [first, broken] })).rejects.toThrow(/syntax|incomplete/)
    expect(await migrate(database, { migrations: [first, broken], dryRun: true })).toEqual({
      applied: [],
      pending: ["0002-broken"],
    })
    await expect(database.query(sql`select id from half`)).rejects.toThrow(/half/)
  })

  test("a step that the rows in the database refuse says which statement it was", async () => {
    await migrate(database, { migrations: [first] })
    await database.commit([any(sql`insert into shelf (id) values (${"a"})`)])
    await expect(migrate(database, { migrations: [first, second] })).rejects.toThrow("statement 2 of 0002-second")
  })

  test("of many nodes that start at once each step is run by one, and all end with the whole schema", async () => {
    const nodes = Array.from({ length: 8 }, (_, node) =>
      migrate(handles[node % handles.length]!, { migrations: [first, second] }),
    )
    const results = await Promise.all(nodes)
    expect(results.flatMap((result) => result.applied).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "0001-first",
      "0002-second",
    ])
    expect(results.every((result) => result.pending.length === 0)).toBe(true)
    expect(await database.query(sql`select width from shelf`)).toEqual([{ width: 1 }])
  })

  test("a user's rows go with the user", async () => {
    await migrate(database)
    await database.commit([
      one(
        sql`insert into users (id, roles, security_stamp, revision, created_at) values (${"u"}, ${"[]"}, ${"s"}, ${0}, ${0})`,
      ),
      one(
        sql`insert into recovery_codes (id, set_id, user_id, position, hash) values (${"r"}, ${"s"}, ${"u"}, ${0}, ${"h"})`,
      ),
    ])
    await database.commit([one(sql`delete from users where id = ${"u"}`)])
    expect(await database.query(sql`select id from recovery_codes`)).toEqual([])
  })
})
