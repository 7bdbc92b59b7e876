/**
 * The second half of an enrolment: the first right code makes a pending factor count. Recovery codes, the end of
 * everything that the old state had earned, and the session that follows stand in the same commit, or nothing does.
 */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Plan } from "../context.ts"
import type { Confirmed, Engine, Method } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { planCodes } from "../recovery-codes/recovery-codes.ts"
import { countLeft } from "../recovery-codes/records.ts"
import { planFresh, planStampChange } from "../sessions/sessions.ts"
import { clearTally, clearTotal, enrolmentTally, refuseWhileBlocked, settleFailure } from "../sign-in/lockout.ts"
import { type Judged, judge } from "../sign-in/proving.ts"
import { planRaise } from "../sign-in/raise.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { commitGuarded, revise, type StoredUser } from "../users/records.ts"
import { type Enrolling, readEnrolling } from "./enrolling.ts"
import type { FactorKind } from "./factor.ts"
import { readFactorName } from "./factor-name.ts"
import { readHeld } from "./held.ts"
import { sessionHolder } from "./holder.ts"
import type { Kinds } from "./kinds.ts"
import { kindToEnrol, refuseBeyondLimit } from "./pending.ts"
import { dropAllPending, readConfirmed, readPending, type StoredFactor, switchOn } from "./records.ts"

type Confirm = Engine["factors"]["confirm"]
type Input = Parameters<Confirm>[1]
type Found = { readonly factor: StoredFactor; readonly methods: readonly Method[]; readonly spend: readonly Write[] }

export const confirmOf =
  (ctx: Context, kinds: Kinds): Confirm =>
  async (on, input) => {
    const name = input.name === undefined ? undefined : readFactorName(input.name)
    const confirmed = await commitGuarded(ctx, async () => {
      const who = await readEnrolling(ctx, on, "factors.confirm")
      const kind = kindToEnrol(ctx, kinds, who, input.kind)
      const found = await findConfirmed(ctx, kind, who, input)
      if (found.factor.state === "off" && who.actor) await requireFresh(ctx, who.actor, "factors.turn")
      return planConfirmed(ctx, kind, who, { ...found, name: name ?? found.factor.name }, input)
    })
    ctx.mailIsWaiting()
    return confirmed
  }

/** Tries the code against everything that it could confirm. */
async function findConfirmed(ctx: Context, kind: FactorKind, who: Enrolling, input: Input): Promise<Found> {
  const { user } = who
  const candidates = await candidatesOf(ctx, kind, who, input.factorId)
  if (candidates.length === 0) throw new CountersignError("enrolment_expired")
  const answer = kind.read(input.answer, candidates)
  const tally = enrolmentTally(ctx, user)
  await refuseWhileBlocked(ctx, tally)

  let worst: Extract<Judged, { wrong: string }> = { wrong: "no_match" }
  let found: Found | undefined
  for (const factor of candidates) {
    const held = await readHeld(ctx, factor.id, kind.name)
    const judged = await judge(kind, [factor], answer, { held, ownerId: factor.id, now: ctx.now() })
    if ("proved" in judged) found ??= { factor, methods: judged.proved.methods, spend: judged.proved.spend }
    else if (judged.wrong === "used" || judged.clockOffSeconds !== undefined) worst = judged
  }
  if (found) return found
  const event = { tally, user, event: "factor.confirmed", kind: kind.name, source: who.source, quiet: true }
  if (worst.wrong === "no_match") await settleFailure(ctx, event)
  if (worst.wrong === "used") throw new CountersignError("code_already_used")
  const { clockOffSeconds } = worst
  throw new CountersignError("code_incorrect", clockOffSeconds === undefined ? {} : { clockOffSeconds })
}

/** The holder's newest pending ones, the user's one, and what was switched off but kept. */
async function candidatesOf(ctx: Context, kind: FactorKind, who: Enrolling, factorId: string | undefined) {
  const { user, holder } = who
  const pending = await readPending(ctx, { userId: user.id, kind: kind.name, holder, now: ctx.now() })
  const mine = pending.filter((factor) => factor.holder === holder).slice(0, ctx.settings.pendingFactor.maximum)
  const users = pending.filter((factor) => factor.holder === null)
  const kept = (await readConfirmed(ctx, user.id)).filter(({ state, kind: of }) => state === "off" && of === kind.name)
  const all = [...mine, ...users, ...(who.actor ? kept : [])]
  return factorId === undefined ? all : all.filter(({ id }) => id === factorId)
}

async function planConfirmed(
  ctx: Context,
  kind: FactorKind,
  who: Enrolling,
  { factor, name, methods, spend }: Found & { name: string },
  { rememberDevice, copySeconds }: Pick<Input, "rememberDevice" | "copySeconds">,
): Promise<Plan<Confirmed>> {
  const { user, actor, source } = who
  const now = ctx.now()
  const confirmed = await readConfirmed(ctx, user.id)
  refuseBeyondLimit(kind, confirmed)
  const first = confirmed.every(({ state }) => state !== "on")

  const session = actor?.type === "session" ? actor.session : undefined
  const change = planStampChange(ctx, user, { keepSessionId: session?.id })
  const defaultFactorId = user.defaultFactorId ?? factor.id
  const revised: StoredUser = { ...user, securityStamp: change.stamp, revision: user.revision + 1, defaultFactorId }
  // The loser of two changes at once is told by the first write, before anything else.
  const changes = [revise(user, { stamp: change.stamp, defaultFactorId }), ...spend, switchOn(factor, name, now)]
  const settled = await planSettled(ctx, who, {
    revised,
    methods,
    rememberDevice,
    between: [...changes, ...change.writes],
  })

  const codes =
    first && (await owesCodes(ctx, user.id))
      ? await planCodes(ctx, user.id, settled.holder, { copySeconds })
      : undefined
  const detail = { kind: kind.name, factor: factor.id, first }
  return {
    writes: [
      ...settled.writes,
      dropAllPending(user.id, kind.name),
      ...(codes?.writes ?? []),
      clearTally(enrolmentTally(ctx, user)),
      // Bound anew: failures against the one that was lost are not held against this one.
      clearTotal({ userId: user.id, kind: kind.name }),
      auditWrite(ctx, { userId: user.id, event: "factor.confirmed", outcome: "success", source, detail }),
      ...(await noticeWrites(ctx, user, "factor_added", source, { name, kind: kind.name })),
    ],
    result: {
      factor: kind.describe(
        { ...factor, name, state: "on", confirmedAt: factor.confirmedAt ?? now, lastUsedAt: now },
        user,
      ),
      ...(codes && { recoveryCodes: codes.codes }),
      ...settled.result,
    },
  }
}

const owesCodes = async (ctx: Context, userId: string): Promise<boolean> =>
  ctx.settings.recoveryCodes.offered && (await countLeft(ctx, userId)) === 0

/** What becomes of who enrolled: a challenge gives a session, a session is proved afresh, others go on as they are. */
async function planSettled(
  ctx: Context,
  who: Enrolling,
  about: {
    revised: StoredUser
    methods: readonly Method[]
    rememberDevice: boolean | undefined
    between: readonly Write[]
  },
): Promise<Plan<Pick<Confirmed, "signIn" | "token">> & { holder: string }> {
  const { actor, challenge, source, holder } = who
  const { revised, methods, rememberDevice, between } = about
  if (challenge) {
    const raise = await planRaise(ctx, { challenge, user: revised, methods, source, rememberDevice, between })
    return { writes: raise.writes, result: { signIn: raise.result }, holder: sessionHolder(raise.result.session.id) }
  }
  if (actor?.type !== "session") return { writes: between, result: {}, holder }
  const fresh = planFresh(ctx, actor.session, { methods })
  return { writes: [...between, ...fresh.writes], result: { token: fresh.result.token }, holder }
}
