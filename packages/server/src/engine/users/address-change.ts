/** A new address for an account: asked for with a fresh proof, in force once the new mailbox has confirmed it. */
import { auditWrite, plainAgent } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { mailWrite } from "../outbox.ts"
import { authorise, refuseLostToken } from "../step-up/authorisation.ts"
import { subjectOf } from "../step-up/subject.ts"
import { readAddress } from "./addresses.ts"
import { proveWithPassword } from "./current-password.ts"
import { checkLinkTarget, endLinks, linkWrites } from "./links.ts"
import { hasMailEnough } from "./mail-limit.ts"
import { readUser } from "./records.ts"

/**
 * Mails the new address a link and tells the old one. An address that is somebody else's is answered in the same
 * way; its owner hears of it instead (ASVS 6.3.8). Nothing about the account changes yet. `current`, where it is given,
 * is checked, and stands for a fresh first factor; a door without a step-up has to bring it.
 */
export const requestAddressChangeOf =
  (ctx: Context): Engine["users"]["requestAddressChange"] =>
  async (on, { email, linkFor, current }) => {
    const { actor, source } = on
    const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
    const address = readAddress(email)
    checkLinkTarget(ctx, linkFor)
    const proved = await proveWithPassword(ctx, user, { actor, current, source, secondFactorWill: true })
    const spent = await authorise(ctx, { ...on, actor: proved.actor }, "address.change")
    if (await hasMailEnough(ctx, user.id, "address.change_requested"))
      throw new CountersignError("too_many_requests", { retryAfter: 3600 })
    const holder = await readUser(ctx, { email: address.email })
    const mine = holder === undefined || holder.id === user.id
    const data = actor.type === "session" ? { sessionId: actor.session.id } : {}
    const mail = mine
      ? await linkWrites(ctx, { purpose: "address", user, to: address.email, linkFor, source, data })
      : [
          await mailWrite(ctx, {
            template: "address-taken",
            to: holder.email ?? "",
            locale: holder.locale ?? ctx.settings.locale,
            facts: { link: null, at: ctx.now(), agent: plainAgent(source.agent), address: source.address ?? null },
          }),
        ]
    const facts = user.emailConfirmed ? { newAddress: address.email } : {}
    const event = { userId: user.id, event: "address.change_requested", outcome: "success", source } as const
    const outcome = await ctx.database.commit([
      ...spent,
      endLinks(ctx, user.id, "address"),
      ...mail,
      auditWrite(ctx, event),
      ...(await noticeWrites(ctx, user, "address_change_requested", source, facts)),
    ])
    if (!outcome.committed) refuseLostToken(spent, outcome.failed)
    ctx.mailIsWaiting()
  }
