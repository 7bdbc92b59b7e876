/** An answer to a challenge: an attempt is taken, the kind is asked, and what it says is settled. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Source } from "../context.ts"
import type { Engine, Method, SignIn } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { FactorKind } from "../factors/factor.ts"
import { readHeld } from "../factors/held.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { planUsedNotice } from "../recovery-codes/used-notice.ts"
import { publicUser, type StoredUser } from "../users/records.ts"
import { offerOf, viewOf } from "./challenges.ts"
import { missingRoles } from "./levels.ts"
import { clearTally, clearTotal, isDead, kindTally, notBlocked, refuseWhileBlocked, settleFailure } from "./lockout.ts"
import { type Judged, judge } from "./proving.ts"
import { planRaise } from "./raise.ts"
import { addMethods, type Challenge, openChallenge, takeAttempt } from "./records.ts"

type Input = Parameters<Engine["signIn"]["answer"]>[0]
type Proved = Extract<Judged, { proved: unknown }>["proved"]

/** An open challenge that is answered. */
export type Answering = {
  readonly challenge: Challenge
  readonly user: StoredUser
  /** The challenge's own. Left out where it was named by its id: a stranger may have found that. */
  readonly token?: string | undefined
  /** Who proves it has a session, so that failures may end a factor though no token came along. */
  readonly inSession?: boolean
  /** Written together with the attempt: the challenge itself, where it is opened for this one answer. */
  readonly opening?: readonly Write[]
  /** What stands or falls with the success. */
  readonly alongside?: (methods: readonly Method[]) => readonly Write[]
}

/** What one answer is about, read before the kind is asked. */
type Asked = Answering & {
  readonly kind: FactorKind
  readonly source: Source
  /** Which attempt of the challenge this is. */
  readonly attempt: number
}

export const answerOf =
  (ctx: Context, kinds: Kinds): Engine["signIn"]["answer"] =>
  async (input, source) => {
    const open = await openChallenge(ctx, input.challenge)
    const token = "token" in input.challenge ? input.challenge.token : undefined
    return answerOpen(ctx, kinds, { ...open, token }, input, source)
  }

/** Takes an attempt of a challenge that is open, asks the kind, and settles. */
export async function answerOpen(
  ctx: Context,
  kinds: Kinds,
  open: Answering,
  input: Omit<Input, "challenge">,
  source: Source,
): Promise<SignIn> {
  const { challenge, user } = open
  const offer = await offerOf(ctx, kinds, challenge, user, input.kind)
  const { kind } = offer
  const factors = offer.factors.filter(({ id }) => input.factorId === undefined || id === input.factorId)
  if (factors.length === 0) throw new CountersignError("not_found")
  const answer = kind.read(input.answer, factors)
  await refuseWhileBlocked(ctx, kindTally(ctx, user, kind))

  const asked = { ...open, kind, source, attempt: await attemptOf(ctx, open) }
  const dead = await isDead(ctx, { userId: user.id, kind: kind.name })
  const held = await readHeld(ctx, challenge.id, kind.name)
  const judged = await judge(kind, factors, answer, { held, ownerId: challenge.id, now: ctx.now() })
  if (dead) return fail(ctx, asked, { wrong: "no_match" }, "factor_dead")
  if ("wrong" in judged) return fail(ctx, asked, judged)
  return succeed(ctx, kinds, asked, judged.proved, input)
}

/** In a commit of its own: whatever happens to the answer, the attempt is gone. */
async function attemptOf(ctx: Context, { challenge, opening = [] }: Answering): Promise<number> {
  const outcome = await ctx.database.commit([...opening, takeAttempt(ctx, challenge.id)])
  if (!outcome.committed) throw new CountersignError("challenge_spent")
  return Number(outcome.rows.at(-1)?.[0]?.["attempts"])
}

async function succeed(
  ctx: Context,
  kinds: Kinds,
  asked: Asked,
  proved: Proved,
  input: Omit<Input, "challenge">,
): Promise<SignIn> {
  const { challenge, kind, source, token, alongside } = asked
  const tally = kindTally(ctx, asked.user, kind)
  const now = ctx.now()
  // The guards come first: of all that tell a loser why, the wait is told before the code.
  const spend = [notBlocked(tally, now), ...proved.spend]
  const forgive = [clearTotal({ userId: asked.user.id, kind: kind.name }), clearTally(tally)]
  // A spent code is not made anew by itself: its owner is told.
  const told = kind.role === "fallback" ? await planUsedNotice(ctx, asked.user, source) : undefined
  const user = told ? { ...asked.user, revision: asked.user.revision + 1 } : asked.user

  const methods = [...challenge.methods, ...proved.methods]
  if (missingRoles(challenge, methods, kinds, await standingOf(ctx, user.id)).length > 0) {
    const writes = [...spend, addMethods(ctx, challenge, proved.methods), ...forgive, ...(told?.writes ?? [])]
    await commitOrFail(ctx, asked, writes, spend.length)
    const further = { ...challenge, methods, attempts: asked.attempt }
    return {
      status: "second_factor",
      user: publicUser(user),
      challenge: await viewOf(ctx, kinds, further, user),
      token: token ?? "",
    }
  }

  const rememberDevice = input.rememberDevice === true && kind.role === "factor"
  const { persistent } = input
  const raise = await planRaise(ctx, { challenge, user, methods: proved.methods, source, rememberDevice, persistent })
  const further = [...forgive, ...(told?.writes ?? []), ...(alongside?.(proved.methods) ?? [])]
  await commitOrFail(ctx, asked, [...spend, ...raise.writes, ...further], spend.length)
  ctx.mailIsWaiting()
  return { ...raise.result, ...(told && { recoveryCodesLeft: told.left }) }
}

/** Commits a success. A lost guard is a wait that began, a code that another answer spent, or a settled challenge. */
async function commitOrFail(ctx: Context, asked: Asked, writes: readonly Write[], spends: number): Promise<void> {
  const outcome = await ctx.database.commit(writes)
  if (outcome.committed) return
  if (outcome.failed === 0) await refuseWhileBlocked(ctx, kindTally(ctx, asked.user, asked.kind))
  if (outcome.failed < spends) await fail(ctx, asked, { wrong: "used" })
  throw new CountersignError("challenge_spent")
}

/**
 * A wrong answer counts once it is settled. A code that was right but spent already counts for the challenge alone:
 * it tells a guesser nothing, and racers must not lock out their winner. Only a proven session hears the difference.
 */
async function fail(
  ctx: Context,
  asked: Asked,
  judged: Extract<Judged, { wrong: string }>,
  reason?: "factor_dead",
): Promise<never> {
  const { user, kind, source, attempt, challenge } = asked
  const provenSession = challenge.purpose === "step_up"
  const signsIn = challenge.purpose === "sign_in"
  const event = signsIn ? "sign_in.second_factor" : "step_up.answer"
  // Once a challenge: who knows the password and fails here is either its owner or has to be told of.
  const notice = signsIn && attempt === 1 && challenge.methods.some((method) => method.kind === "password")
  const writes = notice ? await noticeWrites(ctx, user, "second_factor_failed", source, { kind: kind.name }) : []
  if (judged.suspicion !== undefined) {
    const detail = { kind: kind.name }
    writes.push(auditWrite(ctx, { userId: user.id, event: judged.suspicion, outcome: "failure", source, detail }))
  }
  if (judged.wrong === "used") {
    const detail = { kind: kind.name, used: true }
    const audit = auditWrite(ctx, { userId: user.id, event, outcome: "failure", source, detail })
    await ctx.database.commit([audit, ...writes])
    if (writes.length > 0) ctx.mailIsWaiting()
    const attemptsLeft = ctx.settings.challenge.attempts - attempt
    throw new CountersignError(provenSession ? "code_already_used" : "code_incorrect", { attemptsLeft })
  }
  const tally = kindTally(ctx, user, kind)
  const total = asked.token !== undefined || asked.inSession ? { userId: user.id, kind: kind.name } : undefined
  const { retryAfter } = await settleFailure(ctx, { tally, total, user, event, kind: kind.name, source, writes })
  // Where password and codes share one count the failure that reaches the limit already says so.
  if (retryAfter !== undefined && tally.class === "password")
    throw new CountersignError("too_many_attempts", { retryAfter })
  const left = { attemptsLeft: ctx.settings.challenge.attempts - attempt }
  if (kind.role === "primary") throw new CountersignError("credentials_incorrect", left)
  if (!provenSession) throw new CountersignError("code_incorrect", left)
  if (reason) throw new CountersignError(reason)
  const { clockOffSeconds } = judged
  throw new CountersignError("code_incorrect", { ...left, ...(clockOffSeconds !== undefined && { clockOffSeconds }) })
}
