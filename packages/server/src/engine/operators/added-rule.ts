/** The rule of administrators: read, set, taken back. What it means stands in `policy/`. */
import { any, one, sql } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { readAddressRange } from "../policy/address-ranges.ts"
import { writeAddedRule } from "../policy/added-rule.ts"
import { mayEnrol } from "../policy/policy.ts"
import { addedRuleSetting, readRules } from "../sign-in/rules.ts"
import { storable } from "../users/records.ts"
import { demandPortalAdministrator } from "./administering.ts"

/** A rule is read at every sign-in. */
const mostEntries = 100
const longestId = 64
/** A waiting writer blocks the others. */
const sessionsPerCommit = 100

type Part = Pick<Engine["policy"], "addedRule" | "setAddedRule">

export const addedRuleOf = (ctx: Context): Part => ({
  addedRule: async () => (await readRules(ctx)).added,

  async setAddedRule({ actor, source }, wanted) {
    await demandPortalAdministrator(ctx, actor)
    const userId = actor.type === "session" || actor.type === "user-key" ? actor.user.id : null
    if (wanted === null) {
      await ctx.database.commit([
        any(sql`delete from settings where name = ${addedRuleSetting}`),
        auditWrite(ctx, {
          userId,
          event: "policy.second_factor_released",
          outcome: "success",
          source,
          detail: { by: actor.type },
        }),
      ])
      return
    }
    // A demand that nobody could meet would lock everybody out.
    if (!ctx.settings.factors.some((kind) => mayEnrol(kind, ctx.settings)))
      throw new CountersignError("kind_not_offered")
    const rule = { ...readWanted(wanted), door: source.door }
    const { exemptAddresses, mandatoryUsers, mandatoryGroups } = rule
    await ctx.database.commit([
      one(sql`
        insert into settings (name, value, changed_at)
        values (${addedRuleSetting}, ${writeAddedRule(rule)}, ${ctx.now()})
        on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at`),
      auditWrite(ctx, {
        userId,
        event: "policy.second_factor_demanded",
        outcome: "success",
        source,
        detail: { by: actor.type, exemptAddresses, mandatoryUsers, mandatoryGroups },
      }),
    ])
    await endUnproved(ctx, actor.type === "session" ? actor.session.id : "")
  },
})

const isId = (entry: string): boolean => entry !== "" && entry.length <= longestId && storable(entry)

type Wanted = Exclude<Parameters<Part["setAddedRule"]>[1], null>

function readWanted(wanted: Wanted): Required<Wanted> {
  const list = (field: keyof Wanted, isGood: (entry: string) => boolean): string[] => {
    const entries = [...new Set((wanted[field] ?? []).map((entry) => entry.trim()))]
    if (entries.length > mostEntries || !entries.every(isGood)) throw new CountersignError("input_invalid", { field })
    return entries
  }
  return {
    exemptAddresses: list("exemptAddresses", (entry) => readAddressRange(entry) !== undefined),
    mandatoryUsers: list("mandatoryUsers", isId),
    mandatoryGroups: list("mandatoryGroups", isId),
  }
}

/** Whoever is signed in with one factor has to come in by the new rule. The administrator stays, to be able to go on. */
async function endUnproved(ctx: Context, keptId: string): Promise<void> {
  let after = ""
  for (;;) {
    const now = ctx.now()
    const outcome = await ctx.database.commit([
      any(sql`
        update sessions set ended_at = ${now}
        where id in (
          select id from sessions
          where id > ${after} and id <> ${keptId} and ended_at is null and expires_at > ${now} and aal = 1
          order by id limit ${sessionsPerCommit})
        returning id`),
    ])
    const ended = outcome.committed ? (outcome.rows[0] ?? []).map((row) => String(row["id"])) : []
    if (ended.length < sessionsPerCommit) return
    after = ended.reduce((last, id) => (id > last ? id : last), after)
  }
}
