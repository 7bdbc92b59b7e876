import type { Database } from "./database.ts"
import { openSqlite } from "./sqlite.ts"

/**
 * Opens the database that an address names: `sqlite:<path>`, `sqlite::memory:`, `postgres://…`. It is not migrated.
 * The PostgreSQL driver is loaded only when it is asked for.
 *
 * @param options `report` hears of what happens to connections that nobody waits for; `connections` is the most that
 * PostgreSQL is asked for (10).
 * @throws TypeError for an address that is none of these (the address, which may hold a password, is not repeated).
 * @throws DatabaseUnavailable when a SQLite file can't be opened. PostgreSQL is first met at the first query.
 */
export async function openDatabase(
  url: string,
  options: { report?: (message: string, error?: unknown) => void; connections?: number } = {},
): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import("./postgres.ts")
    return openPostgres(url, options)
  }
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1]
  if (path === undefined || (path.startsWith(":") && path !== ":memory:") || path.startsWith("//"))
    throw new TypeError("the database's address is none of sqlite:<path>, sqlite::memory: and postgres://…")
  return openSqlite(path)
}
