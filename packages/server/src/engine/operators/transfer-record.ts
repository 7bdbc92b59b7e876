/** Judges one user from elsewhere: what is taken over, what is left out with a note, and whom nobody should be made of. */
import type { Settings } from "../settings.ts"
import { typedText } from "../factors/typed-code.ts"
import { addressKey, readAddress, type Address } from "../users/addresses.ts"
import { isUsableHash } from "../users/passwords.ts"
import { readExternalId, readLocale, readName, readRoles } from "../users/profile-fields.ts"
import {
  acceptAuthenticators,
  type AcceptedAuthenticator,
  type IncomingAuthenticator,
} from "./transfer-authenticator.ts"

/** A user as another system has it: text that nobody has judged yet. */
export type IncomingUser = {
  readonly email: string | null
  readonly emailConfirmed: boolean
  /** The other system's own id, by which the user is known again. */
  readonly externalId: string | null
  /**
   * As it was stored there. Null: the app signs in by itself, and no password is ever set by mail. Whatever can't be
   * checked here, and anything that begins with `!`: a password that never matches, until a new one is set by mail.
   */
  readonly passwordHash: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  readonly disabled: boolean
  /** Epoch milliseconds of the end of a lock. */
  readonly lockedUntil: number | null
  readonly failedSignIns: number
  readonly authenticators: readonly IncomingAuthenticator[]
  /** Unused ones, in clear. */
  readonly recoveryCodes: readonly string[]
}

/** Why nobody was made of a record. */
export const importRefusals = [
  "no_address",
  "address_invalid",
  "duplicate_address", // another user has it, or an earlier record of the same source
  "external_id_invalid",
  "duplicate_id", // an earlier record of the same source has it
  "key_unreadable", // an authenticator's key that is no base32, or an otpauth address that no app would take
  "key_too_short",
  "too_many_authenticators",
  "already_here", // a user of that id that no import made
  "changed_here", // the source differs from what was imported, and so does the user: it was used here since
  "conflict", // changed by others at the same moments, again and again
] as const
export type ImportRefusal = (typeof importRefusals)[number]

/** What an operator should know of a user that was taken over. */
export const importNotes = [
  "password_unusable", // unknown form, or costlier than is allowed: to be set anew by mail
  "address_unconfirmed", // and this installation demands a confirmation before the first sign-in
  "key_weak", // shorter than the 128 bits of RFC 4226, 4
  "key_unconfirmed", // kept as the key that the user is shown when enrolling; no second factor yet
  "recovery_code_left_out", // unreadable, too short or too many
  "recovery_codes_not_offered",
  "name_left_out",
  "locale_left_out",
  "role_left_out",
  "locked",
  "disabled",
] as const
export type ImportNote = (typeof importNotes)[number]

export type AcceptedUser = {
  readonly address: Address | null
  readonly emailConfirmed: boolean
  readonly externalId: string | null
  readonly passwordHash: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly locale: string | null
  readonly roles: readonly string[]
  readonly disabled: boolean
  readonly lockedUntil: number | null
  readonly failedSignIns: number
  readonly authenticators: readonly AcceptedAuthenticator[]
  /** In the form in which a typed one is compared. */
  readonly recoveryCodes: readonly string[]
}

/** Stands where a hash stands, is none, and so matches nothing. */
const noUsablePassword = "!"
/** A longer lock was never a wait after wrong passwords: somebody was shut out. */
const longestLockMilliseconds = 366 * 24 * 3_600_000
const shortestCode = 6
const mostCodes = 50
const mostRoles = 50

type Deciding = { readonly settings: Settings; now(): number }

/** What would be made of the record, or why nothing. */
export function acceptUser(
  ctx: Deciding,
  incoming: IncomingUser,
): { accepted: AcceptedUser; notes: ImportNote[] } | { refused: ImportRefusal } {
  const typed = incoming.email?.trim() ?? ""
  // Here one signs in by address. Without a password the app has a sign-in of its own, and knows its users by their ids.
  if (typed === "" && (incoming.externalId === null || incoming.passwordHash !== null)) return { refused: "no_address" }
  if (typed !== "" && addressKey(typed) === undefined) return { refused: "address_invalid" }
  const externalId = taken(() => readExternalId(incoming.externalId))
  if (externalId === undefined) return { refused: "external_id_invalid" }
  const apps = acceptAuthenticators(incoming.authenticators)
  if ("refused" in apps) return apps

  const notes = new Set<ImportNote>(apps.notes)
  const address = typed === "" ? null : readAddress(typed)
  const lock = lockOf(ctx, incoming)
  const accepted: AcceptedUser = {
    address,
    emailConfirmed: address !== null && incoming.emailConfirmed,
    externalId,
    passwordHash: hashOf(incoming.passwordHash, notes),
    firstName: nameOf(incoming.firstName, "firstName", notes),
    lastName: nameOf(incoming.lastName, "lastName", notes),
    locale: localeOf(incoming.locale, notes),
    roles: rolesOf(incoming.roles, notes),
    ...lock,
    authenticators: apps.accepted,
    recoveryCodes: codesOf(incoming.recoveryCodes, notes),
  }
  if (accepted.disabled) notes.add("disabled")
  if (accepted.lockedUntil !== null) notes.add("locked")
  if (address && !accepted.emailConfirmed && ctx.settings.confirmEmail === "required") notes.add("address_unconfirmed")
  if (accepted.recoveryCodes.length > 0 && !ctx.settings.recoveryCodes.offered) notes.add("recovery_codes_not_offered")
  return { accepted, notes: [...notes] }
}

/** What the readers of fields make of a value, or undefined where they refuse it. */
function taken<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function hashOf(stored: string | null, notes: Set<ImportNote>): string | null {
  if (stored === null || stored === "") return null
  if (stored.startsWith("!")) return noUsablePassword
  if (isUsableHash(stored)) return stored
  notes.add("password_unusable")
  return noUsablePassword
}

function nameOf(given: string | null, field: string, notes: Set<ImportNote>): string | null {
  const name = taken(() => readName(given, field))
  if (name === undefined) notes.add("name_left_out")
  return name ?? null
}

function localeOf(given: string | null, notes: Set<ImportNote>): string | null {
  const locale = taken(() => readLocale(given))
  if (locale === undefined) notes.add("locale_left_out")
  return locale ?? null
}

function rolesOf(given: readonly string[], notes: Set<ImportNote>): string[] {
  const readable = given.flatMap((role) => taken(() => readRoles([role])) ?? [])
  const roles = [...new Set(readable)].slice(0, mostRoles)
  if (readable.length < given.length || new Set(readable).size > roles.length) notes.add("role_left_out")
  return roles
}

/** Any alphabet and length that a person could type again: letters and digits, compared without case and dashes. */
function codesOf(given: readonly string[], notes: Set<ImportNote>): string[] {
  const readable = given
    .map(typedText)
    .filter((code) => code !== undefined)
    .filter((code) => /^[0-9A-Z]+$/.test(code) && code.length >= shortestCode)
  const codes = [...new Set(readable)].slice(0, mostCodes)
  if (codes.length < new Set(given).size) notes.add("recovery_code_left_out")
  return codes
}

function lockOf(
  ctx: Deciding,
  incoming: IncomingUser,
): Pick<AcceptedUser, "disabled" | "lockedUntil" | "failedSignIns"> {
  const until = incoming.lockedUntil
  const left = until === null || Number.isNaN(until) ? 0 : until - ctx.now()
  const { failedSignIns } = incoming
  return {
    disabled: incoming.disabled || left > longestLockMilliseconds,
    lockedUntil: left > 0 && left <= longestLockMilliseconds ? until : null,
    failedSignIns: Number.isSafeInteger(failedSignIns) && failedSignIns > 0 ? Math.min(failedSignIns, 1000) : 0,
  }
}
