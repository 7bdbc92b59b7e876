import type { Challenge } from "@countersign/client"

export type SecondFactorStrategy = "totp" | "backup_code" | "email_code" | "phone_code"
export type FirstFactorStrategy = "password" | "passkey" | "email_code"

export type SecondFactor =
  | { readonly strategy: "totp" }
  | { readonly strategy: "backup_code" }
  | { readonly strategy: "email_code"; readonly emailAddressId: string; readonly safeIdentifier: string }
export type FirstFactor = { readonly strategy: "password" } | { readonly strategy: "passkey" }

const kinds: Readonly<Record<string, string>> = {
  totp: "totp",
  backup_code: "recovery-code",
  email_code: "email-code",
  password: "password",
  passkey: "passkey",
}

/** The server's name of a strategy. One that it does not have is refused by the server. */
export const kindOf = (strategy: string): string => kinds[strategy] ?? strategy

/** What of a challenge is a second factor, authenticator apps first. */
export function secondFactorsOf({ kinds: listed }: Challenge): SecondFactor[] {
  const found = listed.flatMap(({ kind, factors }): SecondFactor[] => {
    if (kind === "totp") return [{ strategy: "totp" }]
    if (kind === "recovery-code") return [{ strategy: "backup_code" }]
    if (kind !== "email-code") return []
    return factors.map(({ id, hint }) => ({ strategy: "email_code", emailAddressId: id, safeIdentifier: hint ?? "" }))
  })
  // Not every React Native sorts into a new array by itself.
  // oxlint-disable-next-line unicorn/no-array-sort -- the array is our own
  return found.sort((one, other) => Number(other.strategy === "totp") - Number(one.strategy === "totp"))
}

/** What of a challenge is a first factor. */
export const firstFactorsOf = ({ kinds: listed }: Challenge): FirstFactor[] =>
  listed.flatMap(({ kind }): FirstFactor[] => (kind === "password" || kind === "passkey" ? [{ strategy: kind }] : []))
