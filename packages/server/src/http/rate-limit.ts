import { any, type Database, one, sql } from "../store/database.ts"

/** At most `limit` in any `windowSeconds`. `bucket` names what is counted and for whom: `mail:192.0.2.7`. */
export type Limit = { readonly bucket: string; readonly limit: number; readonly windowSeconds: number }

/** `retryAfter`: whole seconds until as much would be allowed, if nothing else is counted before. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly retryAfter: number }

/**
 * A window is counted in so many slices, one row each, and looks at these and the one that is under way: never more
 * than the limit passes in any span of the window's length, and what was counted is forgotten a fifth later at most.
 */
const slices = 5

/**
 * Counts, if the limit leaves room, and says whether it did. The database decides in one conditional write, so the
 * limit holds for all nodes together and for any number of racers.
 *
 * @param now epoch milliseconds. @param cost how many to count; 1 where not said.
 * @throws TypeError for a limit that is none.
 */
export async function takeFromLimit(
  database: Database,
  now: number,
  limit: Limit & { readonly cost?: number },
): Promise<Verdict> {
  const cost = costOf(limit)
  const { bucket, start, from, expires } = spanOf(limit, now)
  // Slices before this one are closed, so only this slice's row can change under the racers, and the upsert locks it.
  const outcome = await database.commit([
    one(sql`insert into rate_windows (bucket, window_start, count, expires_at)
      select ${bucket}, ${start}, ${cost}, ${expires}
      where (select coalesce(sum(earlier.count), 0) from rate_windows earlier
        where earlier.bucket = ${bucket} and earlier.window_start >= ${from} and earlier.window_start < ${start}) + ${cost} <= ${limit.limit}
      on conflict (bucket, window_start) do update set count = rate_windows.count + excluded.count
      where (select coalesce(sum(earlier.count), 0) from rate_windows earlier
        where earlier.bucket = ${bucket} and earlier.window_start >= ${from} and earlier.window_start < ${start})
        + rate_windows.count + excluded.count <= ${limit.limit}`),
  ])
  if (outcome.committed) return { allowed: true }
  const verdict = await peekAtLimit(database, now, limit)
  // Between the two somebody may have made room; this one was refused all the same.
  return verdict.allowed ? { allowed: false, retryAfter: 1 } : verdict
}

/**
 * Says whether there is room, and counts nothing: for what is counted only when it fails, with `countAgainstLimit`
 * afterwards. Racers may then exceed the limit by as many as are under way at once.
 */
export async function peekAtLimit(
  database: Database,
  now: number,
  limit: Limit & { readonly cost?: number },
): Promise<Verdict> {
  const cost = costOf(limit)
  const { bucket, from, sliceMilliseconds } = spanOf(limit, now)
  const rows = await database.query<{ window_start: number; count: number }>(
    sql`select window_start, count from rate_windows where bucket = ${bucket} and window_start >= ${from} order by window_start`,
  )
  let counted = rows.reduce((sum, row) => sum + row.count, 0)
  if (counted + cost <= limit.limit) return { allowed: true }
  // A cost beyond the limit never fits; then it is the longest wait.
  let until = now + (slices + 1) * sliceMilliseconds
  for (const row of rows) {
    counted -= row.count
    if (counted + cost > limit.limit) continue
    until = row.window_start + (slices + 1) * sliceMilliseconds
    break
  }
  return { allowed: false, retryAfter: Math.max(1, Math.ceil((until - now) / 1_000)) }
}

/** Counts without asking, also beyond the limit. */
export async function countAgainstLimit(
  database: Database,
  now: number,
  limit: Limit & { readonly cost?: number },
): Promise<void> {
  const cost = costOf(limit)
  const { bucket, start, expires } = spanOf(limit, now)
  await database.commit([
    any(sql`insert into rate_windows (bucket, window_start, count, expires_at) values (${bucket}, ${start}, ${cost}, ${expires})
      on conflict (bucket, window_start) do update set count = rate_windows.count + excluded.count`),
  ])
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0

function costOf({ cost = 1 }: { readonly cost?: number }): number {
  if (!isCount(cost)) throw new TypeError("a limit's cost is not a positive whole number")
  return cost
}

/** The slice that `now` lies in, and the first one that still counts. Each length of window has rows of its own. */
function spanOf({ bucket, limit, windowSeconds }: Limit, now: number) {
  if (!isCount(limit) || !isCount(windowSeconds))
    throw new TypeError("a limit and its window have to be positive whole numbers")
  const sliceMilliseconds = (windowSeconds * 1_000) / slices
  const start = Math.floor(now / sliceMilliseconds) * sliceMilliseconds
  return {
    bucket: `${windowSeconds}:${bucket}`,
    sliceMilliseconds,
    start,
    from: start - slices * sliceMilliseconds,
    expires: start + (slices + 1) * sliceMilliseconds,
  }
}
