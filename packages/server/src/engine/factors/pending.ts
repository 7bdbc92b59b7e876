/** The first half of an enrolment: a key is made and shown, and nothing that is on is touched. */
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Begun, Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { maySeeLiveKey } from "../policy/policy.ts"
import { enrollable } from "../sign-in/challenges.ts"
import { madeBefore, noteMade, type Request } from "../repeats.ts"
import { refuseLostToken } from "../step-up/authorisation.ts"
import { newId } from "../tokens.ts"
import { commitGuarded } from "../users/records.ts"
import { drawFor } from "./draw.ts"
import { type Enrolling, type EnrollingOn, readEnrolling, readHolder } from "./enrolling.ts"
import type { FactorKind } from "./factor.ts"
import { freeName, readFactorName } from "./factor-name.ts"
import type { Kinds } from "./kinds.ts"
import {
  dropPending,
  handleOfOnlyPending,
  insertFactor,
  readConfirmed,
  readPending,
  type StoredFactor,
} from "./records.ts"
import { sendingWrites, sentTooOften } from "./sending.ts"

type Part = Pick<Engine["factors"], "begin" | "reveal">

export const pendingOf = (ctx: Context, kinds: Kinds): Part => ({
  async begin(on: EnrollingOn, input) {
    const name = input.name === undefined ? undefined : readFactorName(input.name)
    const read = async () => {
      const who = await readEnrolling(ctx, on, "factors.begin")
      return { who, kind: kindToEnrol(ctx, kinds, who, input.kind) }
    }
    if (input.oneForUser)
      return commitGuarded(ctx, async () => {
        const { who, kind } = await read()
        return decideOnly(ctx, kind, who, name)
      })
    const before = await begunBefore(ctx, kinds, on, input.kind)
    if (before) return before
    const { who, kind } = await read()
    const begun = await beginNew(ctx, kind, who, { name, input: input.input, requestKey: on.requestKey })
    return begun ?? (await begunBefore(ctx, kinds, on, input.kind)) ?? refuseConflict()
  },

  async reveal(on, input) {
    const who = await readEnrolling(ctx, on, "factors.reveal")
    const { user, actor } = who
    const kind = kinds.find(({ name }) => name === input.kind)
    if (kind?.reveal === undefined) throw new CountersignError("kind_not_offered")
    const [pending] = await readPending(ctx, { userId: user.id, kind: kind.name, holder: who.holder, now: ctx.now() })
    const confirmed = pending ? [] : (await readConfirmed(ctx, user.id)).filter((factor) => factor.kind === kind.name)
    const live = actor && maySeeLiveKey(actor, ctx.settings) ? confirmed.find(({ state }) => state === "on") : undefined
    const found = pending ?? live ?? confirmed.find(({ state }) => state === "off")
    return found && shownAgain(kind, found, who)
  },
})

/** @throws CountersignError `kind_not_offered`, also where the kind does not fit this user. */
export function kindToEnrol(ctx: Context, kinds: Kinds, who: Pick<Enrolling, "user">, name: string): FactorKind {
  const kind = enrollable(ctx, kinds, who.user).find((candidate) => candidate.name === name)
  if (kind === undefined) throw new CountersignError("kind_not_offered")
  return kind
}

const shownAgain = (kind: FactorKind, factor: StoredFactor, { user }: Enrolling): Begun => ({
  factor: kind.describe(factor, user),
  show: kind.reveal?.(factor, user) ?? {},
  expiresAt: factor.expiresAt,
})

/** @throws CountersignError `factor_limit_reached` */
export function refuseBeyondLimit(kind: FactorKind, confirmed: readonly StoredFactor[]): void {
  const on = confirmed.filter((factor) => factor.kind === kind.name && factor.state === "on")
  if (kind.maximum !== undefined && on.length >= kind.maximum) throw new CountersignError("factor_limit_reached")
}

/** Makes what the kind wants kept, as a factor that is not stored yet. */
export async function drawFactor(
  ctx: Context,
  kind: FactorKind,
  who: Pick<Enrolling, "user">,
  about: {
    name: string | undefined
    input: unknown
    confirmed: readonly StoredFactor[]
    holder: string | null
    expiresAt: number | null
  },
) {
  const id = newId(ctx)
  const now = ctx.now()
  const owned = about.confirmed.filter((factor) => factor.kind === kind.name)
  const begun = await kind.begin?.(who.user, about.input, drawFor(ctx, id), owned)
  if (begun === undefined) throw new CountersignError("kind_not_offered")
  const { record } = begun
  const taken = about.confirmed.map(({ name }) => name)
  const factor: StoredFactor = {
    id,
    userId: who.user.id,
    kind: kind.name,
    name: about.name ?? freeName(record.name ?? kind.name, taken),
    state: "pending",
    data: record.data,
    counter: record.counter ?? 0,
    handle: record.handle ?? null,
    holder: about.holder,
    createdAt: now,
    confirmedAt: null,
    lastUsedAt: null,
    expiresAt: about.expiresAt,
  }
  return { ...begun, factor }
}

const refuseConflict = (): never => {
  throw new CountersignError("conflict")
}

const beginning = (who: Enrolling, kind: FactorKind, requestKey: string | undefined): Request => ({
  holder: who.holder,
  operation: `factors.begin:${kind.name}`,
  // What can't be shown again is begun anew.
  requestKey: kind.reveal ? requestKey : undefined,
})

/** What the same request began a moment ago, shown again; undefined for a new one. */
async function begunBefore(ctx: Context, kinds: Kinds, on: EnrollingOn, name: string): Promise<Begun | undefined> {
  const kind = kinds.find((candidate) => candidate.name === name)
  if (on.requestKey === undefined || kind === undefined) return undefined
  const who = await readHolder(ctx, on)
  const made = await madeBefore(ctx, beginning(who, kind, on.requestKey))
  if (made === undefined) return undefined
  const about = { userId: who.user.id, kind: name, holder: who.holder, now: ctx.now() }
  const factor = (await readPending(ctx, about)).find(({ id }) => id === made)
  return factor ? shownAgain(kind, factor, who) : refuseConflict()
}

/**
 * A pending factor of the holder's own; undefined where the same request won meanwhile. A few may wait at once; a further
 * one takes the place of the oldest.
 */
async function beginNew(
  ctx: Context,
  kind: FactorKind,
  who: Enrolling,
  about: { name: string | undefined; input: unknown; requestKey: string | undefined },
): Promise<Begun | undefined> {
  const { user, holder, source } = who
  const confirmed = await readConfirmed(ctx, user.id)
  refuseBeyondLimit(kind, confirmed)
  const { seconds, maximum } = ctx.settings.pendingFactor
  const expiresAt = ctx.now() + seconds * 1000
  const { factor, show, hold, send } = await drawFactor(ctx, kind, who, { ...about, confirmed, holder, expiresAt })

  const pending = await readPending(ctx, { userId: user.id, kind: kind.name, holder, now: ctx.now() })
  const tooMany = pending.filter((other) => other.holder === holder).slice(maximum - 1)
  const sending = await sendingWrites(ctx, { user, source, ownerId: factor.id, kind: kind.name, seconds, hold, send })
  const noted = await noteMade(ctx, beginning(who, kind, about.requestKey), factor.id)
  const outcome = await ctx.database.commit([
    ...noted,
    ...who.spent,
    ...sending,
    ...tooMany.map(dropPending),
    await insertFactor(ctx, factor),
    auditWrite(ctx, begunEvent(factor, who)),
  ])
  if (!outcome.committed) {
    if (outcome.failed < noted.length) return undefined
    refuseLostToken(who.spent, outcome.failed - noted.length)
    throw sending.length > 0 ? sentTooOften(ctx) : new CountersignError("conflict")
  }
  if (send) ctx.mailIsWaiting()
  return { factor: kind.describe(factor, user), show, expiresAt }
}

/** The user's one pending factor, shown again until it is used; made when there is none. */
async function decideOnly(ctx: Context, kind: FactorKind, who: Enrolling, name: string | undefined) {
  if (kind.reveal === undefined) throw new TypeError(`${kind.name} can't be shown again`)
  const { user } = who
  const confirmed = await readConfirmed(ctx, user.id)
  if (confirmed.some((factor) => factor.kind === kind.name && factor.state === "on"))
    throw new CountersignError("already_enrolled")
  const waiting = await readPending(ctx, { userId: user.id, kind: kind.name, holder: "", now: ctx.now() })
  const [only] = waiting
  if (only) return { writes: who.spent, result: shownAgain(kind, only, who) }

  const drawn = await drawFactor(ctx, kind, who, { name, input: undefined, confirmed, holder: null, expiresAt: null })
  const factor = { ...drawn.factor, handle: handleOfOnlyPending(kind.name, user.id) }
  return {
    writes: [...who.spent, await insertFactor(ctx, factor), auditWrite(ctx, begunEvent(factor, who))],
    result: { factor: kind.describe(factor, user), show: drawn.show, expiresAt: null },
  }
}

const begunEvent = (factor: StoredFactor, { source }: Enrolling) =>
  ({
    userId: factor.userId,
    event: "factor.begun",
    outcome: "success",
    source,
    detail: { kind: factor.kind, factor: factor.id },
  }) as const
