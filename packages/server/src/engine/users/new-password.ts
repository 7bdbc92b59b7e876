/** The one way a password comes in: judged by the rules, and refused with all reasons. */
import type { Context } from "../context.ts"
import { CountersignError } from "../errors.ts"
import { configurationDemands } from "../policy/policy.ts"
import { judgeNewPassword, minimumLengthOf, type PasswordReason } from "./password-rules.ts"

export type Owner = {
  readonly email?: string | null | undefined
  readonly firstName?: string | null | undefined
  readonly lastName?: string | null | undefined
  readonly roles?: readonly string[] | undefined
}

const aboutOf = ({ settings }: Pick<Context, "settings">, owner: Owner) => ({
  email: owner.email,
  names: [owner.firstName, owner.lastName],
  secondFactorRequired: configurationDemands({ roles: owner.roles ?? [] }, settings),
})

/** What speaks against the password for this owner, as codes. */
export const judgePassword = (ctx: Pick<Context, "settings">, password: string, owner: Owner): PasswordReason[] =>
  judgeNewPassword(password, ctx.settings, aboutOf(ctx, owner))

/**
 * @throws CountersignError `password_rejected` with its reasons, `input_invalid` for what is no text.
 */
export function acceptPassword(ctx: Pick<Context, "settings">, password: unknown, owner: Owner): string {
  if (typeof password !== "string") throw new CountersignError("input_invalid", { field: "password" })
  const reasons = judgePassword(ctx, password, owner)
  if (reasons.length === 0) return password
  throw new CountersignError("password_rejected", {
    field: "password",
    reasons,
    ...(reasons.includes("too_short") && { minimumLength: minimumLengthOf(ctx.settings, aboutOf(ctx, owner)) }),
  })
}
