/** The password as a kind: what a signed-in person types again to prove the first factor. */
import type { Context } from "../../context.ts"
import { CountersignError } from "../../errors.ts"
import { verifyPassword } from "../../users/passwords.ts"
import { readUser } from "../../users/records.ts"
import type { Factor, FactorKind } from "../factor.ts"

const name = "password"

export function passwordKind(ctx: Context): FactorKind<string> {
  return {
    name,
    role: "primary",
    failureClass: "password",
    maximum: 1,

    read(answer) {
      if (typeof answer !== "string" || answer === "") throw new CountersignError("input_invalid", { field: "answer" })
      return answer
    },

    async prove(factor, _held, password) {
      const { passwordHash } = factor.data as { passwordHash: string }
      const right = await verifyPassword(ctx, { passwordHash }, password)
      return right ? { proof: { methods: ["pwd"], spend: [] } } : { wrong: "no_match" }
    },

    describe: ({ id, createdAt, confirmedAt }) => ({
      id,
      kind: name,
      name: "Password",
      state: "on",
      createdAt,
      confirmedAt,
      lastUsedAt: null,
    }),

    async load(userId): Promise<Factor[]> {
      const user = await readUser(ctx, { id: userId })
      if (user === undefined || user.passwordHash === null) return []
      return [
        {
          id: name,
          userId,
          kind: name,
          name: "Password",
          state: "on",
          data: { passwordHash: user.passwordHash },
          counter: 0,
          handle: null,
          createdAt: user.createdAt,
          confirmedAt: user.passwordChangedAt,
          lastUsedAt: null,
        },
      ]
    },
  }
}
