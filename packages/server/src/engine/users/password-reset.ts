/** A forgotten password, replaced by way of the mailbox. It never signs in and never touches a factor (ASVS 6.4.3). */
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { planStampChange } from "../sessions/sessions.ts"
import { addressKey, readAddress } from "./addresses.ts"
import { checkLinkTarget, linkWrites, readLink, spendLink } from "./links.ts"
import { acceptPassword } from "./new-password.ts"
import { hasMailEnough } from "./mail-limit.ts"
import { clearPasswordLock } from "./password-lock.ts"
import { hashPassword } from "./passwords.ts"
import { commitGuarded, publicUser, readUser, revise, type StoredUser } from "./records.ts"

/** Mails a link where there is an account to mail; answers alike where there is none. The account stays as it is. */
export const requestResetOf =
  (ctx: Context): Engine["users"]["requestReset"] =>
  async ({ email, linkFor, confirmedOnly = false }, source) => {
    const address = readAddress(email)
    checkLinkTarget(ctx, linkFor)
    const user = await readUser(ctx, { email: address.email })
    const event = { userId: user?.id ?? null, event: "password.reset_requested", source }
    if (user?.email && mayReset(ctx, user, confirmedOnly) && !(await hasMailEnough(ctx, user.id, event.event))) {
      const link = await linkWrites(ctx, { purpose: "reset", user, to: user.email, linkFor, source })
      await ctx.database.commit([...link, auditWrite(ctx, { ...event, outcome: "success" })])
      ctx.mailIsWaiting()
    } else await ctx.database.commit([auditWrite(ctx, { ...event, outcome: "failure" })])
  }

function mayReset({ settings }: Context, user: StoredUser, confirmedOnly: boolean): boolean {
  // A user of an app that keeps the first step to itself gets no second way in by mail.
  if (user.disabled || (!user.hasPassword && user.externalId !== null)) return false
  // Where addresses need no confirmation, the mailbox is how an owner takes a stranger's registration over.
  return user.emailConfirmed || (settings.confirmEmail === "optional" && !confirmedOnly)
}

/**
 * Sets a new password by a mailed link. Sessions, remembered devices and links end, the password's lock is cleared
 * (unless `keepLock`); factors and keys stay. A password that breaks the rules leaves the link good.
 */
export const resetPasswordOf =
  (ctx: Context): Engine["users"]["resetPassword"] =>
  async (input, source) => {
    const first = await linkAndUser(ctx, input)
    // Where codes count to the same lock, a mailbox must not buy more guesses at the second step.
    const keepsLock = input.keepLock === true || ctx.settings.lockout.sharedWithFactors
    const password = acceptPassword(ctx, input.password, first.user)
    const passwordHash = await hashPassword(ctx, password)

    const user = await commitGuarded(ctx, async () => {
      const { link, user: now } = await linkAndUser(ctx, input)
      const { stamp, writes } = planStampChange(ctx, now)
      const at = ctx.now()
      // The link came out of the mailbox, so it is proved as well.
      const confirmed = now.emailConfirmed ? {} : { emailConfirmedAt: at }
      return {
        writes: [
          spendLink(ctx, link),
          revise(now, { stamp, passwordHash, passwordChangedAt: at, ...confirmed }),
          ...writes,
          ...(keepsLock ? [] : clearPasswordLock(ctx, now)),
          auditWrite(ctx, { userId: now.id, event: "password.reset", outcome: "success", source }),
          ...(await noticeWrites(ctx, now, "password_reset", source)),
        ],
        result: { ...now, emailConfirmed: true, hasPassword: true, passwordChangedAt: at, revision: now.revision + 1 },
      }
    })
    ctx.mailIsWaiting()
    return publicUser(user)
  }

async function linkAndUser(ctx: Context, input: { token: string; email?: string | undefined }) {
  const link = await readLink(ctx, input.token)
  const user = link?.purpose === "reset" ? await readUser(ctx, { id: link.userId }) : undefined
  if (!link || !user || user.disabled || link.securityStamp !== user.securityStamp)
    throw new CountersignError("link_invalid")
  const named = input.email === undefined ? user.emailKey : addressKey(input.email)
  if (named !== user.emailKey) throw new CountersignError("link_invalid")
  return { link, user }
}
