/**
 * The port to the database: what the engine may ask of a store, and what it may rely on in a race.
 *
 * There is no interactive transaction. An operation reads with `query`, decides, and hands all its writes to
 * one `commit`, which stands whole or not at all.
 */

export { DatabaseUnavailable } from "./unavailable.ts"

/** What can be bound to a placeholder. Instants are epoch milliseconds, flags 0 or 1, the rest is text. */
export type Value = string | number | null

/**
 * Prepared SQL. `template` is the text between the values; drivers keep one prepared statement for each
 * template object, so the cost of preparing is paid once a place in the source.
 */
export type Statement = { readonly template: TemplateStringsArray; readonly values: readonly Value[] }

export type Row = Record<string, unknown>

/** `rows`: how many rows the statement has to change (or return) for the commit to stand. */
export type Write = { readonly statement: Statement; readonly rows?: number }

/** `failed`: the index of the write whose guard said no. A unique violation counts as a failed guard. */
export type Outcome =
  | { readonly committed: true; readonly rows: readonly Row[][] }
  | { readonly committed: false; readonly failed: number }

export type Database = {
  readonly dialect: "sqlite" | "postgres"
  /** Reads. Sees every commit that was acknowledged before the call. */
  query<R extends Row = Row>(read: Statement): Promise<R[]>
  /**
   * Runs the writes in order in one transaction. Changes nothing if one row count is not the one demanded.
   * `rows` of the outcome has, for each write, what its `returning` gave (else an empty list).
   * Never settles before COMMIT has returned; rejects only when the database itself fails.
   */
  commit(writes: readonly Write[]): Promise<Outcome>
  close(): Promise<void>
}

/** Tags SQL text: `sql\`select * from users where id = ${id}\``. Values are bound, never spliced. */
export const sql = (template: TemplateStringsArray, ...values: Value[]): Statement => ({ template, values })

/** A write that has to change exactly one row. */
export const one = (statement: Statement): Write => ({ statement, rows: 1 })

/** A write that may change any number of rows. */
export const any = (statement: Statement): Write => ({ statement })
