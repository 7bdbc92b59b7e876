import { sql } from "../../store/database.ts"
import { plainAgent } from "../audit/audit.ts"
import type { Context, Source } from "../context.ts"
import type { User } from "../engine.ts"

/**
 * Whether a user who has signed in before does so with an agent that was never seen (ASVS 6.3.5). The first sign-in of
 * all is nothing new, and one without an agent says nothing.
 */
export async function isNewAgent(
  ctx: Pick<Context, "database">,
  user: Pick<User, "id">,
  source: Source,
): Promise<boolean> {
  const agent = plainAgent(source.agent)
  if (agent === null || agent === "") return false
  const [row] = await ctx.database.query<{ sessions: number; alike: number }>(sql`
    select count(*) as sessions, count(case when agent = ${agent} then 1 end) as alike
    from sessions where user_id = ${user.id}`)
  return row !== undefined && row.sessions > 0 && row.alike === 0
}
