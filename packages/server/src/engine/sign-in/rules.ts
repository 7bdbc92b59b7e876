import { sql } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { readAddedRule } from "../policy/added-rule.ts"
import type { Rules } from "../policy/policy.ts"

/** The name of the setting that holds the rule of administrators. */
export const addedRuleSetting = "second_factor.added_rule"

/** What holds now: the configuration, and what administrators added to it on any node. */
export async function readRules(ctx: Pick<Context, "database" | "settings">): Promise<Rules> {
  const { secondFactor } = ctx.settings
  const [row] = await ctx.database.query<{ value: string }>(sql`
    select value from settings where name = ${addedRuleSetting}`)
  return row === undefined ? { secondFactor } : { secondFactor, added: readAddedRule(row.value) }
}
