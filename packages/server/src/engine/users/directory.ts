/** Users as administrators see them: found, listed, changed, disabled, removed. Changing oneself is here as well. */
import { any, one, sql, type Statement } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { planStampChange } from "../sessions/sessions.ts"
import { authorise } from "../step-up/authorisation.ts"
import { subjectOf } from "../step-up/subject.ts"
import { demandAdministrator } from "./administrator.ts"
import { readCursor, readLimit, writeCursor } from "../cursor.ts"
import { readExternalId, readLocale, readName, readRoles } from "./profile-fields.ts"
import {
  commitGuarded,
  publicUser,
  readUser,
  revise,
  storable,
  userOfRow,
  type StoredUser,
  type UserChange,
  type UserRow,
} from "./records.ts"

const writing = { service: "users:write", self: "write" } as const

export const findUserOf =
  (ctx: Context): Engine["users"]["find"] =>
  async (by) => {
    const user = await readUser(ctx, by)
    return user && publicUser(user)
  }

/** Oldest first. `search` is looked for in addresses, ids of apps and names. */
export const listUsersOf =
  (ctx: Context): Engine["users"]["list"] =>
  async (by, page) => {
    demandAdministrator(by, "users:read")
    const limit = readLimit(page.limit)
    const after = readCursor(page.after)
    const rows = await ctx.database.query<UserRow>(listStatement(after, limit + 1, page.search))
    const items = rows.slice(0, limit).map((row) => publicUser(userOfRow(row)))
    const last = items.at(-1)
    return { items, next: rows.length > limit && last ? writeCursor(last.createdAt, last.id) : null }
  }

function listStatement(after: { at: number; id: string }, limit: number, search: string | undefined): Statement {
  if (search === undefined || search.trim() === "")
    return sql`
      select * from users where created_at > ${after.at} or (created_at = ${after.at} and id > ${after.id})
      order by created_at, id limit ${limit}`
  if (!storable(search) || search.length > 256) throw new CountersignError("input_invalid", { field: "search" })
  const part = `%${search
    .normalize("NFKC")
    .trim()
    .toLowerCase()
    .replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  return sql`
    select * from users
    where (created_at > ${after.at} or (created_at = ${after.at} and id > ${after.id}))
      and (email_key like ${part} escape '\\' or lower(external_id) like ${part} escape '\\'
        or lower(first_name) like ${part} escape '\\' or lower(last_name) like ${part} escape '\\')
    order by created_at, id limit ${limit}`
}

/** What anybody may change of themselves; the rest is an administrator's (`users:write`). */
const ownFields: ReadonlySet<string> = new Set(["firstName", "lastName", "locale"])

/**
 * Names and locale by the user; roles, the app's id and `disabled` by an administrator (`users:write`). All in one
 * commit. A disabled user's sessions end at once, and its keys and links do nothing (ASVS 8.3.2).
 */
export const updateUserOf =
  (ctx: Context): Engine["users"]["update"] =>
  async (on, change) => {
    const given = Object.entries(change).filter(([, value]) => value !== undefined)
    if (given.some(([field]) => !ownFields.has(field))) demandAdministrator(on.actor, "users:write")
    await subjectOf(ctx, on, writing)
    const wanted: UserChange = {
      ...(change.firstName !== undefined && { firstName: readName(change.firstName, "firstName") }),
      ...(change.lastName !== undefined && { lastName: readName(change.lastName, "lastName") }),
      ...(change.locale !== undefined && { locale: readLocale(change.locale) }),
      ...(change.roles !== undefined && { roles: readRoles(change.roles) }),
      ...(change.externalId !== undefined && { externalId: readExternalId(change.externalId) }),
    }
    return commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, writing)
      const disabled = change.disabled ?? user.disabled
      const fields = Object.keys(wanted)
      const turned = disabled === user.disabled ? undefined : planStampChange(ctx, user)
      if (fields.length === 0 && !turned) return { writes: [], result: publicUser(user) }
      const { externalId } = wanted
      const holder = externalId ? await readUser(ctx, { externalId }) : undefined
      if (holder && holder.id !== user.id) throw new CountersignError("conflict", { field: "externalId" })
      const turning = turned && { stamp: turned.stamp, disabledAt: disabled ? ctx.now() : null }
      const event = { userId: user.id, outcome: "success", source: on.source } as const
      const detail = { by: on.actor.type }
      return {
        writes: [
          revise(user, { ...wanted, ...turning }),
          ...(turned?.writes ?? []),
          ...(fields.length > 0
            ? [auditWrite(ctx, { ...event, event: "user.updated", detail: { ...detail, fields } })]
            : []),
          ...(turned
            ? [auditWrite(ctx, { ...event, event: disabled ? "user.disabled" : "user.enabled", detail })]
            : []),
        ],
        result: publicUser({ ...user, ...(wanted as Partial<StoredUser>), disabled, revision: user.revision + 1 }),
      }
    })
  }

/** Removes a user and everything that is theirs; the audit record stays. */
export const removeUserOf =
  (ctx: Context): Engine["users"]["remove"] =>
  async (on) => {
    await commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, writing)
      const spent = await authorise(ctx, on, "user.remove")
      return {
        writes: [
          ...spent,
          any(sql`
            delete from held where owner_id in (select id from challenges where user_id = ${user.id})
              or owner_id in (select id from factors where user_id = ${user.id})`),
          any(sql`delete from failures where subject = ${user.id}`),
          one(sql`delete from users where id = ${user.id} and revision = ${user.revision}`),
          auditWrite(ctx, {
            userId: user.id,
            event: "user.removed",
            outcome: "success",
            source: on.source,
            detail: { by: on.actor.type },
          }),
        ],
        result: undefined,
      }
    })
  }
