import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Row, Value } from "./database.ts"
import { DatabaseUnavailable, messageOf } from "./unavailable.ts"

/** A prepared place in the source. */
export type Prepared = {
  /** Runs it for the rows that it reads or returns. */
  all(values: readonly Value[]): Row[]
  /** Runs it for what it changes: `count` is how many rows it changed, or returned where it returns some. */
  run(values: readonly Value[]): { count: number; rows: Row[] }
}

export type Connection = {
  prepared(template: TemplateStringsArray): Prepared
  begin(): void
  commit(): void
  rollback(): void
  savepoint(): void
  release(): void
  rollbackToSavepoint(): void
  inTransaction(): boolean
  close(): void
}

/** One open file with its prepared statements, kept by the identity of their templates. */
export function connectionOf(database: DatabaseSync): Connection {
  const kept = new WeakMap<TemplateStringsArray, Prepared>()
  const fixed = (text: string): (() => void) => {
    const statement = database.prepare(text)
    return () => void statement.run()
  }
  return {
    prepared(template) {
      let prepared = kept.get(template)
      if (prepared === undefined) {
        prepared = preparedOf(database.prepare(template.join("?")))
        kept.set(template, prepared)
      }
      return prepared
    },
    // A deferred BEGIN fails in the middle, when a read turns into a write that another process was faster with.
    begin: fixed("begin immediate"),
    commit: fixed("commit"),
    rollback: fixed("rollback"),
    savepoint: fixed("savepoint one_commit"),
    release: fixed("release one_commit"),
    rollbackToSavepoint: fixed("rollback to one_commit"),
    inTransaction: () => database.isTransaction,
    close() {
      try {
        database.exec("pragma optimize")
      } catch (error) {
        if (!isBusy(error)) throw error
      } finally {
        database.close()
      }
    },
  }
}

function preparedOf(statement: StatementSync): Prepared {
  const returns = statement.columns().length > 0
  return {
    all: (values) => statement.all(...bound(values)),
    run(values) {
      if (!returns) return { count: Number(statement.run(...bound(values)).changes), rows: [] }
      const rows = statement.all(...bound(values))
      return { count: rows.length, rows }
    },
  }
}

/** A number is bound as a float, and would arrive in a text column as `5.0` and divide as a fraction: so as a bigint. */
const bound = (values: readonly Value[]): (string | bigint | null)[] =>
  values.map((value) => (typeof value === "number" ? BigInt(value) : value))

/** Codes of SQLite's results: https://sqlite.org/rescode.html */
const busy = 5
const unavailable = new Set([busy, 6 /* locked */, 8 /* read only */, 10 /* I/O */, 13 /* full */, 14 /* can't open */])
const failedGuards = new Set([787 /* foreign key */, 1555 /* primary key */, 2067 /* unique */, 2579 /* rowid */])

const codeOf = (error: unknown): number => {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined
  return typeof code === "number" ? code : 0
}

/** Another connection holds the lock. */
export const isBusy = (error: unknown): boolean => (codeOf(error) & 0xff) === busy

/** A row that may exist once exists already, or the row that this one belongs to is gone: somebody else was faster. */
export const isFailedGuard = (error: unknown): boolean => failedGuards.has(codeOf(error))

/** The error as the port tells it. */
export const sqliteError = (error: unknown): unknown =>
  unavailable.has(codeOf(error) & 0xff)
    ? new DatabaseUnavailable(`SQLite can't answer: ${messageOf(error)}`, error)
    : error
