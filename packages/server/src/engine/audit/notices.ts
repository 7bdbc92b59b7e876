/** Mails that tell people what changed on their account, so that a change by a stranger does not stay silent. */
import type { Write } from "../../store/database.ts"
import type { Context, Source } from "../context.ts"
import type { User } from "../engine.ts"
import { mailWrite } from "../outbox.ts"
import { plainAgent } from "./audit.ts"

export type Notice =
  | "password_changed"
  | "password_reset"
  | "address_changed"
  | "address_change_requested"
  | "factor_added"
  | "factor_removed"
  | "factor_renamed"
  | "recovery_codes_replaced"
  | "recovery_code_used"
  | "second_factor_failed"
  | "account_locked"
  | "factor_locked"
  | "factors_reset"
  | "api_key_created"
  | "new_device"

/**
 * The mail to the user's own address, with when and from where. Empty where the user has no address.
 * The caller calls `ctx.mailIsWaiting()` once it is committed.
 */
export async function noticeWrites(
  ctx: Context,
  user: Pick<User, "email" | "locale">,
  notice: Notice,
  source: Source,
  facts: Readonly<Record<string, string | number | null>> = {},
): Promise<Write[]> {
  if (user.email === null) return []
  const mail = await mailWrite(ctx, {
    template: "notice",
    to: user.email,
    locale: user.locale ?? ctx.settings.locale,
    facts: { ...facts, notice, at: ctx.now(), agent: plainAgent(source.agent), address: source.address ?? null },
  })
  return [mail]
}
