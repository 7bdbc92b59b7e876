/** What a kind wants held and mailed, as writes. */
import type { Write } from "../../store/database.ts"
import type { Context, Source } from "../context.ts"
import { plainAgent } from "../audit/audit.ts"
import type { User } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { mailWrite } from "../outbox.ts"
import type { Held, KindMessage } from "./factor.ts"
import { holdWrite } from "./held.ts"
import { mailRetryAfter, takeMail } from "./mail-limit.ts"

/**
 * The writes for what a kind handed back, with the limits on sending in front. `seconds`: how long the owner (a
 * challenge or a pending factor) lasts; a mailed code never outlives it.
 */
export async function sendingWrites(
  ctx: Context,
  input: {
    user: User
    source: Source
    ownerId: string
    kind: string
    seconds: number
    hold?: Held | undefined
    send?: KindMessage | undefined
  },
): Promise<Write[]> {
  const { user, source, hold, send, ownerId, kind } = input
  const seconds = send ? Math.min(ctx.settings.mailedCode.seconds, input.seconds) : input.seconds
  const writes: Write[] = []
  if (send) writes.push(takeMail(ctx, user.id))
  if (hold) writes.push(await holdWrite(ctx, { ownerId, kind, held: hold, seconds, isSent: send !== undefined }))
  if (send) {
    const { template, to, code } = send
    const facts = { code, seconds, at: ctx.now(), agent: plainAgent(source.agent), address: source.address ?? null }
    writes.push(await mailWrite(ctx, { template, to, locale: user.locale ?? ctx.settings.locale, facts }))
  }
  return writes
}

/** What a failed guard of `sendingWrites` means. */
export const sentTooOften = (ctx: Context): CountersignError =>
  new CountersignError("too_many_attempts", { retryAfter: mailRetryAfter(ctx) })
