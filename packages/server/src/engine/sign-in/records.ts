/** Challenges as rows: what stands between a first proof and a session. */
import { any, one, sql, type Statement, type Write } from "../../store/database.ts"
import { plainAgent } from "../audit/audit.ts"
import type { Context, Source } from "../context.ts"
import type { ChallengeRef, ChallengeView, Method } from "../engine.ts"
import { CountersignError, type Level } from "../errors.ts"
import { hashToken, mintToken, newId } from "../tokens.ts"
import { readUser, storable, type StoredUser } from "../users/records.ts"

export type Challenge = {
  readonly id: string
  readonly userId: string
  readonly purpose: ChallengeView["purpose"]
  readonly door: string
  /** The session that steps up. */
  readonly sessionId: string | null
  readonly level: Level | null
  /** What was proved so far. */
  readonly methods: readonly Method[]
  readonly attempts: number
  readonly persistent: boolean
  readonly returnTo: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

type ChallengeRow = {
  id: string
  user_id: string
  purpose: ChallengeView["purpose"]
  door: string
  session_id: string | null
  level: Level | null
  methods: string
  attempts: number
  persistent: number
  security_stamp: string
  return_to: string | null
  created_at: number
  expires_at: number
  settled_at: number | null
}

const challengeOfRow = (row: ChallengeRow): Challenge => ({
  id: row.id,
  userId: row.user_id,
  purpose: row.purpose,
  door: row.door,
  sessionId: row.session_id,
  level: row.level,
  methods: JSON.parse(row.methods) as Method[],
  attempts: row.attempts,
  persistent: row.persistent === 1,
  returnTo: row.return_to,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})

/** A new challenge as a write, with the token that opens it and nothing else. */
export function planChallenge(
  ctx: Context,
  input: Pick<Challenge, "purpose" | "methods"> & {
    user: StoredUser
    source: Source
    persistent?: boolean | undefined
    returnTo?: string | null | undefined
    sessionId?: string
    level?: Level
  },
): { write: Write; challenge: Challenge; token: string } {
  const { token, hash } = mintToken(ctx, "csc_")
  const now = ctx.now()
  const challenge: Challenge = {
    id: newId(ctx),
    userId: input.user.id,
    purpose: input.purpose,
    door: input.source.door,
    sessionId: input.sessionId ?? null,
    level: input.level ?? null,
    methods: input.methods,
    attempts: 0,
    persistent: input.persistent ?? false,
    returnTo: input.returnTo ?? null,
    createdAt: now,
    expiresAt: now + ctx.settings.challenge.seconds * 1000,
  }
  const write = one(sql`
    insert into challenges (id, token_hash, user_id, purpose, door, session_id, level, methods, first_factor_at,
      attempts, persistent, security_stamp, return_to, agent, address, created_at, expires_at, settled_at)
    values (${challenge.id}, ${hash}, ${challenge.userId}, ${challenge.purpose}, ${challenge.door},
      ${challenge.sessionId}, ${challenge.level}, ${JSON.stringify(challenge.methods)}, ${challenge.methods[0]?.at ?? null},
      0, ${challenge.persistent ? 1 : 0}, ${input.user.securityStamp}, ${challenge.returnTo},
      ${plainAgent(input.source.agent)}, ${input.source.address ?? null}, ${now}, ${challenge.expiresAt}, ${null})`)
  return { write, challenge, token }
}

/**
 * The open challenge and its user, as stored now.
 * @throws CountersignError `challenge_spent` for one that is unknown, settled, expired or exhausted, whose user is
 * disabled, or whose account has changed since (the stamp).
 */
export async function openChallenge(
  ctx: Context,
  ref: ChallengeRef,
): Promise<{ challenge: Challenge; user: StoredUser }> {
  const statement = lookUp(ref)
  const [row] = statement ? await ctx.database.query<ChallengeRow>(statement) : []
  const open =
    row !== undefined &&
    row.settled_at === null &&
    row.expires_at > ctx.now() &&
    row.attempts < ctx.settings.challenge.attempts
  const user = open ? await readUser(ctx, { id: row.user_id }) : undefined
  if (!open || user === undefined || user.disabled || user.securityStamp !== row.security_stamp)
    throw new CountersignError("challenge_spent")
  return { challenge: challengeOfRow(row), user }
}

function lookUp(ref: ChallengeRef): Statement | undefined {
  if ("token" in ref) return sql`select * from challenges where token_hash = ${hashToken(ref.token)}`
  return storable(ref.id) ? sql`select * from challenges where id = ${ref.id}` : undefined
}

/**
 * The newest one of a user at a door to sign in or enrol, where a wire has no challenge id; undefined when that is spent.
 * An older one never comes back: whoever used up the newest would get its attempts on top.
 */
export async function newestOpen(
  ctx: Context,
  userId: string,
  door: string,
): Promise<{ id: string; purpose: "sign_in" | "enrol" } | undefined> {
  const [row] = await ctx.database.query<ChallengeRow & { purpose: "sign_in" | "enrol" }>(sql`
    select * from challenges where user_id = ${userId} and door = ${door} and purpose in ('sign_in', 'enrol')
    order by created_at desc, id desc limit 1`)
  if (row === undefined || row.settled_at !== null || row.expires_at <= ctx.now()) return undefined
  return row.attempts < ctx.settings.challenge.attempts ? { id: row.id, purpose: row.purpose } : undefined
}

/**
 * The newest challenge with which a session steps up and for which the kind has sent or shown something, where an answer
 * comes with the session and without the challenge's token. @throws CountersignError `challenge_spent` when there is none,
 * or it is spent: an older one never comes back.
 */
export async function openStepUpOf(
  ctx: Context,
  sessionId: string,
  kind: string,
): Promise<{ challenge: Challenge; user: StoredUser }> {
  const [row] = await ctx.database.query<{ id: string }>(sql`
    select c.id from challenges c join held h on h.owner_id = c.id and h.kind = ${kind}
    where c.session_id = ${sessionId} and c.purpose = 'step_up'
    order by c.created_at desc, c.id desc limit 1`)
  return openChallenge(ctx, { id: row?.id ?? "" })
}

/** One attempt less. In a commit of its own, before anything is judged. */
export const takeAttempt = (ctx: Context, id: string): Write =>
  one(sql`
    update challenges set attempts = attempts + 1
    where id = ${id} and settled_at is null and expires_at > ${ctx.now()}
      and attempts < ${ctx.settings.challenge.attempts}
    returning attempts`)

/** Burns the challenge: whoever's write this is, no other settles it. */
export const burn = (ctx: Context, { id }: Pick<Challenge, "id">): Write =>
  one(sql`
    update challenges set settled_at = ${ctx.now()}
    where id = ${id} and settled_at is null and expires_at > ${ctx.now()}`)

/** Notes a proof that does not settle it yet. */
export const addMethods = (ctx: Context, challenge: Challenge, methods: readonly Method[]): Write =>
  one(sql`
    update challenges set methods = ${JSON.stringify([...challenge.methods, ...methods])}
    where id = ${challenge.id} and settled_at is null and expires_at > ${ctx.now()}
      and methods = ${JSON.stringify(challenge.methods)}`)

export const abandonWrite = (ctx: Context, id: string): Write =>
  any(sql`update challenges set settled_at = ${ctx.now()} where id = ${id} and settled_at is null`)
