/** Moves everything that is sealed under an older data key to the current one, while the servers run. */
import { any, sql, type Database, type Statement } from "../store/database.ts"
import { bounds, type Bound } from "./sealed-places.ts"

/** How far a rotation has come: rows re-sealed of those that were found at the start. */
export type Progress = { readonly done: number; readonly total: number }

/** A waiting writer blocks the others, so a commit stays small. */
const rowsPerCommit = 100

type SealedRow = { id: string; part: string | null; sealed: string }

/** One column that holds sealed text. `after` and `afterPart` are the last row's key, so that pages never overlap. */
type Place = {
  count(current: string): Statement
  page(current: string, after: string, afterPart: string): Statement
  bound(row: SealedRow): Bound
  /** Guarded by the old text: what changed meanwhile was sealed by its writer. */
  replace(row: SealedRow, sealed: string): Statement
}

const places: readonly Place[] = [
  {
    count: (current) => sql`select count(*) as n from factors where data like 'v1.%' and data not like ${current}`,
    page: (current, after) => sql`
      select id, user_id as part, data as sealed from factors
      where data like 'v1.%' and data not like ${current} and id > ${after} order by id limit ${rowsPerCommit}`,
    bound: ({ id, part }) => bounds.factor(id, part ?? ""),
    replace: ({ id, sealed }, fresh) => sql`update factors set data = ${fresh} where id = ${id} and data = ${sealed}`,
  },
  {
    count: (current) => sql`select count(*) as n from held where data like 'v1.%' and data not like ${current}`,
    page: (current, after, afterPart) => sql`
      select owner_id as id, kind as part, data as sealed from held
      where data like 'v1.%' and data not like ${current} and (owner_id > ${after} or (owner_id = ${after} and kind > ${afterPart}))
      order by owner_id, kind limit ${rowsPerCommit}`,
    bound: ({ id, part }) => bounds.held(id, part ?? ""),
    replace: ({ id, part, sealed }, fresh) =>
      sql`update held set data = ${fresh} where owner_id = ${id} and kind = ${part} and data = ${sealed}`,
  },
  {
    count: (current) =>
      sql`select count(*) as n from recovery_code_sets where copy like 'v1.%' and copy not like ${current}`,
    page: (current, after) => sql`
      select id, user_id as part, copy as sealed from recovery_code_sets
      where copy like 'v1.%' and copy not like ${current} and id > ${after} order by id limit ${rowsPerCommit}`,
    bound: ({ id, part }) => bounds.recoveryCopy(id, part ?? ""),
    replace: ({ id, sealed }, fresh) =>
      sql`update recovery_code_sets set copy = ${fresh} where id = ${id} and copy = ${sealed}`,
  },
  {
    count: (current) => sql`select count(*) as n from outbox where body like 'v1.%' and body not like ${current}`,
    page: (current, after) => sql`
      select id, kind as part, body as sealed from outbox
      where body like 'v1.%' and body not like ${current} and id > ${after} order by id limit ${rowsPerCommit}`,
    bound: ({ id }) => bounds.outbox(id),
    replace: ({ id, sealed }, fresh) => sql`update outbox set body = ${fresh} where id = ${id} and body = ${sealed}`,
  },
  {
    count: (current) => sql`select count(*) as n from settings where value like 'v1.%' and value not like ${current}`,
    page: (current, after) => sql`
      select name as id, name as part, value as sealed from settings
      where value like 'v1.%' and value not like ${current} and name > ${after} order by name limit ${rowsPerCommit}`,
    bound: ({ id }) => bounds.setting(id),
    replace: ({ id, sealed }, fresh) =>
      sql`update settings set value = ${fresh} where name = ${id} and value = ${sealed}`,
  },
]

/** Re-seals every place, page by page. Safe to run again after it was cut short. */
export async function resealAll(options: {
  database: Database
  currentKeyId: string
  openBytes(sealed: string, bound: Bound): Promise<Uint8Array>
  seal(plain: Uint8Array, bound: Bound): Promise<string>
  progress?: (state: Progress) => void
}): Promise<{ resealed: number }> {
  const { database } = options
  const current = `v1.${options.currentKeyId}.%`
  let total = 0
  for (const place of places)
    total += Number((await database.query<{ n: number | string }>(place.count(current)))[0]?.n ?? 0)

  let done = 0
  options.progress?.({ done, total })
  for (const place of places) {
    let last: SealedRow | undefined
    for (;;) {
      const rows: SealedRow[] = await database.query<SealedRow>(place.page(current, last?.id ?? "", last?.part ?? ""))
      if (rows.length === 0) break
      const writes = await Promise.all(
        rows.map(async (row) => {
          const bound = place.bound(row)
          return any(place.replace(row, await options.seal(await options.openBytes(row.sealed, bound), bound)))
        }),
      )
      await database.commit(writes)
      last = rows.at(-1)
      done += rows.length
      options.progress?.({ done, total: Math.max(total, done) })
    }
  }
  return { resealed: done }
}
