import type { Context, Source } from "../context.ts"
import type { Actor, Method } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { isFresh, provesByPassword } from "../policy/policy.ts"
import { clearTally, passwordTally, refuseWhileBlocked, settleFailure, type Tally } from "../sign-in/lockout.ts"
import { verifyPassword } from "./passwords.ts"
import type { StoredUser } from "./records.ts"

/**
 * Checks the password of somebody who is signed in, under a limit: a stolen session must not become a way to guess it.
 * @throws CountersignError `credentials_incorrect`, or `too_many_attempts` while the limit holds.
 */
export async function proveCurrentPassword(
  ctx: Context,
  user: StoredUser,
  current: unknown,
  source: Source,
): Promise<void> {
  if (typeof current !== "string") throw new CountersignError("input_invalid", { field: "current" })
  const tally = currentPasswordTally(ctx, user)
  await refuseWhileBlocked(ctx, tally)
  if (await verifyPassword(ctx, user, current)) {
    await ctx.database.commit([clearTally(tally)])
    return
  }
  await settleFailure(ctx, { tally, user, event: "password.proof", kind: "password", source })
  throw new CountersignError("credentials_incorrect", { field: "current" })
}

/**
 * The actor as the current password proves it, where one came along, and that proof. A session whose door has no way
 * to step up has to bring it, and there is no way round but, with `secondFactorWill`, a second factor just proved.
 */
export async function proveWithPassword(
  ctx: Context,
  user: StoredUser,
  given: { actor: Actor; current: unknown; source: Source; secondFactorWill?: boolean },
): Promise<{ actor: Actor; proof?: Method }> {
  const { actor, current, source } = given
  if (current === undefined) {
    if (provesByPassword(actor, ctx.settings) && !(given.secondFactorWill === true && hasFreshSecondFactor(ctx, actor)))
      throw new CountersignError("input_invalid", { field: "current" })
    return { actor }
  }
  await proveCurrentPassword(ctx, user, current, source)
  const proof: Method = { method: "pwd", kind: "password", at: ctx.now() }
  if (actor.type !== "session") return { actor, proof }
  return { actor: { ...actor, session: { ...actor.session, firstFactorAt: proof.at } }, proof }
}

const hasFreshSecondFactor = (ctx: Context, actor: Actor): boolean =>
  actor.type === "session" &&
  isFresh(
    actor.session,
    { level: "second_factor", maxAgeSeconds: ctx.settings.stepUpSeconds },
    { hasSecondFactor: true },
    ctx.now(),
  )

/** Counted apart from sign-ins, so that strangers can't keep the owner from it (unless there is one count for all). */
export function currentPasswordTally(ctx: Context, user: Pick<StoredUser, "id" | "emailKey">): Tally {
  const ofSignIn = passwordTally(ctx, user.emailKey ?? user.id)
  return ctx.settings.lockout.sharedWithFactors ? ofSignIn : { ...ofSignIn, subject: user.id }
}
