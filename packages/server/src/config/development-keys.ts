/** Keys for development, made once and kept beside the database, so that a restart still opens what was sealed. */
import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { sqlitePath } from "./judges.ts"
import { readRing, writeRing } from "./keys.ts"
import type { RingKey } from "./keys.ts"

const ownFolder = ".countersign"

export type DevelopmentKeys = {
  readonly ring: readonly RingKey[]
  /** Undefined where the database is in memory, and so are its keys. */
  readonly file?: string
  readonly made: boolean
}

/** The file that holds the keys of a database, or nothing for one in memory. */
export const keyFileOf = (databaseUrl: string): string | undefined => {
  if (databaseUrl === "sqlite::memory:") return undefined
  const path = sqlitePath(databaseUrl)
  return path === undefined ? join(ownFolder, "keys") : `${path}.keys`
}

/**
 * Reads the keys that belong to a database, or makes them: mode 0600, in a folder that git ignores.
 * @throws Error when the file is there and can't be read as keys; it is never overwritten
 */
export const developmentKeys = (databaseUrl: string): DevelopmentKeys => {
  const file = keyFileOf(databaseUrl)
  if (file === undefined) return { ring: [newKey()], made: true }
  const kept = readKept(file)
  if (kept) return { ring: kept, file, made: false }

  makeFolder(dirname(file))
  const ring = [newKey()]
  try {
    // wx: of two processes that start at once one makes the file, and the other reads it.
    writeFileSync(file, `${writeRing(ring)}\n`, { mode: 0o600, flag: "wx" })
    return { ring, file, made: true }
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === "EEXIST" ? readKept(file) : undefined
    if (other === undefined) throw error
    return { ring: other, file, made: false }
  }
}

const newKey = (): RingKey => ({ id: "development", key: new Uint8Array(randomBytes(32)) })

const readKept = (file: string): readonly RingKey[] | undefined => {
  if (!existsSync(file)) return undefined
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
  const read = readRing(readFileSync(file, "utf8").trim())
  if ("mend" in read) throw new Error(`the keys in ${file} can't be read: they have to be ${read.mend}`)
  return read.value
}

const makeFolder = (folder: string): void => {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ignore = join(folder, ".gitignore")
  if (basename(folder) === ownFolder && !existsSync(ignore)) writeFileSync(ignore, "*\n")
}
