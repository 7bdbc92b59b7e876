/** Who enrols: a session, a key, an operator for a user, or a challenge that owes an enrolment. */
import type { Write } from "../../store/database.ts"
import type { Context, Source } from "../context.ts"
import type { Actor, ChallengeRef, On } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { isBoundByPolicy, type Operation } from "../policy/policy.ts"
import { openChallenge, type Challenge } from "../sign-in/records.ts"
import { authorise } from "../step-up/authorisation.ts"
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
  /** What has to be committed with the operation. */
  readonly spent: readonly Write[]
}

export type EnrollingOn =
  | On
  | ({ readonly challenge: ChallengeRef; readonly source: Source } & Pick<On, "mfaToken" | "requestKey">)

/** Reads who enrols, as stored now, and refuses who may not. */
export async function readEnrolling(ctx: Context, on: EnrollingOn, operation: Operation): Promise<Enrolling> {
  const who = await readHolder(ctx, on)
  return "challenge" in on ? who : { ...who, spent: await authorise(ctx, on, operation) }
}

/** Who enrols, before it is asked whether their proof is fresh. */
export async function readHolder(ctx: Context, on: EnrollingOn): Promise<Enrolling> {
  if ("challenge" in on) {
    const { challenge, user } = await openChallenge(ctx, on.challenge)
    // A password alone opens the way to a first factor, never to a further one (a thief would bring his own).
    const owed = challenge.purpose === "enrol" && !(await standingOf(ctx, user.id)).hasSecondFactor
    if (!owed) throw new CountersignError("challenge_spent")
    refuseUnconfirmed(ctx, user)
    // There is no session yet that it could have been made in.
    if (on.mfaToken !== undefined) throw new CountersignError("mfa_token_invalid")
    const source = { ...on.source, door: challenge.door }
    return { user, challenge, holder: challengeHolder(challenge.id), source, spent: [] }
  }
  const { actor, source } = on
  const user = await subjectOf(ctx, on, { service: "factors:write", self: "write" })
  if (isBoundByPolicy(actor)) refuseUnconfirmed(ctx, user)
  return { user, actor, holder: holderOf(actor), source, spent: [] }
}

/** Whoever registered a stranger's address must not be able to lock its owner out of it. */
function refuseUnconfirmed(ctx: Context, user: StoredUser): void {
  if (ctx.settings.confirmEmail === "required" && user.email !== null && !user.emailConfirmed)
    throw new CountersignError("address_unconfirmed")
}
