/** Mail addresses: what is accepted, and the one spelling under which an account is found. */
import { CountersignError } from "../errors.ts"

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const longestAddress = 254
const longestLocalPart = 64

// What could end a header or begin a second recipient, and what no mailbox is written with outside quotes.
const refused = /[\p{Cc}\s()<>[\],;:\\"]/u

/**
 * The key of an address: without blanks around it, NFKC, lower case. All spellings of one address are one account
 * (and one lock). Undefined for what is no address.
 */
export function addressKey(typed: string): string | undefined {
  if (typeof typed !== "string" || typed.length > 4 * longestAddress || !typed.isWellFormed()) return undefined
  // Lower case can undo NFKC and the other way round (the Kelvin sign, dotted capital I), hence twice.
  const key = typed.normalize("NFKC").trim().toLowerCase().normalize("NFKC")
  const parts = key.split("@")
  const [local = "", domain = ""] = parts
  if (parts.length !== 2 || local === "" || domain === "") return undefined
  if (key.length > longestAddress || local.length > longestLocalPart || refused.test(key)) return undefined
  if (domain.split(".").some((label) => label === "" || label.startsWith("-") || label.endsWith("-"))) return undefined
  return key
}

/** An address as it is stored: as it was typed (mailboxes may mind the case), and its key. */
export type Address = { readonly email: string; readonly emailKey: string }

/** @throws CountersignError `input_invalid` naming the field. */
export function readAddress(typed: unknown, field = "email"): Address {
  const emailKey = typeof typed === "string" ? addressKey(typed) : undefined
  if (emailKey === undefined) throw new CountersignError("input_invalid", { field })
  return { email: (typed as string).normalize("NFKC").trim(), emailKey }
}
