/** A proof inside another operation of a signed-in person, without a challenge of its own. */
import type { Write } from "../../store/database.ts"
import type { Context, Source } from "../context.ts"
import { CountersignError } from "../errors.ts"
import type { FactorKind } from "../factors/factor.ts"
import { planUsedNotice } from "../recovery-codes/used-notice.ts"
import type { StoredUser } from "../users/records.ts"
import { clearTally, clearTotal, isDead, kindTally, notBlocked, refuseWhileBlocked, settleFailure } from "./lockout.ts"
import { judge, provable } from "./proving.ts"

/**
 * Judges the answer and hands back a commit that spends it together with the operation's own writes: the code is used
 * up by what it was given for, or not at all. Counted like every other answer; the wait that five failures begin is
 * guarded in the commit, which is what bounds guesses at once. With `endsFactor: false` failures never add up to the
 * end of the factor.
 */
export async function proveInPlace(
  ctx: Context,
  kind: FactorKind,
  user: StoredUser,
  typed: unknown,
  source: Source,
  options: { readonly endsFactor?: boolean } = {},
): Promise<{ methods: string[]; commit(writes: readonly Write[]): Promise<void> }> {
  const factors = await provable(ctx, kind, user.id)
  if (factors.length === 0) throw new CountersignError("kind_not_offered")
  const answer = kind.read(typed, factors)
  const tally = kindTally(ctx, user, kind)
  await refuseWhileBlocked(ctx, tally)
  const total = { userId: user.id, kind: kind.name }
  const dead = await isDead(ctx, total)
  const now = ctx.now()
  const judged = await judge(kind, factors, answer, { held: undefined, ownerId: user.id, now })
  if (dead || "wrong" in judged) {
    if (!dead && "wrong" in judged && judged.wrong === "used") throw new CountersignError("code_already_used")
    const counted = options.endsFactor === false ? undefined : total
    await settleFailure(ctx, { tally, total: counted, user, event: "proof.answer", kind: kind.name, source })
    if (dead) throw new CountersignError("factor_dead")
    if (kind.role === "primary") throw new CountersignError("credentials_incorrect")
    const off = "wrong" in judged ? judged.clockOffSeconds : undefined
    throw new CountersignError("code_incorrect", off === undefined ? {} : { clockOffSeconds: off })
  }

  const { methods, spend } = judged.proved
  const told = kind.role === "fallback" ? (await planUsedNotice(ctx, user, source)).writes : []
  const guarded = [notBlocked(tally, now), ...spend]
  return {
    methods: methods.map(({ method }) => method),
    async commit(writes) {
      const outcome = await ctx.database.commit([...guarded, ...writes, clearTally(tally), clearTotal(total), ...told])
      if (outcome.committed) {
        if (told.length > 0) ctx.mailIsWaiting()
        return
      }
      if (outcome.failed === 0) await refuseWhileBlocked(ctx, tally)
      throw new CountersignError(outcome.failed < guarded.length ? "code_already_used" : "conflict")
    },
  }
}
