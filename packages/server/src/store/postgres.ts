import type { Database } from "./database.ts"

export function openPostgres(_url: string, _options: object): Database {
  throw new TypeError("PostgreSQL is not built in yet")
}
