import type { Context, Source } from "../context.ts"
import { CountersignError } from "../errors.ts"
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

/** Counted apart from sign-ins, so that strangers can't keep the owner from it (unless there is one count for all). */
export function currentPasswordTally(ctx: Context, user: Pick<StoredUser, "id" | "emailKey">): Tally {
  const ofSignIn = passwordTally(ctx, user.emailKey ?? user.id)
  return ctx.settings.lockout.sharedWithFactors ? ofSignIn : { ...ofSignIn, subject: user.id }
}
