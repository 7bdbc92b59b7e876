import { setTimeout as after } from "node:timers/promises"
import { DatabaseError, Pool, type PoolClient } from "pg"
import { checkStatement, checkWrites } from "./checks.ts"
import type { Database, Outcome, Row, Statement, Write } from "./database.ts"
import { Batch, type Part, type Refusal } from "./postgres-batch.ts"
import { guardSaid, readPart, writePart } from "./postgres-statements.ts"
import { DatabaseUnavailable, messageOf } from "./unavailable.ts"

/** For a new connection, and for a free one when all are busy. */
const connectMilliseconds = 10_000
/** How often a transaction that met another one is run again, each time after a longer wait. */
const tries = 8

/**
 * Opens a pool of connections to PostgreSQL. Nothing is asked of the server before the first query.
 *
 * A commit is one round trip: all its writes and their guards in order in one transaction, at READ COMMITTED or
 * stricter. What the server rolled back because of another transaction is run again.
 *
 * @param options `report` hears of connections that broke while nobody used them; `connections`: at most so many (10).
 */
export function openPostgres(
  url: string,
  options: { report?: (message: string, error?: unknown) => void; connections?: number } = {},
): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: connectMilliseconds,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    fallback_application_name: "countersign",
  })
  // Without listeners a restart of PostgreSQL is an unhandled error event, and ends this process.
  pool.on("error", (error) => options.report?.("a connection to PostgreSQL was lost", error))
  pool.on("connect", (client) => client.on("error", () => {}))
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  const connect = async (): Promise<PoolClient> => {
    try {
      return await pool.connect()
    } catch (error) {
      throw new DatabaseUnavailable(`PostgreSQL can't be reached: ${messageOf(error)}`, error)
    }
  }

  /** Runs the parts; undone and worth another try, it tries again. */
  const run = async (parts: readonly Part[], mayRepeat: boolean): Promise<{ rows: Row[][] } | Refusal> => {
    for (let attempt = 1; ; attempt++) {
      // oxlint-disable no-await-in-loop -- each try waits for the one before it
      const client = await connect()
      const result = await new Promise<{ rows: Row[][] } | Refusal>((resolve) => {
        client.query(new Batch(parts, resolve))
      })
      if ("rows" in result) {
        client.release()
        return result
      }
      const kind = kindOf(result.error)
      client.release(kind === "stale" || kind === "lost")
      const everyConnection = pool.options.max + 1
      const most = { collided: tries, stale: everyConnection, lost: mayRepeat ? everyConnection : 1, other: 1 }[kind]
      if (attempt >= most) return result
      if (kind === "collided") await after(Math.random() * 5 * 2 ** attempt)
      // oxlint-enable no-await-in-loop
    }
  }

  const start = (parts: readonly Part[], mayRepeat: boolean): ReturnType<typeof run> => {
    if (closing) throw new DatabaseUnavailable("the database is closed")
    const result = run(parts, mayRepeat).finally(() => running.delete(result))
    running.add(result)
    return result
  }

  return {
    dialect: "postgres",
    async query<R extends Row = Row>(read: Statement): Promise<R[]> {
      checkStatement(read)
      const result = await start([readPart(read)], true)
      if ("error" in result) throw postgresError(result.error)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the port leaves a row's shape to who wrote the SQL
      return (result.rows[0] ?? []) as R[]
    },
    async commit(writes: readonly Write[]): Promise<Outcome> {
      checkWrites(writes)
      if (writes.length === 0) return { committed: true, rows: [] }
      // A commit on a lost connection may stand or not: it is not run again.
      const result = await start(writes.map(writePart), false)
      if ("rows" in result) return { committed: true, rows: result.rows }
      if (isFailedGuard(result.error) && result.at < writes.length) return { committed: false, failed: result.at }
      throw postgresError(result.error)
    },
    close(): Promise<void> {
      closing ??= Promise.allSettled(running).then(() => pool.end())
      return closing
    },
  }
}

/** Codes of PostgreSQL's errors: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const codeOf = (error: unknown): string => (error instanceof DatabaseError && error.code) || ""

/** A row that may exist once exists already, the row that this one belongs to is gone, or a count is another one. */
const isFailedGuard = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === "23505" || code === "23503" || (code === "22P02" && messageOf(error).includes(guardSaid))
}

/**
 * `collided`: with another transaction, and rolled back. `stale`: the connection's prepared statements don't fit the
 * schema any more, or a pooler lost them. `lost`: the connection is gone, or leads to a server that doesn't take writes.
 */
function kindOf(error: unknown): "collided" | "stale" | "lost" | "other" {
  const code = codeOf(error)
  if (code === "40001" || code === "40P01") return "collided"
  if (code === "26000" || (code === "0A000" && messageOf(error).includes("cached plan"))) return "stale"
  if (code === "" || code === "25006" || /^(08|57P)/.test(code)) return "lost"
  return "other"
}

const postgresError = (error: unknown): unknown =>
  kindOf(error) === "other" && !/^(53|55P03|57|58)/.test(codeOf(error))
    ? error
    : new DatabaseUnavailable(`PostgreSQL can't answer: ${messageOf(error)}`, error)
