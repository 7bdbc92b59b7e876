import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { afterAll, describe, expect, test } from "vitest"
import type { Statement } from "./database.ts"
import { migrate } from "./migrate.ts"
import { migrations } from "./migrations/migrations.ts"
import { startPostgres } from "./postgres-for-tests.ts"
import { readPart, writePart } from "./postgres-statements.ts"
import { openPostgres } from "./postgres.ts"

/**
 * SQL is written once for both databases, mostly by people who try it on SQLite. So every tagged text of the sources
 * is prepared on both, without running it: syntax, names, and the types that PostgreSQL has to infer for the values.
 */
const sources = join(import.meta.dirname, "..")
const places = globSync("**/*.ts", { cwd: sources })
  .filter((path) => !/(\.test|-for-tests|-suite)\.ts$|^testing\/|\/contract\.ts$/.test(path))
  .flatMap((path) =>
    taggedIn(readFileSync(join(sources, path), "utf8")).map(({ line, pieces }) => ({
      place: `${path}:${line}`,
      pieces,
    })),
  )
/** Dialect-specific statements choose by `database.dialect`; they name a catalogue. */
const catalogue = { sqlite: /\bpg_|current_schemas/, postgres: /\bsqlite_|\bpragma\b/ }

const cluster = await startPostgres()
const client = cluster && new Client(await cluster.freshDatabase())
afterAll(async () => {
  await client?.end()
  await cluster?.stop()
})

test("the statements are found", () => {
  expect(places.length).toBeGreaterThan(3)
})

describe("SQLite takes", () => {
  const database = new DatabaseSync(":memory:")
  for (const { statements } of migrations) for (const statement of statements) database.exec(statement)
  database.exec("create table applied_steps (id text primary key, applied_at bigint not null)")

  test.each(places.filter(({ pieces }) => !catalogue.sqlite.test(pieces.join("?"))))("$place", ({ pieces }) => {
    expect(() => database.prepare(pieces.join("?"))).not.toThrow()
  })
})

describe.skipIf(!client)("PostgreSQL takes", () => {
  const ready = (async () => {
    if (!client) return
    await client.connect()
    const [row] = (await client.query("show search_path")).rows as { search_path: string }[]
    const database = openPostgres(
      `postgres://postgres@localhost/postgres?host=${encodeURIComponent(client.host)}&options=-c%20search_path%3D${row?.search_path}`,
    )
    await migrate(database)
    await database.close()
  })()

  test.each(places.filter(({ pieces }) => !catalogue.postgres.test(pieces.join("?"))))("$place", async ({ pieces }) => {
    await ready
    const statement: Statement = {
      template: Object.assign([...pieces], { raw: pieces }),
      values: pieces.slice(1).map(() => null),
    }
    const texts = [readPart(statement).text, writePart({ statement, rows: 1 }).text]
    // PREPARE takes no schema changes.
    if (/^\s*create\b/i.test(texts[0] ?? "")) return
    for (const text of texts) {
      // oxlint-disable no-await-in-loop -- one connection
      await client?.query(`prepare trial as ${text}`)
      await client?.query("deallocate trial")
      // oxlint-enable no-await-in-loop
    }
  })
})

/** The texts between the values of every `sql` tagged template in a source. */
function taggedIn(source: string): { line: number; pieces: string[] }[] {
  const found: { line: number; pieces: string[] }[] = []
  for (const match of source.matchAll(/\bsql(?:<[^>`]*>)?`/g)) {
    const lineStart = source.lastIndexOf("\n", match.index) + 1
    if (/^\s*(\*|\/\/|\/\*)/.test(source.slice(lineStart, match.index))) continue
    const pieces = [""]
    let at = match.index + match[0].length
    for (; source[at] !== "`"; at++) {
      if (source.startsWith("${", at)) {
        let depth = 1
        for (at += 2; depth > 0; at++) depth += source[at] === "{" ? 1 : source[at] === "}" ? -1 : 0
        at--
        pieces.push("")
      } else pieces[pieces.length - 1] += source[at] ?? ""
    }
    found.push({ line: source.slice(0, match.index).split("\n").length, pieces })
  }
  return found
}
