/** Names, locale, roles and ids as they are taken in: cleaned once, and refused by the field's name. */
import { CountersignError } from "../errors.ts"

const longestName = 100
const longestRole = 64
const mostRoles = 50
const longestExternalId = 255
const control = /[\p{Cc}\u2028\u2029]/u

const invalid = (field: string): CountersignError => new CountersignError("input_invalid", { field })

function readLine(value: unknown, field: string, longest: number): string {
  if (typeof value !== "string" || value.length > 4 * longest || !value.isWellFormed()) throw invalid(field)
  const text = value.normalize("NFC").trim()
  if (Array.from(text).length > longest || control.test(text)) throw invalid(field)
  return text
}

/** Up to 100 characters on one line; empty or null: none. */
export const readName = (value: unknown, field: string): string | null =>
  value === null || value === undefined ? null : readLine(value, field, longestName) || null

/** A language tag like `de` or `pt-BR` (BCP 47); null: none. */
export function readLocale(value: unknown, field = "locale"): string | null {
  if (value === null || value === undefined || value === "") return null
  if (typeof value !== "string" || !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(value)) throw invalid(field)
  return value
}

/** At most 50 names of roles, each once. Upper and lower case differ. */
export function readRoles(value: unknown, field = "roles"): string[] {
  if (!Array.isArray(value) || value.length > mostRoles) throw invalid(field)
  const roles = value.map((role) => readLine(role, field, longestRole))
  if (roles.includes("")) throw invalid(field)
  return [...new Set(roles)]
}

/** The id that an app has for its own user; null: none. */
export function readExternalId(value: unknown, field = "externalId"): string | null {
  if (value === null || value === undefined) return null
  const id = readLine(value, field, longestExternalId)
  // It is found again by exactly this text.
  if (id === "" || id !== value) throw invalid(field)
  return id
}
