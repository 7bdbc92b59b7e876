/** A user's factors: enrolled in two halves, listed, named, switched, removed. */
import type { Context } from "../context.ts"
import type { Engine, On, PublicFactor } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { enrollable } from "../sign-in/challenges.ts"
import { clearTotal } from "../sign-in/lockout.ts"
import { authorise } from "../step-up/authorisation.ts"
import { subjectOf } from "../step-up/subject.ts"
import { commitGuarded, type StoredUser } from "../users/records.ts"
import { planChange } from "./changing.ts"
import { checkOf } from "./checking.ts"
import { confirmOf } from "./confirmation.ts"
import { readFactorName } from "./factor-name.ts"
import { holderOf } from "./holder.ts"
import type { Kinds } from "./kinds.ts"
import { drawFactor, kindToEnrol, pendingOf, refuseBeyondLimit } from "./pending.ts"
import {
  countPending,
  dropAllPending,
  dropPending,
  insertFactor,
  readConfirmed,
  readPending,
  removeFactor,
  type StoredFactor,
  switchOff,
  switchOn,
} from "./records.ts"
import { updateFactorOf } from "./updating.ts"

const reading = { service: "factors:read", self: "read" } as const
const changing = { service: "factors:write", self: "write" } as const

export function factorsOf(ctx: Context, kinds: Kinds): Engine["factors"] {
  const describe = (factor: StoredFactor, user: StoredUser): PublicFactor | undefined =>
    kinds.find(({ name }) => name === factor.kind)?.describe(factor, user)

  return {
    ...pendingOf(ctx, kinds),
    confirm: confirmOf(ctx, kinds),
    check: checkOf(ctx, kinds),

    async list(on, { pending = false } = {}) {
      const user = await subjectOf(ctx, on, reading)
      const holder = holderOf(on.actor)
      const waiting = pending ? await readOwnPending(ctx, kinds, on, user.id) : []
      const mine = waiting.filter((factor) => factor.holder === holder)
      return [...(await readConfirmed(ctx, user.id)), ...mine].flatMap((factor) => describe(factor, user) ?? [])
    },

    async offered(on) {
      const user = await subjectOf(ctx, on, reading)
      const confirmed = (await readConfirmed(ctx, user.id)).filter(({ state }) => state === "on")
      return enrollable(ctx, kinds, user)
        .filter(({ name, maximum }) => confirmed.filter(({ kind }) => kind === name).length < (maximum ?? Infinity))
        .map(({ name }) => name)
    },

    update: updateFactorOf(ctx, kinds),
    rename: (on, input) => updateFactorOf(ctx, kinds)(on, input),
    setDefault: async (on, { factorId }) => void (await updateFactorOf(ctx, kinds)(on, { factorId, default: true })),

    async remove(on, { factorId }) {
      const result = await commitGuarded(ctx, async () => {
        const user = await subjectOf(ctx, on, changing)
        const pending = (await readOwnPending(ctx, kinds, on, user.id)).find(({ id }) => id === factorId)
        // What was never confirmed may go without more ado: it protects nothing yet.
        if (pending)
          return { writes: [...(await authorise(ctx, on, "factors.cancel")), dropPending(pending)], result: {} }
        const before = await readConfirmed(ctx, user.id)
        const factor = findOwn(before, factorId)
        const spent = await authorise(ctx, on, "factors.remove")
        return planChange(ctx, on, {
          user,
          before,
          remaining: before.filter((other) => other !== factor),
          writes: [...spent, removeFactor(factor, ctx.now())],
          keepCodes: false,
          event: "factor.removed",
          detail: { kind: factor.kind, factor: factor.id },
          notice: { name: "factor_removed", facts: { name: factor.name, kind: factor.kind } },
        })
      })
      ctx.mailIsWaiting()
      return result
    },

    async turn(on, input) {
      const result = await commitGuarded(ctx, async () => {
        const user = await subjectOf(ctx, on, changing)
        const spent = await authorise(ctx, on, "factors.turn")
        const before = await readConfirmed(ctx, user.id)
        const turned = before.filter(({ kind, state }) => kind === input.kind && state !== input.state)
        const turnsOn = input.state === "on"
        if (turnsOn && !before.some(({ kind }) => kind === input.kind)) return { writes: spent, result: {} }
        const remaining = before.map((factor) => (turned.includes(factor) ? { ...factor, state: input.state } : factor))
        const kind = kinds.find(({ name }) => name === input.kind)
        if (
          turnsOn &&
          remaining.filter(({ kind: of, state }) => of === input.kind && state === "on").length >
            (kind?.maximum ?? Infinity)
        )
          throw new CountersignError("factor_limit_reached")
        return planChange(ctx, on, {
          user,
          before,
          remaining,
          writes: [
            ...spent,
            ...turned.map((factor) => (turnsOn ? switchOn(factor, factor.name, ctx.now()) : switchOff(factor))),
          ],
          keepCodes: true,
          event: turnsOn ? "factor.turned_on" : "factor.turned_off",
          detail: { kind: input.kind },
          notice:
            turned.length === 0
              ? undefined
              : { name: turnsOn ? "factor_added" : "factor_removed", facts: { kind: input.kind } },
        })
      })
      ctx.mailIsWaiting()
      return result
    },

    async reset(on, input) {
      if (input.kind !== undefined && !kinds.some(({ name }) => name === input.kind))
        throw new CountersignError("kind_not_offered")
      const result = await commitGuarded(ctx, async () => {
        const user = await subjectOf(ctx, on, changing)
        const spent = await authorise(ctx, on, "factors.reset")
        const before = await readConfirmed(ctx, user.id)
        const isMeant = ({ kind }: StoredFactor): boolean => input.kind === undefined || kind === input.kind
        const gone = before.filter(isMeant)
        const names = input.kind === undefined ? kinds.map(({ name }) => name) : [input.kind]
        const pending = names.map((name) => dropAllPending(user.id, name))
        const waiting = await countPending(ctx, user.id, names)
        if (gone.length + waiting === 0) return { writes: spent, result: {} }
        return planChange(ctx, on, {
          user,
          before,
          remaining: before.filter((factor) => !isMeant(factor)),
          writes: [
            ...spent,
            ...gone.map((factor) => removeFactor(factor, ctx.now())),
            ...pending,
            ...names.map((kind) => clearTotal({ userId: user.id, kind })),
          ],
          keepCodes: input.keepCodes ?? false,
          event: "factor.reset",
          detail: { kind: input.kind ?? null, count: gone.length },
          notice: gone.length === 0 ? undefined : { name: "factors_reset", facts: {} },
        })
      })
      ctx.mailIsWaiting()
      return result
    },

    async add(on, input) {
      if (on.actor.type !== "operator") throw new CountersignError("forbidden")
      const name = input.name === undefined ? undefined : readFactorName(input.name)
      const begun = await commitGuarded(ctx, async () => {
        const user = await subjectOf(ctx, on, changing)
        // An operator may prepare an account: a kind that needs a confirmed address asks again when it is used.
        const prepared = { ...user, emailConfirmed: true }
        const who = { user: prepared }
        const kind = kindToEnrol(ctx, kinds, who, input.kind)
        if (kind.selfEnrolled) throw new CountersignError("kind_not_offered")
        const confirmed = await readConfirmed(ctx, user.id)
        refuseBeyondLimit(kind, confirmed)
        const about = { name, input: { secret: input.secret }, confirmed, holder: null, expiresAt: null }
        const { factor: drawn, show } = await drawFactor(ctx, kind, who, about)
        const factor: StoredFactor = { ...drawn, state: "on", confirmedAt: ctx.now() }
        const { writes } = await planChange(ctx, on, {
          user,
          before: confirmed,
          remaining: [...confirmed, factor],
          writes: [
            await insertFactor(ctx, factor),
            dropAllPending(user.id, kind.name),
            clearTotal({ userId: user.id, kind: kind.name }),
          ],
          keepCodes: true,
          event: "factor.added",
          detail: { kind: kind.name, factor: factor.id },
          notice: { name: "factor_added", facts: { name: factor.name, kind: kind.name } },
        })
        return { writes, result: { factor: kind.describe(factor, user), show, expiresAt: null } }
      })
      ctx.mailIsWaiting()
      return begun
    },
  }
}

function findOwn(factors: readonly StoredFactor[], id: string): StoredFactor {
  const factor = factors.find((candidate) => candidate.id === id)
  if (factor === undefined) throw new CountersignError("not_found")
  return factor
}

/** The pending factors that the acting holder may confirm or give up, newest first within a kind. */
async function readOwnPending(ctx: Context, kinds: Kinds, on: On, userId: string): Promise<StoredFactor[]> {
  const about = { userId, holder: holderOf(on.actor), now: ctx.now() }
  const found = await Promise.all(kinds.map(({ name }) => readPending(ctx, { ...about, kind: name })))
  return found.flat()
}
