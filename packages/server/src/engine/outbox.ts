/**
 * A mail to send, as a write: it stands in the same commit as what it is about, or neither does. The body is sealed
 * (it carries an address, and perhaps a link) and erased by the sender once the mail is out.
 */
import { sql, one, type Write } from "../store/database.ts"
import type { Context } from "./context.ts"
import { newId } from "./tokens.ts"
import { bounds } from "./vault.ts"

export type TemplateName =
  | "confirm-address"
  | "reset-password"
  | "address-taken"
  | "mailed-code"
  | "address-change"
  | "notice"

/** `facts` are what the template says: `at` in epoch milliseconds, `link` or `code`, `agent`, `address`, `notice`, … */
export type Mail = {
  readonly template: TemplateName
  readonly to: string
  readonly locale: string
  readonly facts: Readonly<Record<string, string | number | null>>
}

/**
 * The write that puts a mail into the outbox. Call `ctx.mailIsWaiting()` once it is committed. The sender opens the
 * body with `bounds.outbox(id)`; it is the mail as JSON.
 */
export async function mailWrite(ctx: Context, mail: Mail): Promise<Write> {
  const id = newId(ctx)
  const body = await ctx.vault.seal(JSON.stringify(mail), bounds.outbox(id))
  const now = ctx.now()
  return one(sql`
    insert into outbox (id, kind, body, created_at, next_at, attempts, claimed_until, sent_at, failed_at, last_error)
    values (${id}, ${mail.template}, ${body}, ${now}, ${now}, 0, 0, ${null}, ${null}, ${null})`)
}
