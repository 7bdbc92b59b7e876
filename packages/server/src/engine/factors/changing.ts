/** What every change of confirmed factors has in common: policy, the stamp, the codes, the acting session, the record. */
import type { Write } from "../../store/database.ts"
import { auditWrite, type AuditDetail } from "../audit/audit.ts"
import { noticeWrites, type Notice } from "../audit/notices.ts"
import type { Context, Plan } from "../context.ts"
import type { On } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { isBoundByPolicy, mayDropLastFactor } from "../policy/policy.ts"
import { dropSet } from "../recovery-codes/records.ts"
import { planFresh, planStampChange } from "../sessions/sessions.ts"
import { readRules } from "../sign-in/rules.ts"
import { revise, type StoredUser } from "../users/records.ts"
import type { StoredFactor } from "./records.ts"

/**
 * The plan of a change that leaves `remaining` confirmed. Sessions other than the acting one, remembered devices and
 * open challenges end, since they were earned under the old state; the acting session gets a new token.
 * @throws CountersignError `factor_required` when policy demands a factor and none would be on.
 */
export async function planChange(
  ctx: Context,
  on: On,
  change: {
    user: StoredUser
    before: readonly StoredFactor[]
    remaining: readonly StoredFactor[]
    writes: readonly Write[]
    /** Codes stay even when no factor is on any more. */
    keepCodes: boolean
    event: string
    detail: AuditDetail
    /** Left out where nothing changed that its owner could notice. */
    notice?: { name: Notice; facts: Record<string, string | number | null> } | undefined
  },
): Promise<Plan<{ token?: string }>> {
  const { user, before, remaining } = change
  const endsLast = before.some(isOn) && !remaining.some(isOn)
  if (endsLast && isBoundByPolicy(on.actor) && !mayDropLastFactor(user, await readRules(ctx), on.source.door))
    throw new CountersignError("factor_required")

  const session = on.actor.type === "session" ? on.actor.session : undefined
  const { stamp, writes: ending } = planStampChange(ctx, user, { keepSessionId: session?.id })
  const fresh = session && planFresh(ctx, session, { methods: [] })
  const dropsCodes = !change.keepCodes && !remaining.some(isOn)
  return {
    writes: [
      revise(user, { stamp, defaultFactorId: defaultAmong(remaining, user) }),
      ...change.writes,
      ...(dropsCodes ? dropSet(user.id) : []),
      ...ending,
      ...(fresh?.writes ?? []),
      auditWrite(ctx, {
        userId: user.id,
        event: change.event,
        outcome: "success",
        source: on.source,
        detail: change.detail,
      }),
      ...(change.notice ? await noticeWrites(ctx, user, change.notice.name, on.source, change.notice.facts) : []),
    ],
    result: fresh ? { token: fresh.result.token } : {},
  }
}

const isOn = ({ state }: StoredFactor): boolean => state === "on"

/** The default stays while it is on; else the oldest that is on follows it. */
function defaultAmong(remaining: readonly StoredFactor[], user: StoredUser): string | null {
  const on = remaining.filter(isOn)
  return on.find(({ id }) => id === user.defaultFactorId)?.id ?? on[0]?.id ?? null
}
