/** The record of what happened: only ever appended to, in the commit of the thing itself. */
import { one, sql, type Write } from "../../store/database.ts"
import type { Context, Source } from "../context.ts"
import { newId } from "../tokens.ts"

/** Facts of an event. Never a secret, and nothing that was typed. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** Longest user agent that is kept, in UTF-16 units. */
const agentLength = 400

/**
 * The write that records one event. `event` is dotted words (`sign_in.complete`); `outcome` is `success` or
 * `failure`. `userId` is null where no account is known.
 */
export function auditWrite(
  ctx: Context,
  entry: {
    userId: string | null
    event: string
    outcome: "success" | "failure"
    source: Source
    detail?: AuditDetail | undefined
  },
): Write {
  const { source } = entry
  return one(sql`
    insert into audit (id, at, user_id, event, outcome, door, address, agent, detail)
    values (${newId(ctx)}, ${ctx.now()}, ${entry.userId}, ${entry.event}, ${entry.outcome}, ${source.door},
      ${source.address ?? null}, ${plainAgent(source.agent)}, ${JSON.stringify(entry.detail ?? {})})`)
}

/** A user agent as it may be stored: no control characters (ASVS 16.4.1), and not endless. */
export const plainAgent = (agent: string | undefined): string | null =>
  agent === undefined
    ? null
    : agent
        .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")
        .slice(0, agentLength)
        .toWellFormed()
