/** A user's recovery codes: made, counted, shown once more to who made them, acknowledged. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context } from "../context.ts"
import type { Actor, Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { holderOf } from "../factors/holder.ts"
import { standingOf } from "../factors/standing.ts"
import { mayHaveCodesWithoutFactor } from "../policy/policy.ts"
import { clearTotal } from "../sign-in/lockout.ts"
import { authorise } from "../step-up/authorisation.ts"
import { madeBefore, noteMade } from "../repeats.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { subjectOf } from "../step-up/subject.ts"
import { newId } from "../tokens.ts"
import { commitGuarded, revise } from "../users/records.ts"
import { bounds } from "../vault.ts"
import { drawCodes, hashCodes } from "./codes.ts"
import { acknowledgeSet, insertSet, readSet } from "./records.ts"

/** How long a copy is kept for who made the codes, unless they are acknowledged before. */
const copySeconds = 24 * 3600

const fewestCodes = 5
const mostCodes = 20

/** New codes for a user in place of all earlier ones, with a copy for their holder. */
export async function planCodes(
  ctx: Context,
  userId: string,
  holder: string | undefined,
  about: { id?: string; count?: number | undefined; copySeconds?: number | undefined } = {},
): Promise<{ codes: string[]; writes: Write[] }> {
  const { count, length } = ctx.settings.recoveryCodes
  const codes = drawCodes(ctx, about.count ?? count, length)
  const hashes = await hashCodes(ctx, userId, codes)
  const copy =
    holder === undefined
      ? {}
      : { copy: { codes, holder, seconds: Math.min(about.copySeconds ?? copySeconds, copySeconds) } }
  // Codes bound anew begin without the failures of the old ones.
  const writes = [
    ...(await insertSet(ctx, { id: about.id, userId, hashes, ...copy })),
    clearTotal({ userId, kind: "recovery-code" }),
  ]
  return { codes, writes }
}

/** Codes back up a factor: without one there is nothing to back up. */
async function refuseWithoutFactor(ctx: Context, actor: Actor, userId: string): Promise<void> {
  if (!ctx.settings.recoveryCodes.offered) throw new CountersignError("kind_not_offered")
  if (mayHaveCodesWithoutFactor(actor, ctx.settings)) return
  if (!(await standingOf(ctx, userId)).hasSecondFactor) throw new CountersignError("enrolment_required")
}

/** The codes of a set that nobody has acknowledged or replaced. @throws CountersignError `conflict` */
async function readCopy(ctx: Context, userId: string, setId: string): Promise<string[]> {
  const set = await readSet(ctx, userId)
  if (set?.id !== setId || set.copy === null) throw new CountersignError("conflict")
  return JSON.parse(await ctx.vault.open(set.copy, bounds.recoveryCopy(set.id, userId))) as string[]
}

const read = { service: "factors:read", self: "read" } as const
const change = { service: "factors:write", self: "write" } as const

export const recoveryCodesOf = (ctx: Context): Engine["recoveryCodes"] => ({
  async replace(on, { count, copySeconds: seconds } = {}) {
    if (count !== undefined && !(Number.isInteger(count) && count >= fewestCodes && count <= mostCodes))
      throw new CountersignError("input_invalid", { field: "count" })
    const codes = await commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, change)
      const holder = holderOf(on.actor)
      const request = { holder, operation: "recovery_codes.replace", requestKey: on.requestKey }
      const before = await madeBefore(ctx, request)
      if (before !== undefined) return { writes: [], result: await readCopy(ctx, user.id, before) }
      const spent = await authorise(ctx, on, "recovery_codes.replace")
      await refuseWithoutFactor(ctx, on.actor, user.id)
      const id = newId(ctx)
      const made = await planCodes(ctx, user.id, holder, { id, count, copySeconds: seconds })
      const event = {
        userId: user.id,
        event: "recovery_codes.replaced",
        outcome: "success",
        source: on.source,
      } as const
      return {
        result: made.codes,
        writes: [
          revise(user),
          ...(await noteMade(ctx, request, id)),
          ...spent,
          ...made.writes,
          auditWrite(ctx, event),
          ...(await noticeWrites(ctx, user, "recovery_codes_replaced", on.source)),
        ],
      }
    })
    ctx.mailIsWaiting()
    return { codes }
  },

  async status(on) {
    const user = await subjectOf(ctx, on, read)
    const set = await readSet(ctx, user.id)
    const used = set?.codes.map(({ usedAt }) => usedAt !== null) ?? []
    return {
      left: used.filter((gone) => !gone).length,
      total: used.length,
      createdAt: set?.createdAt ?? null,
      acknowledged: set === undefined || set.acknowledgedAt !== null,
      used,
    }
  },

  async reveal(on) {
    const user = await subjectOf(ctx, on, change)
    const set = await readSet(ctx, user.id)
    const gone = set === undefined || set.copy === null || (set.copyExpiresAt ?? 0) <= ctx.now()
    if (gone || set.copy === null || set.holder !== holderOf(on.actor)) return undefined
    await requireFresh(ctx, on.actor, "recovery_codes.reveal")
    const codes = await readCopy(ctx, user.id, set.id)
    return { codes: codes.map((code, index) => ({ code, used: (set.codes[index]?.usedAt ?? null) !== null })) }
  },

  async acknowledge(on) {
    await commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, change)
      await requireFresh(ctx, on.actor, "recovery_codes.acknowledge")
      const set = await readSet(ctx, user.id)
      if (set === undefined || set.acknowledgedAt !== null) return { writes: [], result: undefined }
      const event = {
        userId: user.id,
        event: "recovery_codes.acknowledged",
        outcome: "success",
        source: on.source,
      } as const
      return { writes: [revise(user), acknowledgeSet(set.id, ctx.now()), auditWrite(ctx, event)], result: undefined }
    })
  },
})
