import { closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setImmediate as nextTurn, setTimeout as after } from "node:timers"
import { checkStatement, checkWrites } from "./checks.ts"
import type { Database, Outcome, Row, Statement, Write } from "./database.ts"
import { type Connection, connectionOf, isBusy, sqliteError } from "./sqlite-connection.ts"
import { runGroup } from "./sqlite-group.ts"
import { DatabaseUnavailable, messageOf } from "./unavailable.ts"

/** At most so many commits share a transaction: the event loop waits for the whole group. */
const largestGroup = 64
/** How long SQLite itself waits for a lock, blocking the event loop, before we let the loop turn and ask again. */
const blockingMilliseconds = 25
/** For how long all in all a lock is waited for, where nothing else is said. */
const usualPatienceMilliseconds = 5_000
const betweenTriesMilliseconds = 15

type Job = { writes: readonly Write[]; resolve(outcome: Outcome): void; reject(error: unknown): void }

/**
 * Opens a SQLite file (made with mode 0600, with its folder, where it is missing) or `:memory:`.
 *
 * Commits are grouped: all that are asked for in one turn of the event loop run in one transaction, each in a
 * savepoint of its own, so that one flush to the disk serves them all. No promise of a group settles before the
 * COMMIT has returned; when BEGIN or COMMIT fails, all of them reject.
 *
 * @throws DatabaseUnavailable when the file can't be opened.
 */
export function openSqlite(
  path: string,
  { patienceMilliseconds = usualPatienceMilliseconds }: { patienceMilliseconds?: number } = {},
): Database {
  const connection = open(path)
  const queue: Job[] = []
  let waitingSince = 0
  let scheduled = false
  let closing: Promise<void> | undefined
  let drained: (() => void) | undefined

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    nextTurn(flush)
  }

  const flush = (): void => {
    scheduled = false
    const group = queue.splice(0, largestGroup)
    if (group.length === 0) {
      drained?.()
      return
    }
    try {
      const settlements = runGroup(
        connection,
        group.map((job) => job.writes),
      )
      waitingSince = 0
      for (const [index, settlement] of settlements.entries()) {
        if ("error" in settlement) group[index]?.reject(settlement.error)
        else group[index]?.resolve(settlement.outcome)
      }
    } catch (error) {
      // A lock that another process holds is the one failure after which certainly nothing has been done.
      const now = performance.now()
      if (isBusy(error) && !connection.inTransaction() && now - (waitingSince ||= now) < patienceMilliseconds) {
        queue.unshift(...group)
        scheduled = true
        after(flush, betweenTriesMilliseconds)
        return
      }
      waitingSince = 0
      for (const job of group) job.reject(sqliteError(error))
    }
    if (queue.length > 0 || drained) schedule()
  }

  const read = async (statement: Statement): Promise<Row[]> => {
    const since = performance.now()
    for (;;) {
      try {
        return connection.prepared(statement.template).all(statement.values)
      } catch (error) {
        if (!isBusy(error) || performance.now() - since > patienceMilliseconds) throw sqliteError(error)
      }
      // oxlint-disable-next-line no-await-in-loop -- each try waits for the one before it
      await new Promise((resolve) => after(resolve, betweenTriesMilliseconds))
    }
  }

  return {
    dialect: "sqlite",
    async query<R extends Row = Row>(statement: Statement): Promise<R[]> {
      checkStatement(statement)
      if (closing) throw closed()
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the port leaves a row's shape to who wrote the SQL
      return (await read(statement)) as R[]
    },
    async commit(writes: readonly Write[]): Promise<Outcome> {
      checkWrites(writes)
      if (closing) throw closed()
      if (writes.length === 0) return { committed: true, rows: [] }
      return new Promise((resolve, reject) => {
        queue.push({ writes, resolve, reject })
        schedule()
      })
    },
    close(): Promise<void> {
      closing ??= new Promise<void>((resolve) => {
        drained = resolve
        schedule()
      }).then(() => connection.close())
      return closing
    },
  }
}

const closed = (): DatabaseUnavailable => new DatabaseUnavailable("the database is closed")

function open(path: string): Connection {
  const inMemory = path === ":memory:"
  try {
    if (!inMemory) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      // SQLite gives the journal and the index beside the file the mode of the file.
      closeSync(openSync(path, "a", 0o600))
    }
    const database = new DatabaseSync(path, {
      timeout: usualPatienceMilliseconds,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
      defensive: true,
    })
    try {
      if (!inMemory) useWriteAheadLog(database)
      database.exec(
        `pragma synchronous = full; pragma trusted_schema = off; pragma temp_store = memory;
         pragma journal_size_limit = 67108864; pragma busy_timeout = ${blockingMilliseconds}`,
      )
    } catch (error) {
      database.close()
      throw error
    }
    return connectionOf(database)
  } catch (error) {
    throw new DatabaseUnavailable(`the SQLite file can't be opened: ${messageOf(error)}`, error)
  }
}

/** Two processes that open a new file at once both want to switch it, and SQLite doesn't wait for that lock. */
function useWriteAheadLog(database: DatabaseSync): void {
  const since = performance.now()
  for (;;) {
    try {
      const mode = database.prepare("pragma journal_mode = wal").get()?.["journal_mode"]
      if (mode !== "wal") throw new Error("its file system has no write-ahead log")
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() - since > usualPatienceMilliseconds) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, betweenTriesMilliseconds)
    }
  }
}
