/** Sessions: how they begin, become fresh and end, as plans that an operation commits. */
import { any, one, sql, type Write } from "../../store/database.ts"
import { plainAgent } from "../audit/audit.ts"
import type { Context, Plan, Source } from "../context.ts"
import type { Method, Session } from "../engine.ts"
import { sessionHolder } from "../factors/holder.ts"
import { assuranceOf } from "../policy/policy.ts"
import { mintToken, newId } from "../tokens.ts"
import type { StoredUser } from "../users/records.ts"
import { insertSession, insertToken } from "./records.ts"

/** How long a token that was replaced goes on working, for requests that are under way. */
export const replacedTokenMilliseconds = 30_000

/** A new session of a user, with its token. Only what settles a challenge, or needs none, plans one. */
export function planSession(
  ctx: Context,
  input: {
    user: StoredUser
    methods: readonly Method[]
    source: Source
    persistent: boolean
    /** The second factor was not asked for: the session stays at one factor, whatever was proved before. */
    deviceRemembered: boolean
  },
): Plan<{ session: Session; token: string }> {
  const { session: life } = ctx.settings
  const now = ctx.now()
  const session: Session = {
    id: newId(ctx),
    userId: input.user.id,
    door: input.source.door,
    methods: input.methods,
    aal: input.deviceRemembered ? 1 : assuranceOf(input.methods, ctx.settings.profile),
    persistent: input.persistent,
    deviceRemembered: input.deviceRemembered,
    createdAt: now,
    authenticatedAt: now,
    ...factorTimes(ctx, input.methods),
    lastUsedAt: now,
    expiresAt: now + life.seconds * 1000,
    agent: plainAgent(input.source.agent),
    address: input.source.address ?? null,
  }
  const { token, hash } = mintToken(ctx, "css_")
  return {
    writes: [
      insertSession(session, input.user.securityStamp, life.idleSeconds * 1000),
      insertToken({ hash, sessionId: session.id, kind: "session", createdAt: now, expiresAt: session.expiresAt }),
    ],
    result: { session, token },
  }
}

/**
 * The same session, proved again: methods and times are brought up to date and it gets a new token. The old one
 * works half a minute longer. With `methods` empty only the token changes.
 */
export function planFresh(
  ctx: Context,
  session: Session,
  added: { readonly methods: readonly Method[] },
): Plan<{ session: Session; token: string }> {
  const now = ctx.now()
  const proved = added.methods.length > 0
  const replaced = new Set(added.methods.map(({ kind, method }) => `${kind} ${method}`))
  const methods = [...session.methods.filter((m) => !replaced.has(`${m.kind} ${m.method}`)), ...added.methods]
  const times = factorTimes(ctx, methods)
  const aal = assuranceOf(methods, ctx.settings.profile)
  const fresh: Session = {
    ...session,
    methods,
    aal,
    deviceRemembered: session.deviceRemembered && aal === 1,
    authenticatedAt: proved ? now : session.authenticatedAt,
    firstFactorAt: latest(session.firstFactorAt, times.firstFactorAt),
    secondFactorAt: latest(session.secondFactorAt, times.secondFactorAt),
    lastUsedAt: now,
  }
  const { token, hash } = mintToken(ctx, "css_")
  const lastMoment = now + replacedTokenMilliseconds
  return {
    writes: [
      one(sql`
        update sessions set methods = ${JSON.stringify(fresh.methods)}, aal = ${fresh.aal},
          device_remembered = ${fresh.deviceRemembered ? 1 : 0}, authenticated_at = ${fresh.authenticatedAt},
          first_factor_at = ${fresh.firstFactorAt}, second_factor_at = ${fresh.secondFactorAt}, last_used_at = ${now}
        where id = ${session.id} and ended_at is null and expires_at > ${now}`),
      any(sql`
        update session_tokens set expires_at = ${lastMoment}
        where session_id = ${session.id} and kind = 'session' and expires_at > ${lastMoment}`),
      insertToken({ hash, sessionId: session.id, kind: "session", createdAt: now, expiresAt: session.expiresAt }),
    ],
    result: { session: fresh, token },
  }
}

/**
 * A new security stamp for a user, and the end of everything that carries the old one: sessions, remembered devices,
 * open links, challenges, MFA tokens, refresh tokens, keys that were shown and never confirmed. One session can be kept,
 * with what it has begun; give it a new token with `planFresh`.
 * The caller stores the stamp with `revise(user, { stamp })`, and settles a challenge of its own before these writes.
 */
export function planStampChange(
  ctx: Context,
  user: Pick<StoredUser, "id">,
  options: { keepSessionId?: string | undefined } = {},
): { stamp: string; writes: Write[] } {
  const { token: stamp } = mintToken(ctx, "")
  const kept = options.keepSessionId ?? ""
  const now = ctx.now()
  return {
    stamp,
    writes: [
      any(sql`update sessions set ended_at = ${now} where user_id = ${user.id} and id <> ${kept} and ended_at is null`),
      any(
        sql`update sessions set security_stamp = ${stamp} where user_id = ${user.id} and id = ${kept} and ended_at is null`,
      ),
      // They carry the old stamp as well: of the session that stays the tokens in use go on, and no further ones come.
      any(
        sql`update session_tokens set expires_at = ${now} where session_id = ${kept} and kind = 'refresh' and expires_at > ${now}`,
      ),
      any(sql`delete from remembered_devices where user_id = ${user.id}`),
      any(sql`update links set used_at = ${now} where user_id = ${user.id} and used_at is null`),
      any(sql`update challenges set settled_at = ${now} where user_id = ${user.id} and settled_at is null`),
      // Whoever saw such a key under the old state must not find it on under the new one.
      any(sql`
        delete from factors
        where user_id = ${user.id} and state = 'pending' and (holder is null or holder <> ${sessionHolder(kept)})`),
      any(sql`
        update mfa_tokens set spent_at = ${now}
        where user_id = ${user.id} and spent_at is null and (session_id is null or session_id <> ${kept})`),
    ],
  }
}

/** When the factors were last proved, by the kinds of the methods. A kind that proves both counts for both. */
function factorTimes(
  ctx: Context,
  methods: readonly Method[],
): { firstFactorAt: number | null; secondFactorAt: number | null } {
  let firstFactorAt: number | null = null
  let secondFactorAt: number | null = null
  for (const proof of methods) {
    const alone = assuranceOf([proof], ctx.settings.profile) === 2
    if (alone || firstKinds.has(proof.kind)) firstFactorAt = latest(firstFactorAt, proof.at)
    // A kind that can't raise the assurance beside a password is no second factor under this profile.
    const second = assuranceOf([{ method: "pwd", kind: "password" }, proof], ctx.settings.profile) === 2
    if (alone || (second && !firstKinds.has(proof.kind))) secondFactorAt = latest(secondFactorAt, proof.at)
  }
  return { firstFactorAt, secondFactorAt }
}

/** `external`: the first step of an app that has its own sign-in. */
const firstKinds: ReadonlySet<string> = new Set(["password", "external"])

const latest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))
