import { any, type Database, one, sql, type Statement, type Write } from "./database.ts"
import type { Migration } from "./migrations/migration.ts"
import { migrations as known } from "./migrations/migrations.ts"
import { DatabaseUnavailable } from "./unavailable.ts"

/** The database was changed by a later version of Countersign, whose rows this one could misread. */
export class NewerDatabase extends Error {
  /** The steps that this version doesn't know. */
  readonly unknown: readonly string[]

  constructor(unknown: readonly string[]) {
    super(`the database was made by a newer version of Countersign (it has ${unknown.join(", ")}): start that version`)
    this.name = "NewerDatabase"
    this.unknown = unknown
  }
}

/**
 * Brings the schema up to date, one transaction a step, in order. Safe when several nodes start at once: who writes
 * a step's id first runs it, and the others wait for that write and then read again.
 *
 * @returns `applied`: the steps that this call ran; `pending`: those that are left, which is none but in a dry run.
 * @throws NewerDatabase before anything is changed.
 */
export async function migrate(
  database: Database,
  options: { dryRun?: boolean; migrations?: readonly Migration[]; now?: () => number } = {},
): Promise<{ applied: string[]; pending: string[] }> {
  const migrations = options.migrations ?? known
  const now = options.now ?? Date.now
  const applied: string[] = []
  // Each lost race is one step or the table made by somebody else, so this ends.
  for (let lost = 0; lost < migrations.length + 10;) {
    // oxlint-disable no-await-in-loop -- each step stands on the one before it
    const pending = await pendingOf(database, migrations)
    const next = pending[0]
    if (options.dryRun || next === undefined) return { applied, pending: pending.map((step) => step.id) }
    await database.commit(tableOfSteps(database))
    const claim = one(sql`insert into applied_steps (id, applied_at) values (${next.id}, ${now()})`)
    const outcome = await database.commit([claim, ...next.statements.map(step)])
    // oxlint-enable no-await-in-loop
    if (outcome.committed) applied.push(next.id)
    else if (outcome.failed === 0) lost++
    else throw new Error(`statement ${outcome.failed} of ${next.id} was refused by what the database holds already`)
  }
  throw new DatabaseUnavailable("other processes keep changing the schema")
}

/** On PostgreSQL "if not exists" is no promise to two who ask at once: they take turns at a lock (any number will do). */
const tableOfSteps = ({ dialect }: Database): Write[] => [
  ...(dialect === "postgres" ? [any(sql`select pg_advisory_xact_lock(20261122)`)] : []),
  any(sql`create table if not exists applied_steps (id text primary key, applied_at bigint not null)`),
]

async function pendingOf(database: Database, migrations: readonly Migration[]): Promise<Migration[]> {
  const ids = new Set(await appliedIds(database))
  const unknown = [...ids].filter((id) => !migrations.some((migration) => migration.id === id))
  if (unknown.length > 0) throw new NewerDatabase(unknown)
  return migrations.filter((migration) => !ids.has(migration.id))
}

async function appliedIds(database: Database): Promise<string[]> {
  const table =
    database.dialect === "sqlite"
      ? sql`select name from sqlite_schema where type = 'table' and name = 'applied_steps'`
      : sql`select tablename as name from pg_tables where tablename = 'applied_steps' and schemaname = any (current_schemas(false))`
  if ((await database.query(table)).length === 0) return []
  return (await database.query<{ id: string }>(sql`select id from applied_steps order by id`)).map((row) => row.id)
}

/** A statement without values, from text. Not frozen as tagged text is, so that no driver keeps it prepared. */
const step = (text: string): Write => {
  const statement: Statement = { template: Object.assign([text], { raw: [text] }), values: [] }
  return any(statement)
}
