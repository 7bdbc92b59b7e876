/** Recovery codes as a kind: look-up secrets for when the authenticator is gone (NIST SP 800-63B-4, 3.1.2). */
import type { Context } from "../context.ts"
import { CountersignError } from "../errors.ts"
import type { Factor, FactorKind } from "../factors/factor.ts"
import { typedText } from "../factors/typed-code.ts"
import { lengthOfHashed, matchingHashes } from "./codes.ts"
import { readSet, spendCode, type StoredCode } from "./records.ts"

const name = "recovery-code"

const codesOf = (factor: Factor): readonly StoredCode[] => (factor.data as { codes: readonly StoredCode[] }).codes

export function recoveryCodeKind(ctx: Context): FactorKind<string> {
  const { offered, length } = ctx.settings.recoveryCodes
  return {
    name,
    role: "fallback",
    failureClass: "code",
    maximum: 1,

    read(answer, factors) {
      const code = typedText(answer)
      const stored = factors.flatMap(codesOf).map(({ hash }) => lengthOfHashed(hash))
      const lengths = stored.length > 0 ? stored : [length]
      // Imported codes may have characters that ours have not.
      if (code === undefined || !/^[0-9A-Z]+$/.test(code) || !lengths.includes(code.length))
        throw new CountersignError("input_invalid", { field: "answer" })
      return code
    },

    async prove(factor, _held, code, now) {
      const codes = codesOf(factor)
      const matches = await matchingHashes(
        ctx,
        factor.userId,
        code,
        codes.map(({ hash }) => hash),
      )
      const found = matches.flatMap((index) => codes[index] ?? [])
      const fresh = found.find(({ usedAt }) => usedAt === null)
      if (fresh) return { proof: { methods: ["recovery"], spend: spendCode(fresh.id, factor.userId, now) } }
      return { wrong: found.length > 0 ? "used" : "no_match" }
    },

    describe: ({ id, state, createdAt, confirmedAt, lastUsedAt }) => ({
      id,
      kind: name,
      name: "Recovery codes",
      state,
      createdAt,
      confirmedAt,
      lastUsedAt,
    }),

    async load(userId) {
      const set = offered ? await readSet(ctx, userId) : undefined
      if (set === undefined || set.codes.every(({ usedAt }) => usedAt !== null)) return []
      return [
        {
          id: set.id,
          userId,
          kind: name,
          name: "Recovery codes",
          state: "on",
          data: { codes: set.codes },
          counter: 0,
          handle: null,
          createdAt: set.createdAt,
          confirmedAt: set.createdAt,
          lastUsedAt: null,
        },
      ]
    },
  }
}
