/** What a challenge asks for: shown, started, put away. */
import type { Context } from "../context.ts"
import type { ChallengeRef, ChallengeView, Engine, User } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { Factor, FactorKind } from "../factors/factor.ts"
import { drawFor } from "../factors/draw.ts"
import { sentTimes } from "../factors/held.ts"
import type { Kinds } from "../factors/kinds.ts"
import { sendingWrites, sentTooOften } from "../factors/sending.ts"
import { standingOf } from "../factors/standing.ts"
import { mayEnrol, postponableUntil } from "../policy/policy.ts"
import { readUser, type StoredUser } from "../users/records.ts"
import { missingRoles } from "./levels.ts"
import { provable } from "./proving.ts"
import { abandonWrite, type Challenge, newestOpen, openChallenge } from "./records.ts"
import { readRules } from "./rules.ts"

/** A kind that can settle the challenge, or be enrolled with it. */
export type Offer = { readonly kind: FactorKind; readonly factors: readonly Factor[] }

/** What the challenge still offers, best kind first and within a kind the default factor first. */
export async function offersOf(ctx: Context, kinds: Kinds, challenge: Challenge, user: StoredUser): Promise<Offer[]> {
  const offers: Offer[] = []
  for (const kind of await candidates(ctx, kinds, challenge, user)) {
    const factors = challenge.purpose === "enrol" ? [] : await provable(ctx, kind, user.id)
    if (challenge.purpose === "enrol" || factors.length > 0) offers.push({ kind, factors: defaultFirst(factors, user) })
  }
  return offers
}

/** One kind of what the challenge offers. @throws CountersignError `kind_not_offered` */
export async function offerOf(
  ctx: Context,
  kinds: Kinds,
  challenge: Challenge,
  user: StoredUser,
  name: string,
): Promise<Offer> {
  const kind = (await candidates(ctx, kinds, challenge, user)).find((candidate) => candidate.name === name)
  const factors = kind && challenge.purpose !== "enrol" ? await provable(ctx, kind, user.id) : []
  if (kind === undefined || factors.length === 0) throw new CountersignError("kind_not_offered")
  return { kind, factors: defaultFirst(factors, user) }
}

/** The kinds whose turn it is, whether or not the user has any of them. */
async function candidates(ctx: Context, kinds: Kinds, challenge: Challenge, user: StoredUser): Promise<Kinds> {
  if (challenge.purpose === "enrol") return enrollable(ctx, kinds, user)
  // A sign-in has a challenge only because there was a factor, and dies with it (the stamp).
  const standing = challenge.purpose === "step_up" ? await standingOf(ctx, user.id) : { hasSecondFactor: true }
  const roles = missingRoles(challenge, challenge.methods, kinds, standing)
  return kinds.filter(({ role }) => roles.includes(role))
}

/** The kinds that the installation lets this user enrol, best first. */
export const enrollable = (ctx: Pick<Context, "settings">, kinds: Kinds, user: User): Kinds =>
  kinds.filter(
    (kind) =>
      kind.role === "factor" &&
      kind.begin !== undefined &&
      mayEnrol(kind.name, ctx.settings) &&
      (kind.available?.(user) ?? true),
  )

const defaultFirst = (factors: readonly Factor[], user: StoredUser): Factor[] =>
  factors.toSorted((a, b) => Number(b.id === user.defaultFactorId) - Number(a.id === user.defaultFactorId))

/** The challenge as doors may show it. */
export async function viewOf(
  ctx: Context,
  kinds: Kinds,
  challenge: Challenge,
  user: StoredUser,
): Promise<ChallengeView> {
  const offers = await offersOf(ctx, kinds, challenge, user)
  const sent = await sentTimes(ctx, challenge.id)
  return {
    id: challenge.id,
    purpose: challenge.purpose,
    door: challenge.door,
    userId: challenge.userId,
    kinds: offers.map(({ kind, factors }) => {
      const sentAt = sent.get(kind.name)
      return {
        kind: kind.name,
        factors: factors.map((factor) => kind.describe(factor, user)),
        ...(sentAt !== undefined && { sentAt }),
      }
    }),
    level: challenge.level,
    attemptsLeft: ctx.settings.challenge.attempts - challenge.attempts,
    expiresAt: challenge.expiresAt,
    returnTo: challenge.returnTo,
    postponableUntil:
      challenge.purpose === "enrol" ? postponableUntil(user, await readRules(ctx), ctx.now(), challenge) : null,
  }
}

/** After how many seconds asking for another mail makes sense. A hint for clients, not a rule. */
const resendAfterSeconds = 30

type Part = Pick<Engine["signIn"], "challenge" | "openChallengeOf" | "start" | "abandon">

export const challengesOf = (ctx: Context, kinds: Kinds): Part => ({
  async challenge(token) {
    const { challenge, user } = await openChallenge(ctx, { token })
    return viewOf(ctx, kinds, challenge, user)
  },

  async openChallengeOf(email, door) {
    const user = await readUser(ctx, { email })
    return user && (await newestOpen(ctx, user.id, door))
  },

  async start(ref, name, source) {
    const { challenge, user } = await openChallenge(ctx, ref)
    const { kind, factors } = await offerOf(ctx, kinds, challenge, user, name)
    const [first] = factors
    const hint = first && kind.describe(first, user).hint
    if (kind.challenge === undefined) return { ...(hint !== undefined && { hint }) }

    const now = ctx.now()
    const { hold, send, show } = await kind.challenge(factors, user, drawFor(ctx, challenge.id))
    const seconds = Math.ceil((challenge.expiresAt - now) / 1000)
    const writes = await sendingWrites(ctx, { user, source, ownerId: challenge.id, kind: name, seconds, hold, send })
    if (!(await ctx.database.commit(writes)).committed) throw sentTooOften(ctx)
    if (send) ctx.mailIsWaiting()
    return {
      ...(show && { show }),
      ...(hint !== undefined && { hint }),
      ...(send && { resendAfter: resendAfterSeconds }),
    }
  },

  async abandon(ref: ChallengeRef) {
    const { challenge } = await openChallenge(ctx, ref)
    await ctx.database.commit([abandonWrite(ctx, challenge.id)])
  },
})
