/** Who is behind a token: one read, and a note of the use at most every few minutes. */
import { any, sql } from "../../store/database.ts"
import type { Context } from "../context.ts"
import type { Actor, Engine, Session } from "../engine.ts"
import { hashToken } from "../tokens.ts"
import { publicUser, readUser, storable, type StoredUser } from "../users/records.ts"
import { apiKeyOfRow, keyByHash, type ApiKeyRow } from "./api-key-records.ts"
import {
  isAlive,
  sessionOfRow,
  tokenJoin,
  touchSession,
  userOfJoin,
  type SessionRow,
  type TokenJoinRow,
} from "./records.ts"

/** Longer texts are no token of ours, and not worth hashing. */
const longestToken = 256

/** The actor behind a session token, an access token or an API key; undefined for everything else. */
export const authenticateOf =
  (ctx: Context): Engine["sessions"]["authenticate"] =>
  async (token) => {
    if (token.length > longestToken) return undefined
    if (token.startsWith("csk_")) return ofKey(ctx, token)
    const found = await liveSessionOf(ctx, token)
    if (found === undefined) return undefined
    const actor = await actorOf(ctx, found.row, found.user)
    return found.replaced ? withoutProofs(actor) : actor
  }

/**
 * The session as a replaced token may use it: signed in, for requests under way, and with nothing freshly proved. Who
 * took the token before a step-up gains nothing from it (ASVS 7.2.4).
 */
const withoutProofs = (actor: Actor): Actor =>
  actor.type === "session"
    ? { ...actor, session: { ...actor.session, firstFactorAt: null, secondFactorAt: null } }
    : actor

/** The living session of a session or access token. `replaced`: a newer token has taken this one's place. */
export async function liveSessionOf(
  ctx: Context,
  token: string,
): Promise<{ row: SessionRow; user: StoredUser; replaced: boolean } | undefined> {
  const kind = token.startsWith("css_") ? "session" : token.startsWith("csa_") ? "access" : undefined
  if (kind === undefined) return undefined
  const [row] = await ctx.database.query<TokenJoinRow>(tokenJoin(hashToken(token), kind))
  if (row === undefined || row.token_expires_at <= ctx.now() || row.token_used_at !== null) return undefined
  const user = userOfJoin(row)
  if (!isAlive(row, user, ctx.now())) return undefined
  // A session's own token ends with it; only replacing it brings its end forward.
  return { row, user, replaced: kind === "session" && row.token_expires_at < row.expires_at }
}

/** The session as an actor; notes the use. */
export async function actorOf(ctx: Context, row: SessionRow, user: StoredUser): Promise<Actor> {
  const now = ctx.now()
  // A short idle limit must not run out between two notes.
  const interval = Math.min(ctx.settings.session.touchSeconds * 1000, row.idle_milliseconds / 4)
  const due = now - interval
  if (row.last_used_at >= due) return { type: "session", user: publicUser(user), session: sessionOfRow(row) }
  await ctx.database.commit([touchSession(row.id, now, Math.ceil(due))])
  const session: Session = { ...sessionOfRow(row), lastUsedAt: now }
  return { type: "session", user: publicUser(user), session }
}

async function ofKey(ctx: Context, token: string): Promise<Actor | undefined> {
  const now = ctx.now()
  const [row] = await ctx.database.query<ApiKeyRow>(keyByHash(hashToken(token)))
  if (row === undefined || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now))
    return undefined
  const user = row.user_id === null ? undefined : await readUser(ctx, { id: row.user_id })
  if (row.user_id !== null && (user === undefined || user.disabled)) return undefined
  const due = now - ctx.settings.session.touchSeconds * 1000
  if (row.last_used_at === null || row.last_used_at < due)
    await ctx.database.commit([
      any(sql`
        update api_keys set last_used_at = ${now}
        where id = ${row.id} and (last_used_at is null or last_used_at < ${due})`),
    ])
  const key = apiKeyOfRow(row)
  return user ? { type: "user-key", user: publicUser(user), key } : { type: "service", key }
}

export const isSessionId = (id: unknown): id is string => typeof id === "string" && id.length <= 64 && storable(id)
