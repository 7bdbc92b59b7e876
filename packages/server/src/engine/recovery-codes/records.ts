/** Recovery codes as rows: one set a user, each code hashed, and a sealed copy until it is acknowledged. */
import { any, one, sql, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { newId } from "../tokens.ts"
import { raiseRevision } from "../users/records.ts"
import { bounds } from "../vault.ts"

export type StoredCode = { readonly id: string; readonly hash: string; readonly usedAt: number | null }

export type StoredSet = {
  readonly id: string
  readonly userId: string
  readonly holder: string | null
  readonly copy: string | null
  readonly copyExpiresAt: number | null
  readonly createdAt: number
  readonly acknowledgedAt: number | null
  /** In the order in which they were shown. */
  readonly codes: readonly StoredCode[]
}

type SetRow = {
  id: string
  holder: string | null
  copy: string | null
  copy_expires_at: number | null
  created_at: number
  acknowledged_at: number | null
  code_id: string
  hash: string
  used_at: number | null
}

/** The user's set, or undefined. */
export async function readSet(ctx: Pick<Context, "database">, userId: string): Promise<StoredSet | undefined> {
  const rows = await ctx.database.query<SetRow>(sql`
    select s.id, s.holder, s.copy, s.copy_expires_at, s.created_at, s.acknowledged_at,
      c.id as code_id, c.hash, c.used_at
    from recovery_code_sets s join recovery_codes c on c.set_id = s.id
    where s.user_id = ${userId} order by c.position`)
  const [first] = rows
  if (first === undefined) return undefined
  return {
    id: first.id,
    userId,
    holder: first.holder,
    copy: first.copy,
    copyExpiresAt: first.copy_expires_at,
    createdAt: first.created_at,
    acknowledgedAt: first.acknowledged_at,
    codes: rows.map((row) => ({ id: row.code_id, hash: row.hash, usedAt: row.used_at })),
  }
}

/** How many unused codes the user has. */
export async function countLeft(ctx: Pick<Context, "database">, userId: string): Promise<number> {
  const rows = await ctx.database.query(
    sql`select id from recovery_codes where user_id = ${userId} and used_at is null`,
  )
  return rows.length
}

/** The codes of a user and their copy go. */
export const dropSet = (userId: string): Write[] => [
  any(sql`delete from recovery_codes where user_id = ${userId}`),
  any(sql`delete from recovery_code_sets where user_id = ${userId}`),
]

/**
 * The writes of a new set in place of the old one. `copy` keeps the codes readable for `holder` alone; without it the
 * set counts as acknowledged. A set of two racers at once fails as a guard does.
 */
export async function insertSet(
  ctx: Pick<Context, "vault" | "now" | "random">,
  set: {
    id?: string | undefined
    userId: string
    hashes: readonly string[]
    copy?: { codes: readonly string[]; holder: string; seconds: number }
  },
): Promise<Write[]> {
  const { id = newId(ctx), userId, copy } = set
  const now = ctx.now()
  const sealed = copy ? await ctx.vault.seal(JSON.stringify(copy.codes), bounds.recoveryCopy(id, userId)) : null
  return [
    ...dropSet(userId),
    one(sql`
      insert into recovery_code_sets (id, user_id, holder, copy, copy_expires_at, created_at, acknowledged_at)
      values (${id}, ${userId}, ${copy?.holder ?? null}, ${sealed}, ${copy ? now + copy.seconds * 1000 : null}, ${now},
        ${copy ? null : now})`),
    ...set.hashes.map((hash, position) =>
      one(sql`
        insert into recovery_codes (id, set_id, user_id, position, hash, used_at)
        values (${newId(ctx)}, ${id}, ${userId}, ${position}, ${hash}, ${null})`),
    ),
  ]
}

/**
 * The last one's row count is the verdict: of all racers with one code, one spends it. The user's row comes first, as
 * in every change of codes, so that racers wait for each other in one order.
 */
export const spendCode = (codeId: string, userId: string, now: number): Write[] => [
  raiseRevision(userId),
  one(sql`update recovery_codes set used_at = ${now} where id = ${codeId} and user_id = ${userId} and used_at is null`),
]

/** The copy goes, and the person is taken to have kept the codes. */
export const acknowledgeSet = (setId: string, now: number): Write =>
  any(sql`
    update recovery_code_sets set copy = ${null}, copy_expires_at = ${null}, holder = ${null}, acknowledged_at = ${now}
    where id = ${setId} and acknowledged_at is null`)
