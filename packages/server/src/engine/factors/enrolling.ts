/** Who enrols: a session, a key, an operator for a user, or a challenge that owes an enrolment. */
import type { Context, Source } from "../context.ts"
import type { Actor, ChallengeRef, On } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { isBoundByPolicy, type Operation } from "../policy/policy.ts"
import { openChallenge, type Challenge } from "../sign-in/records.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { subjectOf } from "../step-up/subject.ts"
import type { StoredUser } from "../users/records.ts"
import { challengeHolder, holderOf } from "./holder.ts"
import { standingOf } from "./standing.ts"

export type Enrolling = {
  readonly user: StoredUser
  /** What a pending factor will belong to. */
  readonly holder: string
  readonly source: Source
  /** Either of these two. */
  readonly actor?: Actor
  readonly challenge?: Challenge
}

export type EnrollingOn = On | { readonly challenge: ChallengeRef; readonly source: Source }

/** Reads who enrols, as stored now, and refuses who may not. */
export async function readEnrolling(ctx: Context, on: EnrollingOn, operation: Operation): Promise<Enrolling> {
  if ("challenge" in on) {
    const { challenge, user } = await openChallenge(ctx, on.challenge)
    // A password alone opens the way to a first factor, never to a further one (a thief would bring his own).
    const owed = challenge.purpose === "enrol" && !(await standingOf(ctx, user.id)).hasSecondFactor
    if (!owed) throw new CountersignError("challenge_spent")
    refuseUnconfirmed(ctx, user)
    return { user, challenge, holder: challengeHolder(challenge.id), source: { ...on.source, door: challenge.door } }
  }
  const { actor, source } = on
  const user = await subjectOf(ctx, on, { service: "factors:write", self: "write" })
  await requireFresh(ctx, actor, operation)
  if (isBoundByPolicy(actor)) refuseUnconfirmed(ctx, user)
  return { user, actor, holder: holderOf(actor), source }
}

/** Whoever registered a stranger's address must not be able to lock its owner out of it. */
function refuseUnconfirmed(ctx: Context, user: StoredUser): void {
  if (ctx.settings.confirmEmail === "required" && user.email !== null && !user.emailConfirmed)
    throw new CountersignError("address_unconfirmed")
}
