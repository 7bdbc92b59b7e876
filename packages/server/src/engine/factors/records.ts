/** Factors as rows. What a kind keeps of one is sealed, bound to its row and its user. */
import { any, one, sql, type Statement, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { bounds } from "../vault.ts"
import type { Factor } from "./factor.ts"

/** A factor with what only the engine minds: who began it, and until when it can be confirmed. */
export type StoredFactor = Factor & { readonly holder: string | null; readonly expiresAt: number | null }

type FactorRow = {
  id: string
  user_id: string
  kind: string
  name: string
  state: "pending" | "on" | "off" | "removed"
  data: string
  counter: number
  handle: string | null
  holder: string | null
  created_at: number
  confirmed_at: number | null
  last_used_at: number | null
  expires_at: number | null
}

type Reading = Pick<Context, "database" | "vault">

/** The user's confirmed factors, on or off, oldest first. */
export const readConfirmed = (ctx: Reading, userId: string): Promise<StoredFactor[]> =>
  read(
    ctx,
    sql`
    select * from factors where user_id = ${userId} and state in ('on', 'off') order by confirmed_at, id`,
  )

/** The user's factors of one kind that can prove something now, oldest first. */
export const readOn = (ctx: Reading, userId: string, kind: string): Promise<StoredFactor[]> =>
  read(
    ctx,
    sql`
    select * from factors where user_id = ${userId} and kind = ${kind} and state = 'on' order by confirmed_at, id`,
  )

/** Pending factors that have not expired, newest first: those of a holder, and those that are the user's. */
export const readPending = (
  ctx: Reading,
  about: { userId: string; kind: string; holder: string; now: number },
): Promise<StoredFactor[]> =>
  read(
    ctx,
    sql`
    select * from factors
    where user_id = ${about.userId} and kind = ${about.kind} and state = 'pending'
      and (expires_at > ${about.now} or expires_at is null)
      and (holder = ${about.holder} or holder is null)
    order by created_at desc, id desc`,
  )

/** How many of the user's factors of these kinds wait to be confirmed, whoever began them. */
export async function countPending(ctx: Reading, userId: string, kinds: readonly string[]): Promise<number> {
  const rows = await ctx.database.query<{ kind: string }>(sql`
    select kind from factors where user_id = ${userId} and state = 'pending'`)
  return rows.filter(({ kind }) => kinds.includes(kind)).length
}

async function read(ctx: Reading, statement: Statement): Promise<StoredFactor[]> {
  const rows = await ctx.database.query<FactorRow>(statement)
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      userId: row.user_id,
      kind: row.kind,
      name: row.name,
      state: row.state === "off" || row.state === "pending" ? row.state : "on",
      data: JSON.parse(await ctx.vault.open(row.data, bounds.factor(row.id, row.user_id))) as unknown,
      counter: row.counter,
      handle: row.handle,
      holder: row.holder,
      createdAt: row.created_at,
      confirmedAt: row.confirmed_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
    })),
  )
}

/** The write that stores a factor. A handle that is taken fails as a guard does. */
export async function insertFactor(ctx: Reading, factor: StoredFactor): Promise<Write> {
  const data = await ctx.vault.seal(JSON.stringify(factor.data), bounds.factor(factor.id, factor.userId))
  return one(sql`
    insert into factors (id, user_id, kind, name, state, data, counter, handle, holder, created_at, confirmed_at,
      last_used_at, expires_at, removed_at)
    values (${factor.id}, ${factor.userId}, ${factor.kind}, ${factor.name}, ${factor.state}, ${data},
      ${factor.counter}, ${factor.handle}, ${factor.holder}, ${factor.createdAt}, ${factor.confirmedAt},
      ${factor.lastUsedAt}, ${factor.expiresAt}, ${null})`)
}

/**
 * The write that spends a counter: passes for a higher one only, and for a factor that is still in the state that it
 * was judged in. Its row count is the verdict (RFC 6238 section 5.2; NIST SP 800-63B-4, 3.1.4.2).
 */
export const spendCounter = (factor: Pick<Factor, "id" | "state">, counter: number, now: number): Write =>
  one(sql`
    update factors set counter = ${counter}, last_used_at = ${now}
    where id = ${factor.id} and counter < ${counter} and state = ${factor.state}`)

/**
 * The same, for a proof that brought something to keep in place of what was sealed (a passkey's key with its first one).
 * An authenticator that does not count stays at 0, which passes while nothing else was stored. A handle that is taken
 * fails as a guard does.
 */
export async function keepFromProof(
  ctx: Pick<Context, "vault">,
  factor: Pick<Factor, "id" | "userId" | "state">,
  kept: { data: unknown; handle: string; counter: number },
  now: number,
): Promise<Write> {
  const data = await ctx.vault.seal(JSON.stringify(kept.data), bounds.factor(factor.id, factor.userId))
  return one(sql`
    update factors set data = ${data}, handle = ${kept.handle}, counter = ${kept.counter}, last_used_at = ${now}
    where id = ${factor.id} and counter < ${Math.max(kept.counter, 1)} and state = ${factor.state}`)
}

/** The write that notes a use of a factor that has no counter. */
export const noteUse = (factor: Pick<Factor, "id" | "state">, now: number): Write =>
  one(sql`update factors set last_used_at = ${now} where id = ${factor.id} and state = ${factor.state}`)

/**
 * The handle of the one pending key that a user has at doors that show it again. Unique, so that two requests at once
 * make one.
 */
export const handleOfOnlyPending = (kind: string, userId: string): string => `pending:${kind}:${userId}`

/** A pending or switched-off factor becomes one that counts. */
export const switchOn = (factor: Factor, name: string, now: number): Write =>
  one(sql`
    update factors set state = 'on', name = ${name}, confirmed_at = ${factor.confirmedAt ?? now}, holder = ${null},
      expires_at = ${null}, handle = case when handle like 'pending:%' then null else handle end
    where id = ${factor.id} and state = ${factor.state}`)

export const switchOff = (factor: Factor): Write =>
  one(sql`update factors set state = 'off' where id = ${factor.id} and state = 'on'`)

/**
 * A confirmed factor goes: its row stays as the record of what was bound (NIST SP 800-63B-4, 4.1), its key does not.
 * The handle is given free.
 */
export const removeFactor = (factor: Factor, now: number): Write =>
  one(sql`
    update factors set state = 'removed', data = '', handle = ${null}, removed_at = ${now}
    where id = ${factor.id} and state = ${factor.state}`)

export const renameFactor = (factor: Factor, name: string): Write =>
  one(sql`update factors set name = ${name} where id = ${factor.id} and state = ${factor.state}`)

/** Pending ones were never bound, so nothing is kept of them. */
export const dropPending = (factor: Pick<Factor, "id">): Write =>
  any(sql`delete from factors where id = ${factor.id} and state = 'pending'`)

export const dropAllPending = (userId: string, kind: string): Write =>
  any(sql`delete from factors where user_id = ${userId} and kind = ${kind} and state = 'pending'`)
