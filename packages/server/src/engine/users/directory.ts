/** Users as administrators see them: found, listed, changed, disabled, removed. Changing oneself is here as well. */
import { any, one, sql, type Statement } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { planStampChange } from "../sessions/sessions.ts"
import { requireFresh } from "../step-up/reverification.ts"
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

/** Names and locale by the user; roles and the app's id by an administrator (`users:write`). */
export const updateUserOf =
  (ctx: Context): Engine["users"]["update"] =>
  async (on, change) => {
    await subjectOf(ctx, on, { service: "users:write", self: "write" })
    if (change.roles !== undefined || change.externalId !== undefined) demandAdministrator(on.actor, "users:write")
    const wanted: UserChange = {
      ...(change.firstName !== undefined && { firstName: readName(change.firstName, "firstName") }),
      ...(change.lastName !== undefined && { lastName: readName(change.lastName, "lastName") }),
      ...(change.locale !== undefined && { locale: readLocale(change.locale) }),
      ...(change.roles !== undefined && { roles: readRoles(change.roles) }),
      ...(change.externalId !== undefined && { externalId: readExternalId(change.externalId) }),
    }
    return commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
      if (Object.keys(wanted).length === 0) return { writes: [], result: publicUser(user) }
      const { externalId } = wanted
      const holder = externalId ? await readUser(ctx, { externalId }) : undefined
      if (holder && holder.id !== user.id) throw new CountersignError("conflict", { field: "externalId" })
      const fields = Object.keys(wanted)
      return {
        writes: [
          revise(user, wanted),
          auditWrite(ctx, {
            userId: user.id,
            event: "user.updated",
            outcome: "success",
            source: on.source,
            detail: { by: on.actor.type, fields },
          }),
        ],
        result: publicUser({ ...user, ...(wanted as Partial<StoredUser>), revision: user.revision + 1 }),
      }
    })
  }

/** A disabled user's sessions end at once, and its keys and links do nothing (ASVS 8.3.2). */
export const setDisabledOf =
  (ctx: Context): Engine["users"]["setDisabled"] =>
  async (on, disabled) => {
    demandAdministrator(on.actor, "users:write")
    return commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
      if (user.disabled === disabled) return { writes: [], result: publicUser(user) }
      const { stamp, writes } = planStampChange(ctx, user)
      const event = disabled ? "user.disabled" : "user.enabled"
      return {
        writes: [
          revise(user, { stamp, disabledAt: disabled ? ctx.now() : null }),
          ...writes,
          auditWrite(ctx, {
            userId: user.id,
            event,
            outcome: "success",
            source: on.source,
            detail: { by: on.actor.type },
          }),
        ],
        result: publicUser({ ...user, disabled, revision: user.revision + 1 }),
      }
    })
  }

/** Removes a user and everything that is theirs; the audit record stays. */
export const removeUserOf =
  (ctx: Context): Engine["users"]["remove"] =>
  async (on) => {
    await subjectOf(ctx, on, { service: "users:write", self: "write" })
    await requireFresh(ctx, on.actor, "user.remove")
    await commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, { service: "users:write", self: "write" })
      return {
        writes: [
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
