import { isWithin, readAddressRange } from "./address-ranges.ts"

/**
 * A second factor of everybody, demanded by administrators while the server runs. It only ever adds to what the
 * installation was configured to: whatever that demands stays demanded. Pure.
 */
export type AddedRule = {
  /** The door at which it was decided. What the rule leaves loose, it leaves loose there alone. */
  readonly door: string
  /** Sign-ins from there, at that door, are not asked: addresses, CIDR ranges, spans `from-to`. */
  readonly exemptAddresses: readonly string[]
  /** Ids of users who are asked from there as well. */
  readonly mandatoryUsers: readonly string[]
  /** Groups whose members are asked from there as well. Who is in them nobody here knows: see `isExempt`. */
  readonly mandatoryGroups: readonly string[]
}

/** Where somebody signs in, or did. */
export type Whence = { readonly door: string; readonly address?: string | null | undefined }

/**
 * Whether the rule leaves this sign-in alone: groups first, then users that are named, then the address. While groups
 * are named nobody is exempt, since anybody might be in one of them. Without an address nothing can be exempt.
 */
export function isExempt(rule: AddedRule, user: { readonly id: string }, whence: Whence | undefined): boolean {
  if (rule.mandatoryGroups.length > 0 || rule.mandatoryUsers.includes(user.id)) return false
  const address = whence?.address
  if (whence?.door !== rule.door || address === null || address === undefined) return false
  return rule.exemptAddresses.some((text) => {
    const range = readAddressRange(text)
    return range !== undefined && isWithin(range, address)
  })
}

/** The rule as it is stored. */
export const writeAddedRule = ({ door, exemptAddresses, mandatoryUsers, mandatoryGroups }: AddedRule): string =>
  JSON.stringify({ door, exemptAddresses, mandatoryUsers, mandatoryGroups })

/** What is stored as a rule. Text that can't be read is the strictest one: nobody is exempt, at no door. */
export function readAddedRule(text: string): AddedRule {
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch {
    stored = undefined
  }
  const fields: Readonly<Record<string, unknown>> = typeof stored === "object" && stored !== null ? { ...stored } : {}
  const { door, exemptAddresses, mandatoryUsers, mandatoryGroups } = fields
  const readable =
    typeof door === "string" && isTexts(exemptAddresses) && isTexts(mandatoryUsers) && isTexts(mandatoryGroups)
  return readable
    ? { door, exemptAddresses, mandatoryUsers, mandatoryGroups }
    : { door: "", exemptAddresses: [], mandatoryUsers: [], mandatoryGroups: [] }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
