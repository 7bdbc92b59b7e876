/** Leave for what asks for a fresh proof: the session's own freshness, or an MFA token that is spent for it. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { On } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { Operation } from "../policy/policy.ts"
import { hashToken } from "../tokens.ts"
import { type MfaTokenRow, readMfaToken, spendMfaToken } from "./mfa-records.ts"
import { requireFresh } from "./reverification.ts"

/**
 * Passes as `requireFresh` does. An MFA token that came along (for no action, made in the acting session) stands in for
 * the second factor, and is used up by the operation even if nothing asked for it: the writes that say so belong into
 * its commit. Inside `commitGuarded` it is asked again at every try, so that who lost the token is told.
 * @throws CountersignError `mfa_token_invalid` for any other token, however fresh the session is.
 */
export async function authorise(ctx: Context, on: On, operation: Operation): Promise<Write[]> {
  const { actor, source, mfaToken } = on
  if (mfaToken === undefined) {
    await requireFresh(ctx, actor, operation)
    return []
  }
  if (actor.type !== "session") throw new CountersignError("mfa_token_invalid")
  const hash = hashToken(mfaToken)
  const [row] = await ctx.database.query<MfaTokenRow>(readMfaToken(hash, ctx.now()))
  const isOwn = row?.user_id === actor.user.id && row.session_id === actor.session.id && row.action === null
  if (!isOwn) throw new CountersignError("mfa_token_invalid")
  await requireFresh(ctx, { ...actor, session: { ...actor.session, secondFactorAt: ctx.now() } }, operation)
  const event = { userId: actor.user.id, event: "mfa_token.spent", outcome: "success", source } as const
  return [spendMfaToken(hash, ctx.now()), auditWrite(ctx, { ...event, detail: { operation } })]
}

/** Tells who lost the token to a racer, in a commit that begins with `spent` and is not tried again. */
export const refuseLostToken = (spent: readonly Write[], failed: number): void => {
  if (failed < spent.length) throw new CountersignError("mfa_token_invalid")
}
