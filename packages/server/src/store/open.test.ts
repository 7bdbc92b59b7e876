import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { sql } from "./database.ts"
import { migrate } from "./migrate.ts"
import { openDatabase } from "./open.ts"
import { DatabaseUnavailable } from "./unavailable.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-open-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test("a SQLite file is made with its folder, readable by its owner alone, and so are its companions", async () => {
  const path = join(folder, "deep", "er", "data.sqlite")
  const database = await openDatabase(`sqlite:${path}`)
  await migrate(database)
  expect(modeOf(path)).toBe("600")
  expect(modeOf(`${path}-wal`)).toBe("600")
  expect(modeOf(`${path}-shm`)).toBe("600")
  expect(modeOf(join(folder, "deep"))).toBe("700")
  await database.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
})

test("a SQLite address may be written as a URL, and may name memory", async () => {
  const path = join(folder, "url.sqlite")
  await (await openDatabase(`sqlite://${path}`)).close()
  expect(existsSync(path)).toBe(true)
  const memory = await openDatabase("sqlite::memory:")
  expect(memory.dialect).toBe("sqlite")
  await memory.close()
})

test("a file that is no database, or a folder, is refused in words", async () => {
  const database = openDatabase(`sqlite:${folder}`)
  await expect(database).rejects.toThrow(DatabaseUnavailable)
})

test.each(["", "sqlite:", "sqlite::shared:", "sqlite://host/file", "mysql://root:hunter2@db/x", "data.sqlite"])(
  "%j is no address of a database, and is not repeated",
  async (url) => {
    const refusal = openDatabase(url)
    await expect(refusal).rejects.toThrow(TypeError)
    await expect(refusal).rejects.toThrow(/^(?!.*hunter2)/s)
  },
)

test("PostgreSQL that is not there is told as unavailable, at the first question and without its password", async () => {
  const database = await openDatabase("postgresql://someone:hunter2@127.0.0.1:1/none")
  expect(database.dialect).toBe("postgres")
  const refusal = database.query(sql`select 1 as one`)
  await expect(refusal).rejects.toThrow(DatabaseUnavailable)
  await expect(refusal).rejects.toThrow(/^(?!.*hunter2)/s)
  await database.close()
})
