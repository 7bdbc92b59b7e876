/** How many mailed codes an account gets, over all its challenges: whoever knows a password can't flood a mailbox. */
import { one, sql, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"

export const mailsInWindow = 30
export const mailWindowSeconds = 3600

/** The write that takes one; its guard fails when the window is full. */
export function takeMail(ctx: Pick<Context, "now">, userId: string): Write {
  const window = mailWindowSeconds * 1000
  const start = Math.floor(ctx.now() / window) * window
  return one(sql`
    insert into rate_windows (bucket, window_start, count, expires_at)
    values (${`mailed-code:${userId}`}, ${start}, 1, ${start + window})
    on conflict (bucket, window_start) do update set count = rate_windows.count + 1
      where rate_windows.count < ${mailsInWindow}`)
}

/** Seconds until the window ends. */
export const mailRetryAfter = (ctx: Pick<Context, "now">): number =>
  mailWindowSeconds - (Math.floor(ctx.now() / 1000) % mailWindowSeconds)
