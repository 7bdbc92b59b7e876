import { CountersignError } from "../../engine/errors.ts"
import type { Call } from "../dialect.ts"

/** Headers that some operations read: each with what the document says of it. */

const header = (name: string, description: string) => ({
  name,
  in: "header" as const,
  required: false,
  schema: { type: "string", description },
})

export const mfaTokenParameter = header(
  "Countersign-MFA-Token",
  "An MFA token that this session made for no action. It stands in for the fresh second factor and is spent with the " +
    "operation, also a reusable one; any other is refused, however fresh the session is. `X-MFA-Auth-Token` does too.",
)

const mfaTokenHeaders = [mfaTokenParameter.name, "X-MFA-Auth-Token"]

/** @throws CountersignError `mfa_token_invalid` where two different ones came. */
export const mfaTokenOf = ({ request: { headers } }: Call): string | undefined => {
  const sent = new Set(mfaTokenHeaders.flatMap((name) => headers.get(name) ?? []))
  if (sent.size > 1) throw new CountersignError("mfa_token_invalid")
  return [...sent][0]
}

export const requestKeyParameter = header(
  "Idempotency-Key",
  "A random name of this request. Sent again with it within a minute, the request is not done again: the same answer " +
    "comes back, or `conflict` once what it made is gone.",
)

/** @throws CountersignError `input_invalid` for one that is empty, longer than 255 characters or not plain ASCII. */
export const requestKeyOf = ({ request: { headers } }: Call): string | undefined => {
  const key = headers.get(requestKeyParameter.name) ?? undefined
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new CountersignError("input_invalid", { field: requestKeyParameter.name })
  return key
}
