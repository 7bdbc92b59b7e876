/** What a row of AspNetUsers and all that belongs to it says of a user. */
import type { IncomingUser } from "../../engine/engine.ts"
import { nobody, type Found, type Remark } from "./source.ts"

/** The columns, with plain names (`emailconfirmed`), as the database or the dump has them. */
export type IdentityRow = {
  readonly columns: ReadonlyMap<string, unknown>
  /** Of the store's own tokens: name and value. */
  readonly tokens: readonly (readonly [name: unknown, value: unknown])[]
  readonly roles: readonly unknown[]
  /** Type and value. */
  readonly claims: readonly (readonly [type: unknown, value: unknown])[]
  readonly externalSignIns: number
  readonly passkeys: number
}

/** The provider under which ASP.NET Core Identity keeps its own tokens; others belong to external providers. */
export const ownProvider = "[AspNetUserStore]"
export const keyName = "AuthenticatorKey"
export const codesName = "RecoveryCodes"

const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
export const givenNames = ["given_name", `${claims}/givenname`]
export const familyNames = ["family_name", `${claims}/surname`]

/** One spelling for names of tables and columns: EF Core's own, snake case, upper case. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll("_", "")

export function identityUser({ columns, tokens, roles, ...row }: IdentityRow): Found {
  const remarks: Remark[] = []
  const text = (...names: string[]): string | null =>
    names.map((name) => textOf(columns.get(name))).find((value) => value !== null) ?? null
  const claim = (types: readonly string[]): string | null =>
    textOf(row.claims.find(([type]) => types.includes(String(type)))?.[1])
  const token = (name: string): string | null => textOf(tokens.find(([of]) => of === name)?.[1])

  const id = text("id")
  const userName = text("username")
  const ownAddress = text("email")
  const email = ownAddress ?? (userName?.includes("@") ? userName : null)
  if (userName !== null && email !== null && userName.toLowerCase() !== email.toLowerCase())
    remarks.push("user_name_differs")

  const hash = text("passwordhash")
  if (hash === null) remarks.push("no_password")
  const key = token(keyName)
  const secondFactor = isTrue(columns.get("twofactorenabled"))
  if (secondFactor && key === null) remarks.push("second_factor_without_key")
  if (row.externalSignIns > 0) remarks.push("external_sign_in_left")
  if (row.passkeys > 0) remarks.push("passkeys_left")

  const lock = lockOf(columns)
  if (lock.unreadable) remarks.push("lockout_unreadable")
  const user: IncomingUser = {
    ...nobody,
    email,
    emailConfirmed: ownAddress !== null && isTrue(columns.get("emailconfirmed")),
    externalId: id,
    // There a password that is missing can be had by mail as well.
    passwordHash: hash ?? "!",
    firstName: text("firstname", "givenname") ?? claim(givenNames),
    lastName: text("lastname", "surname", "familyname") ?? claim(familyNames),
    roles: roles.filter((role) => typeof role === "string"),
    disabled: lock.unreadable,
    lockedUntil: lock.until,
    failedSignIns: lock.enabled ? Number(columns.get("accessfailedcount") ?? 0) : 0,
    authenticators: key === null ? [] : [{ key, confirmed: secondFactor }],
    recoveryCodes: (token(codesName) ?? "").split(";").filter((code) => code !== ""),
  }
  return { at: `id ${id ?? "none"}`, user, remarks }
}

const textOf = (value: unknown): string | null => {
  if (typeof value === "number" || typeof value === "bigint") return String(value)
  return typeof value === "string" && value !== "" ? value : null
}

/** Flags as databases and dumps write them. */
export const isTrue = (value: unknown): boolean =>
  value === true || Number(value) === 1 || (typeof value === "string" && /^t(rue)?$/i.test(value))

/** A lock counts only where locks are on for the user. One that can't be read may have been for good. */
function lockOf(columns: IdentityRow["columns"]): { enabled: boolean; until: number | null; unreadable: boolean } {
  const enabled = !columns.has("lockoutenabled") || isTrue(columns.get("lockoutenabled"))
  const end = columns.get("lockoutend") ?? columns.get("lockoutenddateutc")
  if (!enabled || end === undefined || end === null || end === "") return { enabled, until: null, unreadable: false }
  const until = instantOf(end)
  return { enabled, until: until ?? null, unreadable: until === undefined }
}

/** Epoch milliseconds of an instant as SQLite, PostgreSQL, SQL Server and .NET write it; without a zone it is UTC. */
export function instantOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime()
  if (value === "infinity") return Infinity
  if (value === "-infinity") return -Infinity
  if (typeof value !== "string") return undefined
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(value.trim())
  if (parts === null) return undefined
  const [, day = "", time = "", fraction = "0", zone = "Z"] = parts
  const offset = zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`
  const at = Date.parse(`${day}T${time}${time.length === 5 ? ":00" : ""}.${fraction.slice(0, 3)}${offset}`)
  return Number.isNaN(at) ? undefined : at
}
