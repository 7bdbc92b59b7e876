import { sql } from "../../store/database.ts"
import type { Context } from "../context.ts"

const hour = 3_600_000
/** So many mails of one sort in an hour are enough for one account, wherever they are asked for. */
export const mailsPerHour = 20

/**
 * Whether an account had its share of one sort of mail, counted by the event that goes with it. It keeps a mailbox
 * from being flooded from many addresses (OWASP Forgot Password); of racers at the edge a few more may pass.
 */
export async function hasMailEnough(ctx: Context, userId: string, event: string): Promise<boolean> {
  const rows = await ctx.database.query(sql`
    select id from audit where user_id = ${userId} and at > ${ctx.now() - hour} and event = ${event}
    limit ${mailsPerHour}`)
  return rows.length >= mailsPerHour
}
