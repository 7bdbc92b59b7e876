import { open } from "node:fs/promises"
import { openAspnetJson } from "./aspnet-json.ts"
import type { Source } from "./source.ts"

/** What every SQLite file begins with: https://sqlite.org/fileformat2.html */
const sqliteMagic = "SQLite format 3\0"

/** A PostgreSQL address, an SQLite file, or a JSON dump. @throws Refused for anything else. */
export async function openAspnetIdentity(where: string): Promise<Source> {
  if (/^postgres(ql)?:\/\//.test(where)) {
    const { openAspnetPostgres } = await import("./aspnet-postgres.ts")
    return openAspnetPostgres(where)
  }
  const path = where.replace(/^sqlite:(\/\/(?=\/))?/, "")
  if ((await beginningOf(path)) === sqliteMagic) {
    const { openAspnetSqlite } = await import("./aspnet-sqlite.ts")
    return openAspnetSqlite(path)
  }
  return openAspnetJson(path)
}

/** What can't be read is told by whoever reads it next. */
async function beginningOf(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sqliteMagic.length), 0, sqliteMagic.length, 0)
    return buffer.toString("latin1", 0, bytesRead)
  } catch {
    return undefined
  }
}
