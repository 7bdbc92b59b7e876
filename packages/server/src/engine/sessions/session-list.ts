/** The session operations of the engine, as one group: who acts, where somebody is signed in, and ending it. */
import { any, one, sql } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { standingOf } from "../factors/standing.ts"
import { factorAges } from "../policy/factor-ages.ts"
import { enrolmentOwed } from "../policy/policy.ts"
import { readRules } from "../sign-in/rules.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { subjectOf } from "../step-up/subject.ts"
import { publicUser } from "../users/records.ts"
import { accessTokensOf, issueAccessToken } from "./access-tokens.ts"
import { authenticateOf, isSessionId, liveSessionOf } from "./authentication.ts"
import { endSession, isAlive, readSession, sessionOfRow, type SessionRow } from "./records.ts"
import { issueSessionTokenOf } from "./session-token.ts"
import { issuePairOf, refreshOf } from "./token-pairs.ts"

export const sessionsOf = (ctx: Context): Engine["sessions"] => ({
  authenticate: authenticateOf(ctx),
  issuePair: issuePairOf(ctx),
  refresh: refreshOf(ctx),
  ...accessTokensOf(ctx),
  issueSessionToken: issueSessionTokenOf(ctx),

  async issueJwt(sessionId, signing) {
    const found = await readSession(ctx, sessionId)
    if (!found || !isAlive(found.row, found.user, ctx.now())) throw new CountersignError("unauthenticated")
    return issueAccessToken(ctx, sessionOfRow(found.row), publicUser(found.user), signing)
  },

  async list(on) {
    const user = await subjectOf(ctx, on, { service: "users:read", self: "read" })
    const rows = await ctx.database.query<SessionRow>(sql`
      select * from sessions where user_id = ${user.id} and ended_at is null and expires_at > ${ctx.now()}
      order by created_at desc, id desc limit 500`)
    const current = on.actor.type === "session" ? on.actor.session.id : undefined
    return rows
      .filter((row) => isAlive(row, user, ctx.now()))
      .map((row) => ({ ...sessionOfRow(row), current: row.id === current }))
  },

  async end(on, { id }) {
    const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
    await requireFresh(ctx, on.actor, "sessions.end")
    if (!isSessionId(id)) throw new CountersignError("not_found")
    const outcome = await ctx.database.commit([
      one(
        sql`update sessions set ended_at = ${ctx.now()} where id = ${id} and user_id = ${user.id} and ended_at is null`,
      ),
      auditWrite(ctx, {
        userId: user.id,
        event: "session.ended",
        outcome: "success",
        source: on.source,
        detail: { sessionId: id, by: on.actor.type },
      }),
    ])
    if (!outcome.committed) throw new CountersignError("not_found")
  },

  /** Remembered devices go with the sessions: what is signed out everywhere is trusted nowhere. */
  async endOthers(on) {
    const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
    await requireFresh(ctx, on.actor, "sessions.end")
    const kept = on.actor.type === "session" ? on.actor.session.id : ""
    const now = ctx.now()
    const outcome = await ctx.database.commit([
      any(sql`
        update sessions set ended_at = ${now}
        where user_id = ${user.id} and id <> ${kept} and ended_at is null and expires_at > ${now} returning id`),
      any(sql`delete from remembered_devices where user_id = ${user.id}`),
      auditWrite(ctx, {
        userId: user.id,
        event: "sessions.ended",
        outcome: "success",
        source: on.source,
        detail: { by: on.actor.type },
      }),
    ])
    return outcome.committed ? (outcome.rows[0]?.length ?? 0) : 0
  },

  async signOut(token, source) {
    const found = await liveSessionOf(ctx, token)
    if (!found) return
    const { row, user } = found
    await ctx.database.commit([
      endSession(row.id, ctx.now()),
      auditWrite(ctx, {
        userId: user.id,
        event: "session.signed_out",
        outcome: "success",
        source,
        detail: { sessionId: row.id },
      }),
    ])
  },

  async find(id) {
    const found = await readSession(ctx, id)
    return found && isAlive(found.row, found.user, ctx.now()) ? sessionOfRow(found.row) : undefined
  },

  async factorAges(userId) {
    const standing = await standingOf(ctx, userId)
    return (session) => factorAges(session, standing, ctx.now())
  },

  async tasks(actor) {
    if (actor.type !== "session") return []
    const standing = await standingOf(ctx, actor.user.id)
    return enrolmentOwed(actor.user, standing, await readRules(ctx), ctx.now(), actor.session)
      ? ["enrol_second_factor"]
      : []
  },
})
