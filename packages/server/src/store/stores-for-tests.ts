import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Database } from "./database.ts"
import { startPostgres } from "./postgres-for-tests.ts"
import { openPostgres } from "./postgres.ts"
import { openSqlite } from "./sqlite.ts"

/** `open` gives handles on one fresh, empty database. */
export type Store = { readonly name: string; readonly open: () => Promise<Database[]> }

/** Every kind of store that the tests of one file can run on. Call `stop` after all of them. */
export async function storesForTests(): Promise<{ stores: Store[]; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-store-"))
  let files = 0
  const fresh = (): string => join(folder, `${++files}.sqlite`)
  const cluster = await startPostgres()
  const stores: Store[] = [
    { name: "SQLite in memory", open: async () => [openSqlite(":memory:")] },
    { name: "SQLite on file", open: async () => [openSqlite(fresh())] },
    {
      name: "three handles on one SQLite file",
      async open() {
        const path = fresh()
        return [openSqlite(path), openSqlite(path), openSqlite(path)]
      },
    },
  ]
  if (cluster)
    stores.push(
      { name: "PostgreSQL", open: async () => [openPostgres(await cluster.freshDatabase())] },
      {
        name: "two pools on one PostgreSQL",
        async open() {
          const url = await cluster.freshDatabase()
          return [openPostgres(url), openPostgres(url, { connections: 2 })]
        },
      },
    )
  return {
    stores,
    async stop() {
      rmSync(folder, { recursive: true, force: true })
      await cluster?.stop()
    },
  }
}
