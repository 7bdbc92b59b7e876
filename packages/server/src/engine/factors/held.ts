/** What a kind keeps with a challenge or a pending factor until it is answered. Sealed, and bound to its owner. */
import { any, one, sql, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { newId } from "../tokens.ts"
import { bounds } from "../vault.ts"
import type { Held } from "./factor.ts"

type HeldRow = { data: string; serial: string }

/** What is held, while it lasts, with the `serial` that spends it; undefined when nothing is. */
export async function readHeld(
  ctx: Pick<Context, "database" | "vault" | "now">,
  ownerId: string,
  kind: string,
): Promise<Held | undefined> {
  const [row] = await ctx.database.query<HeldRow>(sql`
    select data, serial from held
    where owner_id = ${ownerId} and kind = ${kind} and expires_at > ${ctx.now()}`)
  if (row === undefined) return undefined
  const held = JSON.parse(await ctx.vault.open(row.data, bounds.held(ownerId, kind))) as Held
  return { ...held, serial: row.serial }
}

/** When each kind last sent something for a challenge. */
export async function sentTimes(ctx: Pick<Context, "database">, ownerId: string): Promise<Map<string, number>> {
  const rows = await ctx.database.query<{ kind: string; created_at: number }>(sql`
    select kind, created_at from held where owner_id = ${ownerId}`)
  return new Map(rows.map((row) => [row.kind, row.created_at]))
}

/** How often a thing may be sent anew for one owner. */
export const maximumSends = 6

/** The newest replaces what was held before. The guard fails when it was sent too often; what is only shown may be anew. */
export async function holdWrite(
  ctx: Pick<Context, "vault" | "now" | "random">,
  hold: { ownerId: string; kind: string; held: Held; seconds: number; isSent?: boolean },
): Promise<Write> {
  const { ownerId, kind } = hold
  const data = await ctx.vault.seal(JSON.stringify(hold.held), bounds.held(ownerId, kind))
  const now = ctx.now()
  return one(sql`
    insert into held (owner_id, kind, serial, data, created_at, expires_at, sends)
    values (${ownerId}, ${kind}, ${newId(ctx)}, ${data}, ${now}, ${now + hold.seconds * 1000}, 1)
    on conflict (owner_id, kind) do update
      set serial = excluded.serial, data = excluded.data, created_at = excluded.created_at, expires_at = excluded.expires_at, sends = held.sends + 1
      where held.sends < ${hold.isSent === false ? Number.MAX_SAFE_INTEGER : maximumSends}`)
}

/** Spends what is held, guarded by what it was: of two racers one has it, and a newer one is not spent by an older. */
export const spendHeld = (ownerId: string, kind: string, serial: string): Write =>
  one(sql`delete from held where owner_id = ${ownerId} and kind = ${kind} and serial = ${serial}`)

export const dropHeld = (ownerId: string): Write => any(sql`delete from held where owner_id = ${ownerId}`)
