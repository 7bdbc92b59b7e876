/** The plain form of a user, which docs/operate/import.md describes: what each field is called, and what may stand in it. */
import type { IncomingUser } from "../../engine/engine.ts"
import { nearestName } from "../../config/nearest-name.ts"
import { nobody } from "./source.ts"

const fields = {
  email: "text",
  email_confirmed: "flag",
  hash: "text",
  otpauth: "addresses",
  recovery_codes: "codes",
  roles: "list",
  first_name: "text",
  last_name: "text",
  locale: "text",
  external_id: "text",
  disabled: "flag",
} as const

export type Field = keyof typeof fields
export const fieldNames = Object.keys(fields) as Field[]

/** What other systems call the same thing. */
const otherNames: Readonly<Record<string, Field>> = {
  confirmed: "email_confirmed",
  emailverified: "email_confirmed",
  passwordhash: "hash",
  otpauthuri: "otpauth",
  totpuri: "otpauth",
  backupcodes: "recovery_codes",
  givenname: "first_name",
  familyname: "last_name",
  id: "external_id",
}

const plainName = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[_\s-]/g, "")
const byName = new Map<string, Field>([
  ...Object.entries(otherNames),
  ...fieldNames.map((name) => [plainName(name), name] as const),
])

/** The field that a column or a key is, however it is spelled; or the sentence that says that there is none such. */
export function fieldOf(given: string): Field | { says: string } {
  const field = byName.get(plainName(given))
  if (field) return field
  const near = nearestName(given.slice(0, 40).toLowerCase(), fieldNames)
  const what = /^[\p{L}\p{N}_ -]{1,40}$/u.test(given) ? `"${given}" is no field` : "a field has an unknown name"
  return { says: near ? `${what}; did you mean ${near}?` : `${what} (${fieldNames.join(", ")})` }
}

/** @returns the user, or a sentence for each field that can't be read */
export function readPlainUser(given: ReadonlyMap<Field, unknown>): { user: IncomingUser } | { says: string } {
  const wrong: string[] = []
  const text = (field: Field): string | null => {
    const value = given.get(field)
    if (value === undefined || value === null || value === "") return null
    if (typeof value === "string") return value
    if (field === "external_id" && typeof value === "number" && Number.isSafeInteger(value)) return String(value)
    wrong.push(`${field} has to be a text`)
    return null
  }
  const flag = (field: Field): boolean => {
    const value = flagOf(given.get(field))
    if (value === undefined) wrong.push(`${field} has to be true or false`)
    return value ?? false
  }
  const list = (field: Field, between: RegExp): string[] => {
    const value = given.get(field)
    if (value === undefined || value === null) return []
    const parts: unknown[] =
      typeof value === "string" ? value.split(between) : Array.isArray(value) ? value : [undefined]
    const texts = parts.filter((part) => typeof part === "string")
    if (texts.length < parts.length) wrong.push(`${field} has to be a list of texts`)
    return texts.map((part) => part.trim()).filter((part) => part !== "")
  }
  const user: IncomingUser = {
    ...nobody,
    email: text("email"),
    emailConfirmed: flag("email_confirmed"),
    externalId: text("external_id"),
    passwordHash: text("hash"),
    firstName: text("first_name"),
    lastName: text("last_name"),
    locale: text("locale"),
    roles: list("roles", /;/),
    disabled: flag("disabled"),
    authenticators: list("otpauth", /\s+/).map((otpauth) => ({ otpauth, confirmed: true })),
    recoveryCodes: list("recovery_codes", /[;\s]+/),
  }
  return wrong.length > 0 ? { says: wrong.join("; ") } : { user }
}

function flagOf(value: unknown): boolean | undefined {
  if (value === undefined || value === null || value === "") return false
  if (typeof value === "boolean") return value
  const word = typeof value === "string" || typeof value === "number" ? String(value).trim().toLowerCase() : undefined
  if (word === "true" || word === "1" || word === "yes" || word === "t") return true
  return word === "false" || word === "0" || word === "no" || word === "f" ? false : undefined
}
