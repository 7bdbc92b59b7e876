/** Access and refresh tokens of a session, for doors whose wire has such a pair. */
import { one, sql, type Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context, Source } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { hashToken, mintToken } from "../tokens.ts"
import {
  endSession,
  insertToken,
  isAlive,
  readSession,
  tokenJoin,
  userOfJoin,
  type SessionRow,
  type TokenJoinRow,
} from "./records.ts"

type Life = { accessSeconds: number; refreshSeconds: number }
type Pair = { accessToken: string; refreshToken: string; expiresIn: number }

export const issuePairOf =
  (ctx: Context): Engine["sessions"]["issuePair"] =>
  async (sessionId, life) => {
    const found = await readSession(ctx, sessionId)
    if (!found || !isAlive(found.row, found.user, ctx.now())) throw new CountersignError("unauthenticated")
    const { writes, pair } = planPair(ctx, found.row, life)
    await ctx.database.commit(writes)
    return pair
  }

/**
 * A new pair for a refresh token, which dies. A token that was used before has been copied: its session ends, with
 * every token of it (RFC 9700, section 4.14.2). Of requests at the same moment one is served; the rest count as reuse.
 */
export const refreshOf =
  (ctx: Context): Engine["sessions"]["refresh"] =>
  async (refreshToken, life, source) => {
    if (!refreshToken.startsWith("csr_") || refreshToken.length > 256) return undefined
    const hash = hashToken(refreshToken)
    const [row] = await ctx.database.query<TokenJoinRow>(tokenJoin(hash, "refresh"))
    const now = ctx.now()
    if (row === undefined || row.token_expires_at <= now || !isAlive(row, userOfJoin(row), now)) return undefined
    if (row.token_used_at !== null) return endForReuse(ctx, row, source)
    const { writes, pair } = planPair(ctx, row, life)
    const outcome = await ctx.database.commit([
      one(sql`update session_tokens set used_at = ${now} where token_hash = ${hash} and used_at is null`),
      one(sql`update sessions set last_used_at = ${now} where id = ${row.id} and ended_at is null`),
      ...writes,
    ])
    if (outcome.committed) return pair
    return outcome.failed === 0 ? endForReuse(ctx, row, source) : undefined
  }

async function endForReuse(ctx: Context, session: SessionRow, source: Source): Promise<undefined> {
  await ctx.database.commit([
    endSession(session.id, ctx.now()),
    auditWrite(ctx, {
      userId: session.user_id,
      event: "refresh_token.reused",
      outcome: "failure",
      source,
      detail: { sessionId: session.id },
    }),
  ])
  return undefined
}

function planPair(ctx: Context, session: SessionRow, life: Life): { writes: Write[]; pair: Pair } {
  const now = ctx.now()
  const until = (seconds: number): number => Math.min(now + seconds * 1000, session.expires_at)
  const access = mintToken(ctx, "csa_")
  const refresh = mintToken(ctx, "csr_")
  const of = { sessionId: session.id, createdAt: now }
  const accessEnds = until(life.accessSeconds)
  return {
    writes: [
      insertToken({ ...of, hash: access.hash, kind: "access", expiresAt: accessEnds }),
      insertToken({ ...of, hash: refresh.hash, kind: "refresh", expiresAt: until(life.refreshSeconds) }),
    ],
    pair: {
      accessToken: access.token,
      refreshToken: refresh.token,
      expiresIn: Math.floor((accessEnds - now) / 1000),
    },
  }
}
