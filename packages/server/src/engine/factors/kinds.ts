/** The one list of kinds, best first: the order in which they are offered, whatever was enrolled first. */
import type { Context } from "../context.ts"
import { recoveryCodeKind } from "../recovery-codes/recovery-code.ts"
import { emailCodeKind } from "./email-code/email-code.ts"
import type { FactorKind } from "./factor.ts"
import { passkeyKind } from "./passkey/passkey.ts"
import { passwordKind } from "./password/password.ts"
import { totpKind } from "./totp/totp.ts"

export type Kinds = readonly FactorKind[]

export const kindsOf = (ctx: Context): Kinds => [
  passkeyKind(ctx),
  totpKind(ctx),
  emailCodeKind(ctx),
  recoveryCodeKind(ctx),
  passwordKind(ctx),
]
