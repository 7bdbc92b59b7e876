import { sql } from "../../store/database.ts"
import type { Context } from "../context.ts"
import type { Standing } from "../policy/policy.ts"

/** What policy has to know of a user before it judges. */
export const standingOf = async (ctx: Pick<Context, "database">, userId: string): Promise<Standing> => {
  const rows = await ctx.database.query(sql`select id from factors where user_id = ${userId} and state = 'on' limit 1`)
  return { hasSecondFactor: rows.length > 0 }
}
