/** The proof that an address is the user's: the first one, or a new one. */
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Plan, Source } from "../context.ts"
import type { Engine, User } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { planStampChange } from "../sessions/sessions.ts"
import { addressKey, readAddress } from "./addresses.ts"
import {
  checkLinkTarget,
  endLinks,
  linkWrites,
  openRegistrations,
  readLink,
  spendLink,
  type StoredLink,
} from "./links.ts"
import { hasMailEnough } from "./mail-limit.ts"
import { commitGuarded, publicUser, readUser, revise, type StoredUser } from "./records.ts"

/**
 * Mails a link to an account that waits for it. What is unknown or confirmed is answered alike. `evenConfirmed`: mails
 * a confirmed one as well, whose link then changes nothing.
 */
export const requestConfirmationOf =
  (ctx: Context): Engine["users"]["requestConfirmation"] =>
  async ({ email, linkFor, evenConfirmed = false }, source) => {
    const address = readAddress(email)
    checkLinkTarget(ctx, linkFor)
    const user = await readUser(ctx, { email: address.email })
    const waits = user?.email && (evenConfirmed || !user.emailConfirmed) && !user.disabled ? user : undefined
    const event = { userId: user?.id ?? null, event: "address.confirmation_requested", source }
    if (waits?.email && !(await hasMailEnough(ctx, waits.id, event.event))) {
      // Where several registrations wait, nobody can say whose mail this will be: it confirms the address alone.
      const contested = (await openRegistrations(ctx, waits.id)).some(({ registration }) => registration !== undefined)
      const data = contested ? { registration: null } : {}
      const link = await linkWrites(ctx, { purpose: "confirm", user: waits, to: waits.email, linkFor, source, data })
      await ctx.database.commit([...link, auditWrite(ctx, { ...event, outcome: "success" })])
      ctx.mailIsWaiting()
    } else await ctx.database.commit([auditWrite(ctx, { ...event, outcome: "failure" })])
  }

/** Uses up a link from a mail about an address. Never signs in. */
export const confirmAddressOf =
  (ctx: Context): Engine["users"]["confirmAddress"] =>
  async (input, source) => {
    const confirmed = await commitGuarded(ctx, async () => {
      const link = await readLink(ctx, input.token)
      const user = link && (await readUser(ctx, { id: link.userId }))
      if (!link || !user || user.disabled || link.securityStamp !== user.securityStamp) throw invalid()
      if (input.userId !== undefined && input.userId !== user.id) throw invalid()
      if (input.purpose !== undefined && input.purpose !== link.purpose) throw invalid()
      if (input.email !== undefined && addressKey(input.email) !== addressKey(link.email ?? "")) throw invalid()
      if (link.purpose === "confirm") return planFirst(ctx, user, link, source)
      if (link.purpose === "address") return planChange(ctx, user, link, source)
      throw invalid()
    })
    ctx.mailIsWaiting()
    return confirmed
  }

const invalid = (): CountersignError => new CountersignError("link_invalid")

function planFirst(ctx: Context, user: StoredUser, link: StoredLink, source: Source): Plan<User> {
  if (user.emailKey === null || addressKey(link.email ?? "") !== user.emailKey) throw invalid()
  const { registration } = link.data
  const event = auditWrite(ctx, { userId: user.id, event: "address.confirmed", outcome: "success", source })
  if (user.emailConfirmed) {
    // A second mail about what is settled. It must not bring another registration's password in.
    if (registration !== undefined) throw invalid()
    return { writes: [spendLink(ctx, link)], result: publicUser(user) }
  }
  const now = ctx.now()
  if (registration === undefined) {
    const writes = [
      spendLink(ctx, link),
      endLinks(ctx, user.id, "confirm"),
      revise(user, { emailConfirmedAt: now }),
      event,
    ]
    return { writes, result: publicUser({ ...user, emailConfirmed: true, revision: user.revision + 1 }) }
  }
  // Somebody else registered this address before: their password, sessions and links go.
  const { stamp, writes } = planStampChange(ctx, user)
  const profile = registration
    ? { firstName: registration.firstName, lastName: registration.lastName, locale: registration.locale }
    : {}
  const passwordHash = registration?.passwordHash ?? null
  const change = { ...profile, stamp, emailConfirmedAt: now, passwordHash, passwordChangedAt: now }
  return {
    writes: [spendLink(ctx, link), revise(user, change), ...writes, event],
    result: publicUser({
      ...user,
      ...profile,
      emailConfirmed: true,
      hasPassword: passwordHash !== null,
      passwordChangedAt: now,
      revision: user.revision + 1,
    }),
  }
}

async function planChange(ctx: Context, user: StoredUser, link: StoredLink, source: Source): Promise<Plan<User>> {
  const address = readAddress(link.email)
  const holder = await readUser(ctx, { email: address.email })
  // Taken meanwhile: not told, the link is simply of no use.
  if (holder && holder.id !== user.id) throw invalid()
  const { stamp, writes } = planStampChange(ctx, user, { keepSessionId: link.data.sessionId })
  const changed: StoredUser = { ...user, ...address, emailConfirmed: true, revision: user.revision + 1 }
  // An old address that was never proved may be a stranger's, who need not read the new one.
  const facts = user.emailConfirmed ? { newAddress: address.email } : {}
  return {
    writes: [
      spendLink(ctx, link),
      revise(user, { stamp, email: address, emailConfirmedAt: ctx.now() }),
      ...writes,
      auditWrite(ctx, { userId: user.id, event: "address.changed", outcome: "success", source }),
      ...(await noticeWrites(ctx, user, "address_changed", source, facts)),
      ...(await noticeWrites(ctx, changed, "address_changed", source, { newAddress: address.email })),
    ],
    result: publicUser(changed),
  }
}
