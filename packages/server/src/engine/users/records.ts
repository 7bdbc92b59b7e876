/** Users as rows: reading one, and the guarded change that every racer has to win. */
import { any, one, sql, type Statement, type Write } from "../../store/database.ts"
import type { Context, Plan } from "../context.ts"
import type { User } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { addressKey } from "./addresses.ts"

/** A user with what never leaves the engine. */
export type StoredUser = User & {
  readonly emailKey: string | null
  readonly passwordHash: string | null
  readonly securityStamp: string
}

export type UserRow = {
  id: string
  email: string | null
  email_key: string | null
  email_confirmed_at: number | null
  external_id: string | null
  password_hash: string | null
  password_changed_at: number | null
  first_name: string | null
  last_name: string | null
  roles: string
  locale: string | null
  security_stamp: string
  revision: number
  disabled_at: number | null
  default_factor_id: string | null
  created_at: number
}

export const userOfRow = (row: UserRow): StoredUser => ({
  id: row.id,
  email: row.email,
  emailKey: row.email_key,
  emailConfirmed: row.email_confirmed_at !== null,
  externalId: row.external_id,
  firstName: row.first_name,
  lastName: row.last_name,
  roles: JSON.parse(row.roles) as string[],
  locale: row.locale,
  hasPassword: row.password_hash !== null,
  disabled: row.disabled_at !== null,
  revision: row.revision,
  createdAt: row.created_at,
  passwordChangedAt: row.password_changed_at,
  defaultFactorId: row.default_factor_id,
  passwordHash: row.password_hash,
  securityStamp: row.security_stamp,
})

/** The part of a user that doors may see: nothing that is secret, or that a secret hangs on. */
export const publicUser = ({ emailKey: _key, passwordHash: _hash, securityStamp: _stamp, ...user }: StoredUser): User =>
  user

export type UserKey = { readonly id: string } | { readonly email: string } | { readonly externalId: string }

/** One user, or undefined. An address is looked up however it is spelled; junk finds nobody. */
export async function readUser(ctx: Pick<Context, "database">, by: UserKey): Promise<StoredUser | undefined> {
  const statement = lookUp(by)
  if (statement === undefined) return undefined
  const [row] = await ctx.database.query<UserRow>(statement)
  return row && userOfRow(row)
}

function lookUp(by: UserKey): Statement | undefined {
  if ("id" in by) return storable(by.id) ? sql`select * from users where id = ${by.id}` : undefined
  if ("externalId" in by)
    return storable(by.externalId) ? sql`select * from users where external_id = ${by.externalId}` : undefined
  const key = addressKey(by.email)
  return key === undefined ? undefined : sql`select * from users where email_key = ${key}`
}

/** Text that a database takes: what cannot be stored was never found. */
export const storable = (text: string): boolean => !text.includes("\0") && text.isWellFormed()

/** What `revise` may change; what is left out stays. */
export type UserChange = {
  /** From `planStampChange`. */
  stamp?: string
  email?: { email: string; emailKey: string } | null
  emailConfirmedAt?: number | null
  passwordHash?: string | null
  passwordChangedAt?: number | null
  firstName?: string | null
  lastName?: string | null
  locale?: string | null
  roles?: readonly string[]
  externalId?: string | null
  disabledAt?: number | null
  defaultFactorId?: string | null
}

/**
 * The write that raises a user's revision, guarded by the revision that was read: of two changes that read the same
 * state one stands, and the other reads again (see `commitGuarded`).
 */
export function revise(user: StoredUser, change: UserChange = {}): Write {
  const has = (name: keyof UserChange): 0 | 1 => (change[name] === undefined ? 0 : 1)
  return one(sql`
    update users set
      revision = revision + 1,
      security_stamp = ${change.stamp ?? user.securityStamp},
      email = case when ${has("email")} = 1 then ${change.email?.email ?? null} else email end,
      email_key = case when ${has("email")} = 1 then ${change.email?.emailKey ?? null} else email_key end,
      email_confirmed_at = case when ${has("emailConfirmedAt")} = 1 then ${change.emailConfirmedAt ?? null} else email_confirmed_at end,
      password_hash = case when ${has("passwordHash")} = 1 then ${change.passwordHash ?? null} else password_hash end,
      password_changed_at = case when ${has("passwordChangedAt")} = 1 then ${change.passwordChangedAt ?? null} else password_changed_at end,
      first_name = case when ${has("firstName")} = 1 then ${change.firstName ?? null} else first_name end,
      last_name = case when ${has("lastName")} = 1 then ${change.lastName ?? null} else last_name end,
      locale = case when ${has("locale")} = 1 then ${change.locale ?? null} else locale end,
      roles = ${JSON.stringify(change.roles ?? user.roles)},
      external_id = case when ${has("externalId")} = 1 then ${change.externalId ?? null} else external_id end,
      disabled_at = case when ${has("disabledAt")} = 1 then ${change.disabledAt ?? null} else disabled_at end,
      default_factor_id = case when ${has("defaultFactorId")} = 1 then ${change.defaultFactorId ?? null} else default_factor_id end
    where id = ${user.id} and revision = ${user.revision}`)
}

/**
 * The write that raises a user's revision for what is guarded by itself (a code that is spent). Who decided by the
 * state before it reads again.
 */
export const raiseRevision = (userId: string): Write =>
  one(sql`update users set revision = revision + 1 where id = ${userId}`)

/** The write that stores a new user. A taken address, id or external id fails as a guard does. */
export function insertUser(
  user: Pick<StoredUser, "id" | "email" | "emailKey" | "externalId" | "firstName" | "lastName" | "roles" | "locale"> &
    Pick<StoredUser, "passwordHash" | "securityStamp" | "createdAt"> & { emailConfirmedAt: number | null },
): Write {
  const changedAt = user.passwordHash === null ? null : user.createdAt
  return one(sql`
    insert into users (id, email, email_key, email_confirmed_at, external_id, password_hash, password_changed_at,
      first_name, last_name, roles, locale, security_stamp, revision, disabled_at, default_factor_id, created_at)
    values (${user.id}, ${user.email}, ${user.emailKey}, ${user.emailConfirmedAt}, ${user.externalId},
      ${user.passwordHash}, ${changedAt}, ${user.firstName}, ${user.lastName}, ${JSON.stringify(user.roles)},
      ${user.locale}, ${user.securityStamp}, 1, ${null}, ${null}, ${user.createdAt})`)
}

/** Stores a password under stronger parameters. Not a change of the password: nothing else moves. */
export const replaceHash = (userId: string, old: string, fresh: string): Write =>
  any(sql`update users set password_hash = ${fresh} where id = ${userId} and password_hash = ${old}`)

const triesAfterLostRaces = 10

/**
 * Decides and commits; when another change won, reads and decides again, a few times.
 * @throws CountersignError `conflict` when every try lost.
 */
export async function commitGuarded<T>(ctx: Pick<Context, "database">, decide: () => Promise<Plan<T>>): Promise<T> {
  for (let tries = 0; tries < triesAfterLostRaces; tries++) {
    const plan = await decide()
    const outcome = await ctx.database.commit(plan.writes)
    if (outcome.committed) return plan.result
  }
  throw new CountersignError("conflict")
}
