import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, describe, expect, test } from "vitest"
import { ddl } from "./contract-ground-for-tests.ts"
import { any, type Database, one, sql } from "./database.ts"
import { openSqlite } from "./sqlite.ts"
import { DatabaseUnavailable } from "./unavailable.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-sqlite-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const fresh = (): string => join(folder, `${++files}.sqlite`)
const put = (database: Database, id: string) => database.commit([one(sql`insert into notes (id) values (${id})`)])
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function withNotes(path: string, options: Parameters<typeof openSqlite>[1] = {}): Promise<Database> {
  const database = openSqlite(path, options)
  await database.commit([ddl("create table notes (id text primary key)")])
  return database
}

describe("a group of commits", () => {
  test("is on the disk before the first of its promises settles", async () => {
    const path = fresh()
    const database = await withNotes(path)
    const other = new DatabaseSync(path, { readOnly: true })
    const count = other.prepare("select count(*) as many from notes")
    const seen: unknown[] = []
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => put(database, `n${n}`).then(() => seen.push(count.get()?.["many"]))),
    )
    expect(seen).toEqual(Array.from({ length: 10 }, () => 10))
    other.close()
    await database.close()
  })

  test("has at most 64 of them, so that others have their turn in between", async () => {
    const path = fresh()
    const database = await withNotes(path)
    const other = new DatabaseSync(path, { readOnly: true })
    const count = other.prepare("select count(*) as many from notes")
    const seen = new Set<unknown>()
    await Promise.all(
      Array.from({ length: 150 }, (_, n) => put(database, `n${n}`).then(() => seen.add(count.get()?.["many"]))),
    )
    expect([...seen]).toEqual([64, 128, 150])
    other.close()
    await database.close()
  })

  test("rejects as a whole when COMMIT fails, and leaves nothing", async () => {
    const database = await withNotes(fresh())
    // SQLite looks at a deferred reference only when the transaction is to be committed.
    await database.commit([ddl("create table promises (id text references notes (id) deferrable initially deferred)")])
    const settled = await Promise.allSettled([
      put(database, "a"),
      database.commit([any(sql`insert into promises (id) values (${"nobody"})`)]),
      put(database, "b"),
      database.commit([one(sql`delete from notes where id = ${"nobody"}`)]),
    ])
    expect(settled.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected", "rejected"])
    expect(await database.query(sql`select id from notes`)).toEqual([])
    expect(await put(database, "c")).toMatchObject({ committed: true })
    await database.close()
  })

  test("tells the truth to each of its members when the disk is full", async () => {
    const path = fresh()
    const database = await withNotes(path)
    await database.query(sql`pragma max_page_count = 12`)
    const settled = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => put(database, `${n}`.padEnd(n % 3 === 0 ? 4_000 : 10, "x"))),
    )
    const kept = await database.query(sql`select id from notes`)
    const acknowledged = settled.filter((result) => result.status === "fulfilled" && result.value.committed)
    expect(settled.some((result) => result.status === "rejected" && result.reason instanceof DatabaseUnavailable)).toBe(
      true,
    )
    expect(kept).toHaveLength(acknowledged.length)
    await database.close()
  })
})

describe("a lock that another process holds", () => {
  test("is waited for without stopping the event loop, and in the order in which was asked", async () => {
    const path = fresh()
    const database = await withNotes(path)
    const other = new DatabaseSync(path)
    other.exec("begin immediate")
    const order: string[] = []
    const waiting = [put(database, "a").then(() => order.push("a")), put(database, "b").then(() => order.push("b"))]
    let turns = 0
    for (; turns < 50; turns++) await turn()
    expect(order).toEqual([])
    expect(await database.query(sql`select id from notes`)).toEqual([])
    waiting.push(put(database, "c").then(() => order.push("c")))
    other.exec("insert into notes (id) values ('theirs')")
    other.exec("commit")
    await Promise.all(waiting)
    expect(order).toEqual(["a", "b", "c"])
    expect(await database.query(sql`select count(*) as many from notes`)).toEqual([{ many: 4 }])
    other.close()
    await database.close()
  })

  test("is given up at last, for all that wait, and nothing of theirs is written later", async () => {
    const path = fresh()
    const database = await withNotes(path, { patienceMilliseconds: 200 })
    const other = new DatabaseSync(path)
    other.exec("begin immediate")
    const results = await Promise.allSettled([put(database, "a"), put(database, "b")])
    expect(
      results.map((result) => result.status === "rejected" && result.reason instanceof DatabaseUnavailable),
    ).toEqual([true, true])
    other.exec("commit")
    other.close()
    expect(await put(database, "c")).toMatchObject({ committed: true })
    expect(await database.query(sql`select id from notes`)).toEqual([{ id: "c" }])
    await database.close()
  })

  test("does not let closing forget who waits", async () => {
    const path = fresh()
    const database = await withNotes(path)
    const other = new DatabaseSync(path)
    other.exec("begin immediate")
    const waiting = put(database, "a")
    await turn()
    const closing = database.close()
    await turn()
    other.exec("commit")
    expect(await waiting).toMatchObject({ committed: true })
    await closing
    other.close()
  })
})

test("several processes may make and fill one new file at once", async () => {
  const path = fresh()
  const program = `
    import { openSqlite } from ${JSON.stringify(new URL("sqlite.ts", import.meta.url).href)}
    import { migrate } from ${JSON.stringify(new URL("migrate.ts", import.meta.url).href)}
    import { one, sql } from ${JSON.stringify(new URL("database.ts", import.meta.url).href)}
    const database = openSqlite(${JSON.stringify(path)})
    await migrate(database)
    for (let n = 0; n < 50; n++)
      await database.commit([one(sql\`insert into settings (name, value, changed_at) values (\${process.pid + "/" + n}, \${"x"}, \${n})\`)])
    await database.close()`
  const run = (): Promise<string> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
        stdio: ["ignore", "ignore", "pipe"],
      })
      let said = ""
      child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
      child.once("close", (code) => resolve(`${code} ${said}`))
    })
  expect(await Promise.all([run(), run(), run(), run()])).toEqual(["0 ", "0 ", "0 ", "0 "])
  const database = openSqlite(path)
  expect(await database.query(sql`select count(*) as many from settings`)).toEqual([{ many: 200 }])
  await database.close()
})

test("text in double quotes is a name and never a string, and SQL in the schema can't call out", async () => {
  const database = openSqlite(":memory:")
  await expect(database.query(sql`select "no such column" as x`)).rejects.toThrow(/no such column/)
  expect(await database.query(sql`pragma trusted_schema`)).toEqual([{ trusted_schema: 0 }])
  expect(await database.query(sql`pragma foreign_keys`)).toEqual([{ foreign_keys: 1 }])
  expect(await database.query(sql`pragma synchronous`)).toEqual([{ synchronous: 2 }])
  await database.close()
})
