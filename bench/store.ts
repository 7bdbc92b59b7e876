// What the store costs over the bare driver, and what grouping commits brings.
//
//   node bench/store.ts
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { any, type Database, one, sql } from "../packages/server/src/store/database.ts"
import { migrate } from "../packages/server/src/store/migrate.ts"
import { startPostgres } from "../packages/server/src/store/postgres-for-tests.ts"
import { openPostgres } from "../packages/server/src/store/postgres.ts"
import { openSqlite } from "../packages/server/src/store/sqlite.ts"
import { compare, say } from "./measure.ts"

const atOnce = 64

/** The driver alone, set as the store sets it. */
function bare(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(
    "pragma journal_mode = wal; pragma synchronous = full; create table t (name text primary key, value text, changed_at bigint)",
  )
  return database
}

const setting = (name: string) =>
  one(sql`insert into settings (name, value, changed_at) values (${name}, ${"value"}, ${1})`)
let names = 0
const next = (): string => `name ${++names}`

/** What an answered challenge writes, in small: one guarded change, two new rows. */
const threeWrites = (name: string) => [
  one(
    sql`update settings set value = ${"spent"}, changed_at = changed_at + 1 where name = ${name} and value = ${"value"}`,
  ),
  one(
    sql`insert into audit (id, at, event, outcome, detail) values (${`${name} audit`}, ${1}, ${"bench"}, ${"success"}, ${"{}"})`,
  ),
  any(sql`delete from failures where subject = ${name}`),
]

const oneByOne = (database: Database, many: number) => async (): Promise<number> => {
  // oxlint-disable-next-line no-await-in-loop -- one by one is what is measured
  for (let n = 0; n < many; n++) await database.commit([setting(next())])
  return many
}

/** `clients` that each wait for their own commit before they ask for the next. */
const together = (many: number, clients: number, commit: () => Promise<unknown>) => async (): Promise<number> => {
  let left = many
  const client = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- a client waits for its answer
    while (left-- > 0) await commit()
  }
  await Promise.all(Array.from({ length: clients }, client))
  return many
}

async function guarded(database: Database, many: number): Promise<number> {
  const prepared = Array.from({ length: many }, next)
  for (let at = 0; at < many; at += 500) {
    // oxlint-disable-next-line no-await-in-loop -- in portions
    await database.commit(prepared.slice(at, at + 500).map(setting))
  }
  return await together(many, atOnce, () => database.commit(threeWrites(prepared.pop() ?? "")))()
}

const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"))
const alone = bare(join(folder, "bare.sqlite"))
const insert = alone.prepare("insert into t (name, value, changed_at) values (?, ?, ?)")
const sqlite = openSqlite(join(folder, "store.sqlite"))
const memory = openSqlite(":memory:")
await Promise.all([migrate(sqlite), migrate(memory)])

await compare("One row a commit, SQLite on file, full synchronous", [
  {
    name: "node:sqlite, one transaction a row",
    round() {
      for (let n = 0; n < 1_000; n++) insert.run(next(), "value", 1)
      return 1_000
    },
  },
  {
    name: `node:sqlite, ${atOnce} rows a transaction`,
    round() {
      for (let group = 0; group < 100; group++) {
        alone.exec("begin immediate")
        for (let n = 0; n < atOnce; n++) insert.run(next(), "value", 1)
        alone.exec("commit")
      }
      return 100 * atOnce
    },
  },
  { name: "store, one commit after another", round: oneByOne(sqlite, 1_000) },
  { name: `store, ${atOnce} commits at once`, round: together(6_400, atOnce, () => sqlite.commit([setting(next())])) },
])

await compare("A guarded commit of three writes, 64 at once", [
  { name: "SQLite on file", round: () => guarded(sqlite, 3_200) },
  { name: "SQLite in memory", round: () => guarded(memory, 3_200) },
])

const select = alone.prepare("select * from t where name = ?")
await compare("Reading one row, SQLite on file", [
  {
    name: "node:sqlite",
    round() {
      for (let n = 1; n <= 20_000; n++) select.get(`name ${n % 1_000}`)
      return 20_000
    },
  },
  {
    name: "store",
    async round() {
      // oxlint-disable-next-line no-await-in-loop -- one by one is what is measured
      for (let n = 1; n <= 20_000; n++)
        await sqlite.query(sql`select * from settings where name = ${`name ${n % 1_000}`}`)
      return 20_000
    },
  },
])

const cluster = await startPostgres()
if (cluster) {
  const postgres = openPostgres(await cluster.freshDatabase())
  await migrate(postgres)
  await compare("PostgreSQL on the same machine, without its flush to the disk", [
    { name: "one commit after another", round: oneByOne(postgres, 500) },
    {
      name: `${atOnce} commits at once, 10 connections`,
      round: together(3_200, atOnce, () => postgres.commit([setting(next())])),
    },
    { name: `guarded commits of three writes, ${atOnce} at once`, round: () => guarded(postgres, 1_600) },
  ])
  await postgres.close()
  await cluster.stop()
}

alone.close()
await Promise.all([sqlite.close(), memory.close()])
rmSync(folder, { recursive: true, force: true })
say("")
