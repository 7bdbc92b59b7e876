/**
 * Limits on guessing. Failures are counted in the database for each account and class, so that every node, session
 * and challenge shares them; they are counted when an answer is settled, and what would succeed is guarded by the
 * wait that meanwhile began, so that a hundred guesses at once gain no more than five in a row.
 */
import { any, one, sql, type Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Source } from "../context.ts"
import type { User } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { FactorKind } from "../factors/factor.ts"
import { addressKey } from "../users/addresses.ts"
import type { StoredUser } from "../users/records.ts"

/** What failures count to, and what follows from them. Seconds. */
export type Tally = {
  readonly subject: string
  readonly class: string
  readonly rule: { readonly failures: number; readonly seconds: number; readonly maximumSeconds: number }
}

/** The longest lock of a password. */
const longestLockSeconds = 3600
/** After so many doublings nothing grows any more. */
const mostDoublings = 20

type Counting = Pick<Context, "settings" | "vault">

/**
 * Failures of the password of an identifier, known or not: kept under a keyed hash of its one spelling, so that an
 * unknown address locks as a known one does, and the table names nobody.
 */
export function passwordTally(ctx: Counting, identifier: string): Tally {
  const spelling = addressKey(identifier) ?? identifier.slice(0, 320).normalize("NFKC").trim().toLowerCase()
  return {
    subject: ctx.vault.hash(spelling.toWellFormed(), "identifier"),
    class: "password",
    rule: lockRule(ctx.settings),
  }
}

function lockRule({ lockout }: Context["settings"]): Tally["rule"] {
  const { attempts, seconds, grows } = lockout
  return { failures: attempts, seconds, maximumSeconds: grows ? Math.max(seconds, longestLockSeconds) : seconds }
}

/**
 * Failures of the password from a device that its owner made known: strangers who lock the account lock themselves out,
 * and not this browser (OWASP, Slow Down Online Guessing Attacks with Device Cookies).
 */
export const deviceTally = (ctx: Pick<Context, "settings">, deviceId: string): Tally => ({
  subject: `device:${deviceId}`,
  class: "password",
  rule: lockRule(ctx.settings),
})

/** Failures of a kind for a user that has passed the first step, or is signed in. */
export function kindTally(ctx: Counting, user: Pick<StoredUser, "id" | "emailKey">, kind: FactorKind): Tally {
  const { lockout, factorWaits } = ctx.settings
  const ofPassword = passwordTally(ctx, user.emailKey ?? user.id)
  if (lockout.sharedWithFactors && kind.failureClass !== "passkey") return ofPassword
  // Strangers' failures at the sign-in form must not keep a signed-in person from proving who they are.
  if (kind.failureClass === "password") return { ...ofPassword, subject: user.id }
  const { afterFailures, seconds, maximumSeconds } = factorWaits
  return { subject: user.id, class: kind.failureClass, rule: { failures: afterFailures, seconds, maximumSeconds } }
}

/** Wrong codes while enrolling: slowed down like others, but never held against the factors that are on. */
export const enrolmentTally = (ctx: Counting, user: Pick<StoredUser, "id">): Tally => {
  const { afterFailures, seconds, maximumSeconds } = ctx.settings.factorWaits
  return { subject: user.id, class: "enrolment", rule: { failures: afterFailures, seconds, maximumSeconds } }
}

/** @throws CountersignError `too_many_attempts` while a lock or a wait lasts. */
export async function refuseWhileBlocked(ctx: Context, tally: Tally): Promise<void> {
  const [row] = await ctx.database.query<{ blocked_until: number; total: number }>(sql`
    select blocked_until, total from failures where subject = ${tally.subject} and class = ${tally.class}`)
  if (row === undefined) return
  const left = row.blocked_until - ctx.now()
  if (left > 0) throw new CountersignError("too_many_attempts", { retryAfter: Math.ceil(left / 1000) })
  if (endsForGood(ctx, tally) && row.total >= ctx.settings.factorWaits.deadAfter)
    throw new CountersignError("too_many_attempts", { retryAfter: longestLockSeconds })
}

/**
 * NIST SP 800-63B-4, 3.2.2 ends a password too after a hundred failures in a row; a reset by mail brings it back.
 * Elsewhere only codes end: strangers could end anybody's password.
 */
const endsForGood = ({ settings }: Pick<Context, "settings">, tally: Tally): boolean =>
  settings.profile === "nist-aal2" && tally.class === "password"

/** The guard that a success commits with: fails when a lock or a wait has begun since it was looked for. */
export const notBlocked = (tally: Tally, now: number): Write => ({
  statement: sql`
    update failures set last_at = last_at
    where subject = ${tally.subject} and class = ${tally.class} and blocked_until > ${now}`,
  rows: 0,
})

/** A success takes its own failures away, and nobody else's (NIST SP 800-63B-4, 3.2.2). */
export const clearTally = (tally: Pick<Tally, "subject" | "class">): Write =>
  any(sql`delete from failures where subject = ${tally.subject} and class = ${tally.class}`)

/** Counts one failure; at the limit a lock begins, twice as long as the one before, and the count starts anew. */
const countFailure = (tally: Tally, now: number): Write => {
  const { failures, seconds, maximumSeconds } = tally.rule
  const first = seconds * 1000
  const longest = maximumSeconds * 1000
  const locksAtOnce = failures <= 1
  return one(sql`
    insert into failures (subject, class, count, total, waits, blocked_until, last_at)
    values (${tally.subject}, ${tally.class}, ${locksAtOnce ? 0 : 1}, 1, ${locksAtOnce ? 1 : 0},
      ${locksAtOnce ? now + first : 0}, ${now})
    on conflict (subject, class) do update set
      count = case when failures.count + 1 >= ${failures} then 0 else failures.count + 1 end,
      total = failures.total + 1,
      waits = case when failures.count + 1 >= ${failures} and failures.waits < ${mostDoublings}
        then failures.waits + 1 else failures.waits end,
      blocked_until = case
        when failures.count + 1 < ${failures} then failures.blocked_until
        when (cast(${first} as bigint) << cast(failures.waits as integer)) < ${longest}
          then ${now} + (cast(${first} as bigint) << cast(failures.waits as integer))
        else ${now + longest} end,
      last_at = ${now}
    returning count, blocked_until`)
}

/** Failures of one kind since its last success: at the limit the kind is dead until it is bound anew. */
type KindTotal = { readonly userId: string; readonly kind: string }

const totalClass = (kind: string): string => `kind:${kind}`

const countTotal = ({ userId, kind }: KindTotal, now: number): Write =>
  one(sql`
    insert into failures (subject, class, count, total, waits, blocked_until, last_at)
    values (${userId}, ${totalClass(kind)}, 0, 1, 0, 0, ${now})
    on conflict (subject, class) do update set total = failures.total + 1, last_at = ${now}
    returning total`)

export const clearTotal = ({ userId, kind }: KindTotal): Write =>
  clearTally({ subject: userId, class: totalClass(kind) })

/** Whether the kind had its hundred failures without a success (NIST SP 800-63B-4, 3.2.2: at most 100). */
export async function isDead(ctx: Context, { userId, kind }: KindTotal): Promise<boolean> {
  const [row] = await ctx.database.query<{ total: number }>(sql`
    select total from failures where subject = ${userId} and class = ${totalClass(kind)}`)
  return row !== undefined && row.total >= ctx.settings.factorWaits.deadAfter
}

/**
 * Settles a failed answer: counts it, records it, and tells the account's owner once when a lock begins.
 * `retryAfter` is set when this failure began one.
 */
export async function settleFailure(
  ctx: Context,
  failure: {
    tally: Tally
    /** Also counts towards the end of the kind. */
    total?: KindTotal | undefined
    user: Pick<User, "id" | "email" | "locale"> | undefined
    event: string
    kind: string
    source: Source
    /** Further writes, a mail for example. */
    writes?: readonly Write[]
    /** Where a mail about a lock leads. */
    link?: string
    /** No mail when a lock begins. */
    quiet?: boolean
  },
): Promise<{ retryAfter?: number }> {
  const { tally, user, source } = failure
  const now = ctx.now()
  const audit = (event: string): Write =>
    auditWrite(ctx, { userId: user?.id ?? null, event, outcome: "failure", source, detail: { kind: failure.kind } })
  const outcome = await ctx.database.commit([
    countFailure(tally, now),
    failure.total ? countTotal(failure.total, now) : any(sql`update failures set total = total where subject = ''`),
    audit(failure.event),
    ...(failure.writes ?? []),
  ])
  if (!outcome.committed) throw new Error("a failure could not be counted")
  const counted = outcome.rows[0]?.[0] as { count: number; blocked_until: number } | undefined
  const locked = counted?.count === 0 && counted.blocked_until > now
  const died = outcome.rows[1]?.[0]?.["total"] === ctx.settings.factorWaits.deadAfter
  if (user !== undefined && !failure.quiet && (locked || died)) {
    const ofPassword = tally.class === "password"
    const until = locked ? (counted?.blocked_until ?? null) : null
    const facts = { kind: failure.kind, dead: died ? 1 : 0, until, link: failure.link ?? null }
    const notice = ofPassword ? "account_locked" : "factor_locked"
    await ctx.database.commit([
      audit(ofPassword ? "account.locked" : "factor.locked"),
      ...(await noticeWrites(ctx, user, notice, source, facts)),
    ])
  }
  if (user !== undefined && (locked || died || failure.writes?.length)) ctx.mailIsWaiting()
  return locked ? { retryAfter: Math.ceil(((counted?.blocked_until ?? now) - now) / 1000) } : {}
}
