/** The audit record as people and administrators read it: newest first. */
import { sql, type Statement } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { readCursor, readLimit, writeCursor } from "../cursor.ts"
import type { Activity, Engine, Page } from "../engine.ts"
import { subjectOf } from "../step-up/subject.ts"
import { demandAdministrator } from "../users/administrator.ts"

type AuditRow = {
  id: string
  at: number
  user_id: string | null
  event: string
  outcome: string
  door: string | null
  address: string | null
  agent: string | null
  detail: string
}

export const activityOf = (ctx: Context): Engine["activity"] => ({
  async ofUser(on, page) {
    const user = await subjectOf(ctx, on, { service: "audit:read", self: "read" })
    return read(
      ctx,
      page,
      (after, limit) => sql`
      select * from audit where user_id = ${user.id} and (at < ${after.at} or (at = ${after.at} and id < ${after.id}))
      order by at desc, id desc limit ${limit}`,
    )
  },

  async all(by, page) {
    demandAdministrator(by, "audit:read")
    return read(
      ctx,
      page,
      (after, limit) => sql`
      select * from audit where at < ${after.at} or (at = ${after.at} and id < ${after.id})
      order by at desc, id desc limit ${limit}`,
    )
  },
})

async function read(
  ctx: Context,
  page: { after?: string | undefined; limit: number },
  statement: (after: { at: number; id: string }, limit: number) => Statement,
): Promise<Page<Activity>> {
  const limit = readLimit(page.limit)
  const rows = await ctx.database.query<AuditRow>(statement(readCursor(page.after, true), limit + 1))
  const items = rows.slice(0, limit).map(activityOfRow)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? writeCursor(last.at, last.id) : null }
}

const activityOfRow = (row: AuditRow): Activity => ({
  id: row.id,
  at: row.at,
  userId: row.user_id,
  event: row.event,
  outcome: row.outcome,
  door: row.door,
  address: row.address,
  agent: row.agent,
  detail: JSON.parse(row.detail) as Record<string, unknown>,
})
