import { describe, expect, test } from "vitest"
import { groundOf, note } from "./contract-ground-for-tests.ts"
import { valuesContract } from "./contract-values-suite.ts"
import { writesContract } from "./contract-writes-suite.ts"
import { type Database, one, sql } from "./database.ts"
import { DatabaseUnavailable } from "./unavailable.ts"

/**
 * What every store has to keep, whatever is under it.
 *
 * @param open gives one or more handles on one fresh, empty database; races are spread over all of them.
 */
export function databaseContract(name: string, open: () => Promise<Database[]>): void {
  // oxlint-disable-next-line vitest/valid-title -- the caller names it
  describe(name, () => {
    const ground = groundOf(open)
    writesContract(ground)
    valuesContract(ground)

    describe("closing", () => {
      test("lets commits that were asked for finish, refuses later ones, and may be asked for twice", async () => {
        const last = ground.database.commit([one(note("a"))])
        const closing = Promise.all([ground.database.close(), ground.database.close()])
        await expect(ground.database.commit([one(note("b"))])).rejects.toThrow(DatabaseUnavailable)
        await expect(ground.database.query(sql`select 1 as one`)).rejects.toThrow(DatabaseUnavailable)
        expect(await last).toMatchObject({ committed: true })
        await closing
      })
    })
  })
}
