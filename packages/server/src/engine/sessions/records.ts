/** Sessions and their tokens as rows. */
import { any, one, sql, type Statement, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import type { Method, Session } from "../engine.ts"
import { readUser, storable, userOfRow, type StoredUser, type UserRow } from "../users/records.ts"

export type SessionRow = {
  id: string
  user_id: string
  door: string
  methods: string
  aal: number
  persistent: number
  device_remembered: number
  created_at: number
  authenticated_at: number
  first_factor_at: number | null
  second_factor_at: number | null
  last_used_at: number
  expires_at: number
  idle_milliseconds: number
  security_stamp: string
  agent: string | null
  address: string | null
  ended_at: number | null
}

/** `session`: a cookie or a native bearer; `access` and `refresh`: the pair of a door. */
export type TokenKind = "session" | "access" | "refresh"

export const sessionOfRow = (row: SessionRow): Session => ({
  id: row.id,
  userId: row.user_id,
  door: row.door,
  methods: JSON.parse(row.methods) as Method[],
  aal: row.aal === 2 ? 2 : 1,
  persistent: row.persistent === 1,
  deviceRemembered: row.device_remembered === 1,
  createdAt: row.created_at,
  authenticatedAt: row.authenticated_at,
  firstFactorAt: row.first_factor_at,
  secondFactorAt: row.second_factor_at,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
  agent: row.agent,
  address: row.address,
})

/** Whether a session row may still act: not ended, in both limits of time, and its user as it was when it began. */
export const isAlive = (row: SessionRow, user: Pick<StoredUser, "securityStamp" | "disabled">, now: number): boolean =>
  row.ended_at === null &&
  row.expires_at > now &&
  row.last_used_at + row.idle_milliseconds > now &&
  row.security_stamp === user.securityStamp &&
  !user.disabled

export const insertSession = (session: Session, stamp: string, idleMilliseconds: number): Write =>
  one(sql`
    insert into sessions (id, user_id, door, methods, aal, persistent, device_remembered, created_at, authenticated_at,
      first_factor_at, second_factor_at, last_used_at, expires_at, idle_milliseconds, security_stamp, agent, address, ended_at)
    values (${session.id}, ${session.userId}, ${session.door}, ${JSON.stringify(session.methods)}, ${session.aal},
      ${session.persistent ? 1 : 0}, ${session.deviceRemembered ? 1 : 0}, ${session.createdAt},
      ${session.authenticatedAt}, ${session.firstFactorAt}, ${session.secondFactorAt}, ${session.lastUsedAt},
      ${session.expiresAt}, ${idleMilliseconds}, ${stamp}, ${session.agent}, ${session.address}, ${null})`)

export const insertToken = (token: {
  hash: string
  sessionId: string
  kind: TokenKind
  createdAt: number
  expiresAt: number
}): Write =>
  one(sql`
    insert into session_tokens (token_hash, session_id, kind, created_at, expires_at, used_at)
    values (${token.hash}, ${token.sessionId}, ${token.kind}, ${token.createdAt}, ${token.expiresAt}, ${null})`)

/** Ends one session for good. */
export const endSession = (id: string, now: number): Write =>
  any(sql`update sessions set ended_at = ${now} where id = ${id} and ended_at is null`)

/** A session and its user in one row; the user's columns are prefixed. */
export type SessionJoinRow = Record<`u_${keyof UserRow}`, unknown> & SessionRow
export type TokenJoinRow = SessionJoinRow & { token_expires_at: number; token_used_at: number | null }

/** A token, its session and its user: all that one request needs, in one read. */
export const tokenJoin = (hash: string, kind: TokenKind): Statement => sql`
  select s.*, t.expires_at as token_expires_at, t.used_at as token_used_at,
    u.id as u_id, u.email as u_email, u.email_key as u_email_key, u.email_confirmed_at as u_email_confirmed_at,
    u.external_id as u_external_id, u.password_hash as u_password_hash, u.password_changed_at as u_password_changed_at,
    u.first_name as u_first_name, u.last_name as u_last_name, u.roles as u_roles, u.locale as u_locale,
    u.security_stamp as u_security_stamp, u.revision as u_revision, u.disabled_at as u_disabled_at,
    u.default_factor_id as u_default_factor_id, u.created_at as u_created_at
  from session_tokens t join sessions s on s.id = t.session_id join users u on u.id = s.user_id
  where t.token_hash = ${hash} and t.kind = ${kind}`

/** A session by its id, with its user. */
export async function readSession(
  ctx: Pick<Context, "database">,
  id: string,
): Promise<{ row: SessionRow; user: StoredUser } | undefined> {
  if (!storable(id)) return undefined
  const [row] = await ctx.database.query<SessionRow>(sql`select * from sessions where id = ${id}`)
  const user = row && (await readUser(ctx, { id: row.user_id }))
  return row && user && { row, user }
}

export const userOfJoin = (row: SessionJoinRow): StoredUser =>
  userOfRow({
    id: row.u_id,
    email: row.u_email,
    email_key: row.u_email_key,
    email_confirmed_at: row.u_email_confirmed_at,
    external_id: row.u_external_id,
    password_hash: row.u_password_hash,
    password_changed_at: row.u_password_changed_at,
    first_name: row.u_first_name,
    last_name: row.u_last_name,
    roles: row.u_roles,
    locale: row.u_locale,
    security_stamp: row.u_security_stamp,
    revision: row.u_revision,
    disabled_at: row.u_disabled_at,
    default_factor_id: row.u_default_factor_id,
    created_at: row.u_created_at,
  } as UserRow)

/** Notes that a session was used; guarded, so that of many requests one writes. */
export const touchSession = (id: string, now: number, olderThan: number): Write =>
  any(
    sql`update sessions set last_used_at = ${now} where id = ${id} and last_used_at < ${olderThan} and ended_at is null`,
  )
