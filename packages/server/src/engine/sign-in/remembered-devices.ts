/**
 * Devices whose sign-in is not asked for a second step. They are listed, die with the state of the account that
 * earned them (the stamp), and are never a factor: such a session is one of a single proof (`aal1`).
 */
import { any, one, sql, type Write } from "../../store/database.ts"
import { auditWrite, plainAgent } from "../audit/audit.ts"
import type { Context, Source } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { subjectOf } from "../step-up/subject.ts"
import { hashToken, mintToken, newId } from "../tokens.ts"
import { readUser, storable, type StoredUser } from "../users/records.ts"

type Remembered = Pick<StoredUser, "id" | "securityStamp">

/** A new remembered device, with the token that its cookie holds. */
export function planRemembered(ctx: Context, user: Remembered, source: Source): { write: Write; token: string } {
  const { token, hash } = mintToken(ctx, "csd_")
  const now = ctx.now()
  const write = one(sql`
    insert into remembered_devices (id, token_hash, user_id, security_stamp, agent, address, created_at, last_used_at,
      expires_at)
    values (${newId(ctx)}, ${hash}, ${user.id}, ${user.securityStamp}, ${plainAgent(source.agent)},
      ${source.address ?? null}, ${now}, ${now}, ${now + ctx.settings.rememberedDevice.seconds * 1000})`)
  return { write, token }
}

/** The id of the device behind a token, where it is this user's, and earned under the account's present state. */
export async function rememberedId(
  ctx: Context,
  user: Remembered,
  token: string | undefined,
): Promise<string | undefined> {
  if (token === undefined || !ctx.settings.rememberedDevice.offered) return undefined
  const [row] = await ctx.database.query<{ id: string }>(sql`
    select id from remembered_devices
    where token_hash = ${hashToken(token)} and user_id = ${user.id} and security_stamp = ${user.securityStamp}
      and expires_at > ${ctx.now()}`)
  return row?.id
}

export const touchRemembered = (ctx: Context, id: string): Write =>
  any(sql`update remembered_devices set last_used_at = ${ctx.now()} where id = ${id}`)

type DeviceRow = {
  id: string
  token_hash: string
  agent: string | null
  address: string | null
  created_at: number
  last_used_at: number
  expires_at: number
}

const read = { service: "users:read", self: "read" } as const
const change = { service: "users:write", self: "write" } as const

export const rememberedDevicesOf = (ctx: Context): Engine["rememberedDevices"] => ({
  async list(on, input = {}) {
    const user = await subjectOf(ctx, on, read)
    const rows = await ctx.database.query<DeviceRow>(sql`
      select id, token_hash, agent, address, created_at, last_used_at, expires_at from remembered_devices
      where user_id = ${user.id} and security_stamp = ${user.securityStamp} and expires_at > ${ctx.now()}
      order by last_used_at desc, id desc`)
    const current = input.token === undefined ? undefined : hashToken(input.token)
    return rows.map((row) => ({
      id: row.id,
      agent: row.agent,
      address: row.address,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
      current: row.token_hash === current,
    }))
  },

  async forget(on, device) {
    const user = await subjectOf(ctx, on, change)
    await requireFresh(ctx, on.actor, "remembered_devices.forget")
    const audit = auditWrite(ctx, { userId: user.id, event: "device.forgotten", outcome: "success", source: on.source })
    if ("token" in device) {
      const hash = hashToken(device.token)
      const gone = sql`delete from remembered_devices where user_id = ${user.id} and token_hash = ${hash}`
      await ctx.database.commit([one(gone), audit])
      return
    }
    if (!storable(device.id)) throw new CountersignError("not_found")
    const gone = sql`delete from remembered_devices where user_id = ${user.id} and id = ${device.id}`
    if (!(await ctx.database.commit([one(gone), audit])).committed) throw new CountersignError("not_found")
  },

  async forgetAll(on) {
    const user = await subjectOf(ctx, on, change)
    await requireFresh(ctx, on.actor, "remembered_devices.forget")
    await ctx.database.commit([
      any(sql`delete from remembered_devices where user_id = ${user.id}`),
      auditWrite(ctx, { userId: user.id, event: "device.all_forgotten", outcome: "success", source: on.source }),
    ])
  },

  async isRemembered(userId, token) {
    const user = await readUser(ctx, { id: userId })
    return user !== undefined && (await rememberedId(ctx, user, token)) !== undefined
  },
})
