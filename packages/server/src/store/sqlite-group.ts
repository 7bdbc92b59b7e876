import type { Outcome, Row, Write } from "./database.ts"
import { type Connection, isFailedGuard, sqliteError } from "./sqlite-connection.ts"

/** What became of one commit of a group. `error`: it broke and was undone, its neighbours stand. */
export type Settlement = { outcome: Outcome } | { error: unknown }

/**
 * Runs several commits in one transaction, each undone alone when a guard says no.
 * @throws what BEGIN or COMMIT threw, or an error that made SQLite end the transaction: then none of them stands.
 */
export function runGroup(connection: Connection, group: readonly (readonly Write[])[]): Settlement[] {
  connection.begin()
  try {
    const alone = group.length === 1
    const settlements = group.map((writes) => (alone ? attempt(connection, writes) : inSavepoint(connection, writes)))
    const nothing = alone && settlements.every((settlement) => !stands(settlement))
    if (nothing) connection.rollback()
    else connection.commit()
    return settlements
  } catch (error) {
    if (connection.inTransaction()) connection.rollback()
    throw error
  }
}

const stands = (settlement: Settlement): boolean => "outcome" in settlement && settlement.outcome.committed

function inSavepoint(connection: Connection, writes: readonly Write[]): Settlement {
  connection.savepoint()
  const settlement = attempt(connection, writes)
  if (!stands(settlement)) connection.rollbackToSavepoint()
  connection.release()
  return settlement
}

function attempt(connection: Connection, writes: readonly Write[]): Settlement {
  const rows: Row[][] = []
  for (const [index, write] of writes.entries()) {
    try {
      const changed = connection.prepared(write.statement.template).run(write.statement.values)
      if (write.rows !== undefined && changed.count !== write.rows)
        return { outcome: { committed: false, failed: index } }
      rows.push(changed.rows)
    } catch (error) {
      // A full disk or a failing one ends the whole transaction (https://sqlite.org/lang_transaction.html).
      if (!connection.inTransaction()) throw error
      if (isFailedGuard(error)) return { outcome: { committed: false, failed: index } }
      return { error: sqliteError(error) }
    }
  }
  return { outcome: { committed: true, rows } }
}
