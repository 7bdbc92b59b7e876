/** What operators change while the server runs, and the sweeping up of what has expired. */
import { any, one, sql, type Statement } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { sealedSettingPrefix } from "../sessions/access-tokens.ts"
import { importUsersOf } from "./transfer.ts"
import { demandPortalAdministrator } from "./administering.ts"

const longestName = 100
const longestValue = 10_000
/** A waiting writer blocks the others, so a commit stays small, and one sweep ends. */
const rowsPerCommit = 100
const commitsPerPlace = 50

const hour = 3_600_000
const day = 24 * hour
/** How long traces stay that are of use to somebody who asks what happened. */
const keptAfterEnd = 7 * day
/** A password's failures are forgotten after this; those of a factor, which it can die of, never. */
const passwordFailuresKept = 2 * day

export const operatorsOf = (ctx: Context): Omit<Engine["operators"], "resetFactors"> => ({
  async setting(name) {
    if (name.startsWith(sealedSettingPrefix)) return undefined
    const [row] = await ctx.database.query<{ value: string }>(sql`select value from settings where name = ${name}`)
    return row?.value
  },

  async setSetting({ actor, source }, name, value) {
    await demandPortalAdministrator(ctx, actor)
    if (!/^[a-z][a-z0-9_.-]*$/.test(name) || name.length > longestName)
      throw new CountersignError("input_invalid", { field: "name" })
    if (value !== null && (value.length > longestValue || !value.isWellFormed() || value.includes("\0")))
      throw new CountersignError("input_invalid", { field: "value" })
    const now = ctx.now()
    await ctx.database.commit([
      value === null
        ? any(sql`delete from settings where name = ${name}`)
        : one(sql`
            insert into settings (name, value, changed_at) values (${name}, ${value}, ${now})
            on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at`),
      auditWrite(ctx, {
        userId: actor.type === "session" || actor.type === "user-key" ? actor.user.id : null,
        event: "setting.changed",
        outcome: "success",
        source,
        detail: { name, by: actor.type },
      }),
    ])
  },

  async sweep() {
    let swept = 0
    for (const statement of expired(ctx.now())) {
      for (let commits = 0; commits < commitsPerPlace; commits++) {
        const outcome = await ctx.database.commit([any(statement)])
        const rows = outcome.committed ? (outcome.rows[0]?.length ?? 0) : 0
        swept += rows
        if (rows < rowsPerCommit) break
      }
    }
    return swept
  },

  importUsers: importUsersOf(ctx),
})

/**
 * Pieces of what is no longer good for anything, each in one small statement that returns what it took. Not among it:
 * the audit record, factors that were ever on, and failures that a factor can die of.
 */
const expired = (now: number): readonly Statement[] => [
  sql`delete from challenges where id in (
        select id from challenges where expires_at < ${now - day} limit ${rowsPerCommit}) returning id`,
  // A used refresh token is kept as long as it would have lived, so that its reuse is noticed.
  sql`delete from session_tokens where token_hash in (
        select token_hash from session_tokens where expires_at < ${now - hour} limit ${rowsPerCommit}) returning session_id`,
  sql`delete from sessions where id in (
        select id from sessions where expires_at < ${now - keptAfterEnd} limit ${rowsPerCommit}) returning id`,
  sql`delete from sessions where id in (
        select id from sessions where ended_at < ${now - keptAfterEnd} limit ${rowsPerCommit}) returning id`,
  sql`delete from links where token_hash in (
        select token_hash from links where expires_at < ${now - keptAfterEnd} limit ${rowsPerCommit}) returning user_id`,
  sql`delete from factors where id in (
        select id from factors where state = 'pending' and expires_at < ${now - hour} limit ${rowsPerCommit}) returning id`,
  sql`delete from held where owner_id in (
        select owner_id from held where expires_at < ${now - hour} limit ${rowsPerCommit}) and expires_at < ${now - hour} returning owner_id`,
  sql`update recovery_code_sets set copy = null, copy_expires_at = null where id in (
        select id from recovery_code_sets where copy_expires_at < ${now} limit ${rowsPerCommit}) returning id`,
  sql`delete from remembered_devices where id in (
        select id from remembered_devices where expires_at < ${now} limit ${rowsPerCommit}) returning id`,
  sql`delete from mfa_tokens where token_hash in (
        select token_hash from mfa_tokens where expires_at < ${now - day} limit ${rowsPerCommit}) returning user_id`,
  sql`delete from rate_windows where bucket in (
        select bucket from rate_windows where expires_at < ${now} limit ${rowsPerCommit}) and expires_at < ${now} returning bucket`,
  sql`delete from outbox where id in (
        select id from outbox where sent_at < ${now - keptAfterEnd} limit ${rowsPerCommit}) returning id`,
  sql`delete from failures where class in ('password', 'enrolment') and subject in (
        select subject from failures
        where class in ('password', 'enrolment') and last_at < ${now - passwordFailuresKept} and blocked_until < ${now}
        limit ${rowsPerCommit})
      and last_at < ${now - passwordFailuresKept} and blocked_until < ${now} returning subject`,
]
