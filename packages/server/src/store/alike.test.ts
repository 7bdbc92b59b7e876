import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { ddl } from "./contract-ground-for-tests.ts"
import { type Database, sql, type Statement, type Write } from "./database.ts"
import { startPostgres } from "./postgres-for-tests.ts"
import { openPostgres } from "./postgres.ts"
import { openSqlite } from "./sqlite.ts"

const cluster = await startPostgres()
afterAll(() => cluster?.stop())

const id = fc.constantFrom("a", "b", "c", "d")
const label = fc.constantFrom(null, "x", "y")
const number = fc.integer({ min: -2, max: 2 })
const statement: fc.Arbitrary<Statement> = fc.oneof(
  fc.tuple(id, label, number).map(([a, b, n]) => sql`insert into cells (id, label, n) values (${a}, ${b}, ${n})`),
  fc.tuple(id, number).map(([a, n]) => sql`insert into cells (id, n) values (${a}, ${n}) on conflict (id) do nothing`),
  fc
    .tuple(id, number)
    .map(
      ([a, n]) =>
        sql`insert into cells (id, n) values (${a}, ${n}) on conflict (id) do update set n = cells.n + excluded.n where cells.n < 3 returning id, n`,
    ),
  fc
    .tuple(id, id, number)
    .map(([a, b, n]) => sql`insert into cells (id, n) select ${a}, n + ${n} from cells where id = ${b}`),
  fc.tuple(label, id).map(([b, a]) => sql`update cells set label = ${b} where id = ${a} returning id, label`),
  fc.tuple(number, number).map(([n, m]) => sql`update cells set n = n + ${n} where n > ${m}`),
  fc.tuple(id).map(([a]) => sql`delete from cells where id = ${a} returning n`),
  fc.tuple(number).map(([n]) => sql`delete from cells where n < ${n}`),
  fc.tuple(id).map(([a]) => sql`select id, n from cells where id = ${a}`),
  fc.tuple(id, label).map(([a, b]) => sql`insert into children (id, cell) values (${b ?? "z"}, ${a})`),
  fc.tuple(label).map(([b]) => sql`delete from children where id = ${b}`),
)
const write: fc.Arbitrary<Write> = fc
  .tuple(statement, fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 2 }))
  .map(([of, rows]) => (rows === undefined ? { statement: of } : { statement: of, rows }))
const script = fc.array(fc.array(write, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 })

const clear = [ddl("delete from children"), ddl("delete from cells")]
async function play(database: Database, commits: readonly Write[][]): Promise<unknown[]> {
  await database.commit(clear)
  const told: unknown[] = []
  for (const commit of commits) {
    // oxlint-disable no-await-in-loop -- a script has an order
    const outcome = await database.commit(commit)
    told.push(
      outcome.committed ? outcome.rows.map((rows) => rows.map((row) => JSON.stringify(row)).toSorted()) : outcome,
    )
    told.push(await database.query(sql`select id, label, n from cells order by id`))
    told.push(await database.query(sql`select id, cell from children order by id`))
    // oxlint-enable no-await-in-loop
  }
  return told
}

describe.skipIf(!cluster)("SQLite and PostgreSQL", () => {
  test("give the same answers to any sequence of commits, and hold the same rows after each", async () => {
    const databases = [openSqlite(":memory:"), openPostgres((await cluster?.freshDatabase()) ?? "")]
    for (const database of databases) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await database.commit([
        ddl("create table cells (id text primary key, label text unique, n bigint not null)"),
        ddl("create table children (id text primary key, cell text references cells (id) on delete cascade)"),
      ])
    }
    await fc.assert(
      fc.asyncProperty(script, async (commits) => {
        const [sqlite, postgres] = await Promise.all(databases.map((database) => play(database, commits)))
        expect(postgres).toEqual(sqlite)
      }),
      { numRuns: 300 },
    )
    await Promise.all(databases.map((database) => database.close()))
  })
})
