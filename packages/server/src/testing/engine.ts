/** An engine on a database of its own in memory, with a clock that stands still until it is moved. For tests. */
import { randomBytes } from "node:crypto"
import type { Context } from "../engine/context.ts"
import { createEngine } from "../engine/create-engine.ts"
import type { Engine } from "../engine/engine.ts"
import { type Kinds, kindsOf } from "../engine/factors/kinds.ts"
import { defaultSettings, type Settings } from "../engine/settings.ts"
import type { Mail } from "../engine/outbox.ts"
import { bounds, openVault } from "../engine/vault.ts"
import { sql, type Database } from "../store/database.ts"
import { migrate } from "../store/migrate.ts"
import { openSqlite } from "../store/sqlite.ts"

export type Clock = {
  readonly now: () => number
  readonly advance: (seconds: number) => void
  readonly set: (now: number) => void
}

export type ContextForTests = {
  readonly ctx: Context
  readonly database: Database
  readonly clock: Clock
  /** Unexpected things that were reported. */
  readonly reports: string[]
  /** The mails of the outbox, oldest first, opened. */
  mails(): Promise<Mail[]>
  close(): Promise<void>
}

/** Hashing that costs next to nothing, and no need to confirm addresses unless a test asks for it. */
const quickSettings: Settings = {
  ...defaultSettings,
  passwordHashing: { memoryKiB: 64, passes: 1, concurrency: 4 },
}

export type SettingsForTests = { readonly [Name in keyof Settings]?: Settings[Name] | Partial<Settings[Name]> }

/** Settings with some replaced, one level deep. */
export function settingsForTests(changes: SettingsForTests = {}): Settings {
  const settings: Record<string, unknown> = { ...quickSettings }
  for (const [name, change] of Object.entries(changes)) {
    const usual = settings[name]
    const merge = isPlain(usual) && isPlain(change)
    settings[name] = merge ? { ...usual, ...change } : change
  }
  return settings as Settings
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const random = (bytes: number): Uint8Array => randomBytes(bytes)

/** The start of the tests' time: 5 seconds into a time step. */
export const startOfTests = Date.UTC(2030, 0, 1) + 5_000

function standingClock(): Clock {
  let time = startOfTests
  return {
    now: () => time,
    advance: (seconds) => void (time += seconds * 1000),
    set: (now) => void (time = now),
  }
}

/**
 * Everything that the engine is handed. `database`: to use one that is there already (migrated here); `clock`: that of
 * another engine, as for a second node.
 */
export async function contextForTests(
  options: { settings?: SettingsForTests; database?: Database; ring?: Uint8Array; clock?: Clock } = {},
): Promise<ContextForTests> {
  const database = options.database ?? openSqlite(":memory:")
  const clock = options.clock ?? standingClock()
  await migrate(database, { now: clock.now })
  const ring = [{ id: "test", key: options.ring ?? new Uint8Array(32).fill(7) }]
  const vault = await openVault({ database, ring, random, now: clock.now })
  const reports: string[] = []
  const ctx: Context = {
    database,
    settings: settingsForTests(options.settings),
    vault,
    now: clock.now,
    random,
    mailIsWaiting: () => {},
    report: (message) => void reports.push(message),
  }
  return {
    ctx,
    database,
    clock,
    reports,
    async mails() {
      // With the clock standing still only SQLite's row number says which came first.
      const inOrder =
        database.dialect === "sqlite"
          ? sql`select id, body from outbox order by rowid`
          : sql`select id, body from outbox order by id`
      const rows = await database.query<{ id: string; body: string }>(inOrder)
      return Promise.all(
        rows.map(async ({ id, body }) => JSON.parse(await vault.open(body, bounds.outbox(id))) as Mail),
      )
    },
    close: () => database.close(),
  }
}

export type EngineForTests = ContextForTests & { readonly engine: Engine }

/** A whole engine. `kinds`: other kinds beside the usual ones. */
export async function engineForTests(
  options: Parameters<typeof contextForTests>[0] & { kinds?: Kinds } = {},
): Promise<EngineForTests> {
  const tests = await contextForTests(options)
  const kinds = [...(options.kinds ?? []), ...kindsOf(tests.ctx)]
  return { ...tests, engine: createEngine(tests.ctx, kinds) }
}
