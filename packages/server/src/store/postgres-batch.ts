import type { Connection, Submittable } from "pg"
import type { Row, Value } from "./database.ts"

/**
 * One statement of a batch. A `name` asks the server to keep it prepared; `returns`: its rows are wanted, without
 * their first `skip` columns.
 */
export type Part = {
  readonly text: string
  readonly name: string | undefined
  readonly returns: boolean
  readonly skip?: number
  readonly values: readonly Value[]
}

/** What went wrong, and how many parts had run before. */
export type Refusal = { readonly error: unknown; readonly at: number }

type Field = { name: string; dataTypeID: number }

/** Which names a connection holds prepared. Only what the server has said it ran counts as prepared. */
const preparedOn = new WeakMap<Connection, Set<string>>()

/**
 * Runs statements in order in one round trip and one transaction: everything between two Sync messages of the
 * extended protocol is one implicit transaction, which an error in any part rolls back
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
 *
 * `settle` is called once: with the rows of every part after the server is ready again, so after its COMMIT, or with
 * the refusal.
 */
export class Batch implements Submittable {
  readonly #parts: readonly Part[]
  readonly #settle: (result: { rows: Row[][] } | Refusal) => void
  readonly #rows: Row[][] = []
  #prepared = new Set<string>()
  #fields: readonly Field[] = []
  #current: Row[] = []

  constructor(parts: readonly Part[], settle: (result: { rows: Row[][] } | Refusal) => void) {
    this.#parts = parts
    this.#settle = settle
  }

  /** The driver calls this when the connection is free, and then hands over every message until it is ready again. */
  submit(connection: Connection): void {
    const prepared = preparedOn.get(connection) ?? new Set()
    preparedOn.set(connection, prepared)
    this.#prepared = prepared
    const sent = new Set<string>()
    connection.stream.cork()
    try {
      for (const { text, name = "", values } of this.#parts) {
        if (name === "" || !(prepared.has(name) || sent.has(name))) {
          // A batch that failed may have left the name behind; closing one that isn't there is no error.
          if (name !== "") connection.close({ type: "S", name }, true)
          connection.parse({ text, name, types: [] }, true)
          sent.add(name)
        }
        connection.bind({ statement: name, values: values.map(bound) }, true)
        connection.describe({ type: "P" }, true)
        connection.execute({}, true)
      }
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
  }

  handleRowDescription(message: { fields: readonly Field[] }): void {
    this.#fields = message.fields
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    const part = this.#parts[this.#rows.length]
    if (part?.returns !== true) return
    const row: Row = {}
    for (const [place, { name, dataTypeID }] of this.#fields.entries())
      if (place >= (part.skip ?? 0)) row[name] = read(message.fields[place] ?? null, dataTypeID)
    this.#current.push(row)
  }

  handleCommandComplete(): void {
    const name = this.#parts[this.#rows.length]?.name
    if (name !== undefined) this.#prepared.add(name)
    this.#rows.push(this.#current)
    this.#current = []
    this.#fields = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete()
  }

  handleReadyForQuery(): void {
    this.#settle({ rows: this.#rows })
  }

  handleError(error: unknown): void {
    this.#settle({ error, at: this.#rows.length })
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(): void {}
}

const bound = (value: Value): string | null => (value === null ? null : String(value))

/** Types of PostgreSQL's catalogue: bool; int8, int2, int4, and numeric, which a sum of bigints is. */
const flag = 16
const numbers = new Set([20, 21, 23, 1700])

/** As SQLite gives it: numbers as numbers (int8 arrives as text), a comparison as 0 or 1. */
function read(value: string | null, type: number): Value {
  if (value === null) return null
  if (type === flag) return value === "t" ? 1 : 0
  return numbers.has(type) ? Number(value) : value
}
