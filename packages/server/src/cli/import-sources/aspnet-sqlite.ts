import { DatabaseSync } from "node:sqlite"
import { Refused } from "../refusals.ts"
import { identityQueries, identityRow, refuseProtected, sqliteSpeech, type FoundTable } from "./aspnet-query.ts"
import { identityUser } from "./aspnet-user.ts"
import type { Source } from "./source.ts"

/** Reads the file and never writes to it; the application may run meanwhile. */
export async function openAspnetSqlite(path: string): Promise<Source> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    // One look at the file: what the application changes from here on comes with the next import.
    database.exec("begin")
    const { counts, users } = identityQueries(tablesOf(database), sqliteSpeech)
    const { users: total, addresses, readable } = database.prepare(counts).get() ?? {}
    refuseProtected({ addresses: Number(addresses), readable: Number(readable) })
    return {
      total: Number(total),
      async *users() {
        for (const row of database.prepare(users).iterate()) yield identityUser(identityRow(row))
      },
      close: async () => database.close(),
    }
  } catch (error) {
    database.close()
    if (error instanceof Refused || !(error instanceof Error)) throw error
    throw new Refused(`the SQLite file can't be read: ${error.message}`)
  }
}

function tablesOf(database: DatabaseSync): FoundTable[] {
  const rows = database
    .prepare(
      `select m.name as name, c.name as "column" from sqlite_master m join pragma_table_info(m.name) c
       where m.type in ('table', 'view') and lower(replace(m.name, '_', '')) like 'aspnet%'`,
    )
    .all()
  const names = [...new Set(rows.map((row) => String(row["name"])))]
  return names.map((name) => ({
    name,
    columns: rows.filter((row) => row["name"] === name).map((row) => String(row["column"])),
  }))
}
