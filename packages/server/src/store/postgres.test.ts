import { afterAll, describe, expect, test } from "vitest"
import { ddl } from "./contract-ground-for-tests.ts"
import { any, type Database, one, sql } from "./database.ts"
import { startPostgres } from "./postgres-for-tests.ts"
import { openPostgres } from "./postgres.ts"

const cluster = await startPostgres()
afterAll(() => cluster?.stop())

const open = async (options: Parameters<typeof openPostgres>[1] = {}): Promise<[Database, Database]> => {
  const url = (await cluster?.freshDatabase()) ?? ""
  const database = openPostgres(url, options)
  await database.commit([ddl("create table notes (id text primary key, number bigint not null)")])
  return [database, openPostgres(url, { connections: 1 })]
}
const put = (id: string, number = 0) => one(sql`insert into notes (id, number) values (${id}, ${number})`)
const killAll = sql`select pg_terminate_backend(pid) as done from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'`

describe.skipIf(!cluster)("PostgreSQL", () => {
  test("a lost connection costs neither the process nor the next question", async () => {
    const reports: string[] = []
    const [database, other] = await open({ report: (message) => reports.push(message) })
    await Promise.all(Array.from({ length: 5 }, (_, n) => database.commit([put(`n${n}`)])))
    await other.query(killAll)
    expect(await database.query(sql`select count(*) as many from notes`)).toEqual([{ many: 5 }])
    expect(await database.commit([put("later")])).toMatchObject({ committed: true })
    expect(reports.length).toBeGreaterThan(0)
    await Promise.all([database.close(), other.close()])
  })

  test("a commit whose connection is lost on the way is unavailable, is not run twice, and the pool goes on", async () => {
    const [database, other] = await open()
    const slow = database.commit([put("slow"), any(sql`select pg_sleep(60)`)])
    const settled = Promise.allSettled([slow])
    for (;;) {
      const [row] = await other.query(
        sql`select count(*) as many from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`,
      )
      if (row?.["many"] === 1) break
    }
    await other.query(killAll)
    expect(await settled).toMatchObject([{ status: "rejected", reason: { name: "DatabaseUnavailable" } }])
    expect(await database.query(sql`select id from notes`)).toEqual([])
    await Promise.all([database.close(), other.close()])
  })

  test("a statement that was prepared before the schema changed works on afterwards, on every connection", async () => {
    const [database, other] = await open({ connections: 4 })
    const read = () => database.query(sql`select * from notes`)
    await database.commit([put("a")])
    await Promise.all([read(), read(), read(), read()])
    await other.commit([ddl("alter table notes add column more text")])
    expect(await Promise.all([read(), read(), read(), read()])).toEqual(
      Array.from({ length: 4 }, () => [{ id: "a", number: 0, more: null }]),
    )
    const change = () => database.commit([one(sql`update notes set number = number + 1 where id = ${"a"} returning *`)])
    await Promise.all([change(), change(), change(), change()])
    await other.commit([ddl("alter table notes drop column more")])
    const outcomes = await Promise.all([change(), change(), change(), change()])
    expect(outcomes.every((outcome) => outcome.committed)).toBe(true)
    expect(await read()).toEqual([{ id: "a", number: 8 }])
    await Promise.all([database.close(), other.close()])
  })

  test("at a stricter isolation than assumed, transactions that met are run again and none is lost", async () => {
    const url = (await cluster?.freshDatabase()) ?? ""
    const strict = openPostgres(
      url.replace("search_path", "default_transaction_isolation%3Dserializable%20-c%20search_path"),
    )
    expect(await strict.query(sql`show default_transaction_isolation`)).toEqual([
      { default_transaction_isolation: "serializable" },
    ])
    await strict.commit([ddl("create table notes (id text primary key, number bigint not null)"), put("a")])
    const spend = () => strict.commit([one(sql`update notes set number = 1 where id = ${"a"} and number = 0`)])
    const outcomes = await Promise.all(Array.from({ length: 20 }, spend))
    expect(outcomes.filter((outcome) => outcome.committed)).toHaveLength(1)
    await strict.close()
  })

  test("an undone commit leaves its connection clean for the next", async () => {
    const [database, other] = await open({ connections: 1 })
    for (let n = 0; n < 5; n++) {
      expect(await database.commit([put(`n${n}`), one(sql`delete from notes where id = ${"nobody"}`)])).toEqual({
        committed: false,
        failed: 1,
      })
      await expect(database.commit([any(sql`insert into notes (id) values (${"x"})`)])).rejects.toThrow(/null value/)
      expect(await database.commit([put(`m${n}`)])).toMatchObject({ committed: true })
    }
    expect(await database.query(sql`select count(*) as many from notes`)).toEqual([{ many: 5 }])
    expect(
      await database.query(sql`select count(*) as many from pg_stat_activity where state like 'idle in transaction%'`),
    ).toEqual([{ many: 0 }])
    await Promise.all([database.close(), other.close()])
  })

  test("a division by zero or a broken cast of one's own is an error, and no failed guard", async () => {
    const [database, other] = await open()
    await database.commit([put("a")])
    await expect(database.commit([one(sql`update notes set number = 1 / ${0}`)])).rejects.toThrow(/division by zero/)
    await expect(database.commit([one(sql`update notes set number = cast(${"x"} as bigint)`)])).rejects.toThrow(
      /invalid input syntax/,
    )
    await Promise.all([database.close(), other.close()])
  })

  test("fewer connections than askers: everybody is served in turn", async () => {
    const [database, other] = await open({ connections: 2 })
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, n) => database.commit([put(`n${n}`, n)])))
    expect(outcomes.every((outcome) => outcome.committed)).toBe(true)
    await Promise.all([database.close(), other.close()])
  })
})
