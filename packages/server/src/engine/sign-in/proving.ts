/** Asks a kind about an answer: the same steps for sign-in, step-up, enrolment and tokens. */
import type { Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import type { Method } from "../engine.ts"
import type { Factor, FactorKind, Held, Verdict } from "../factors/factor.ts"
import { readOn } from "../factors/records.ts"

/** The user's factors of a kind that can prove something now. */
export const provable = (ctx: Context, kind: FactorKind, userId: string): Promise<Factor[]> =>
  kind.load ? kind.load(userId) : readOn(ctx, userId, kind.name)

export type Judged =
  | {
      readonly proved: {
        readonly factor: Factor
        readonly methods: readonly Method[]
        readonly spend: readonly Write[]
      }
    }
  | { readonly wrong: "no_match" | "used"; readonly clockOffSeconds?: number; readonly suspicion?: string }

/**
 * Holds an answer against all factors. Every one is asked, whatever the others said. A code that one of them has seen
 * before is `used` even if it matches no other.
 */
export async function judge(
  kind: FactorKind,
  factors: readonly Factor[],
  answer: unknown,
  about: { held: Held | undefined; ownerId: string; now: number },
): Promise<Judged> {
  let judged: Judged = { wrong: "no_match" }
  for (const factor of factors) {
    const verdict = await kind.prove(factor, about.held, answer, about.now, about.ownerId)
    if ("proved" in judged) continue
    if ("proof" in verdict) {
      const { methods, spend, userVerified } = verdict.proof
      // RFC 8176: an authenticator that verified its user is several factors at once.
      const names = userVerified ? [...new Set([...methods, "mfa"])] : methods
      judged = {
        proved: { factor, spend, methods: names.map((method) => ({ method, kind: kind.name, at: about.now })) },
      }
    } else if (verdict.wrong === "used" || (judged.wrong !== "used" && saysMore(verdict))) judged = verdict
  }
  return judged
}

const saysMore = ({ clockOffSeconds, suspicion }: Extract<Verdict, { wrong: string }>): boolean =>
  clockOffSeconds !== undefined || suspicion !== undefined
