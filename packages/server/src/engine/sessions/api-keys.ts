/** API keys: a user key acts for its own user, a service key for a named service with the scopes that it was given. */
import { one, sql } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context } from "../context.ts"
import type { Actor, ApiKey, Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { authorise, refuseLostToken } from "../step-up/authorisation.ts"
import { requireFresh } from "../step-up/reverification.ts"
import { subjectOf } from "../step-up/subject.ts"
import { mintToken, newId } from "../tokens.ts"
import { demandAdministrator } from "../users/administrator.ts"
import { readName } from "../users/profile-fields.ts"
import { storable } from "../users/records.ts"
import { apiKeyOfRow, insertKey, type ApiKeyRow } from "./api-key-records.ts"

/** What a service key can be given. */
export const serviceScopes = [
  "users:read",
  "users:write",
  "factors:read",
  "factors:write",
  "challenges:write",
  "mfa-tokens:spend",
  "audit:read",
  "keys:write",
] as const

const postfixLength = 4
const mostScopes = 50

export const apiKeysOf = (ctx: Context): Engine["apiKeys"] => ({
  async create(on, input) {
    const name = readName(input.name, "name")
    if (name === null) throw new CountersignError("input_invalid", { field: "name" })
    const expiresAt = readExpiry(ctx, input.expiresAt)
    const service = input.service === undefined ? null : readName(input.service, "service")
    if (service === null && input.service !== undefined)
      throw new CountersignError("input_invalid", { field: "service" })
    const scopes = readScopes(input.scopes, service !== null)
    demandNoMoreThanOwn(on.actor, scopes, service !== null)

    const user = service === null ? await subjectOf(ctx, on, { service: "keys:write", self: "write" }) : undefined
    if (service !== null) demandAdministrator(on.actor, "keys:write")
    const spent = await authorise(ctx, on, "api_keys.create")

    const { token: key, hash } = mintToken(ctx, "csk_")
    const record: ApiKey = {
      id: newId(ctx),
      name,
      postfix: key.slice(-postfixLength),
      userId: user?.id ?? null,
      service,
      scopes,
      createdAt: ctx.now(),
      expiresAt,
      lastUsedAt: null,
    }
    const detail = { keyId: record.id, by: on.actor.type, ...(service !== null && { service }) }
    const outcome = await ctx.database.commit([
      ...spent,
      insertKey(record, hash),
      auditWrite(ctx, {
        userId: record.userId,
        event: "api_key.created",
        outcome: "success",
        source: on.source,
        detail,
      }),
      ...(user ? await noticeWrites(ctx, user, "api_key_created", on.source, { name }) : []),
    ])
    if (!outcome.committed) refuseLostToken(spent, outcome.failed)
    ctx.mailIsWaiting()
    return { key, record }
  },

  async list(on) {
    if ("all" in on) {
      demandAdministrator(on.actor, "keys:write")
      const rows = await ctx.database.query<ApiKeyRow>(sql`
        select * from api_keys where revoked_at is null order by created_at, id`)
      return rows.map(apiKeyOfRow)
    }
    const user = await subjectOf(ctx, on, { service: "keys:write", self: "read" })
    const rows = await ctx.database.query<ApiKeyRow>(sql`
      select * from api_keys where user_id = ${user.id} and revoked_at is null order by created_at, id`)
    return rows.map(apiKeyOfRow)
  },

  async update(on, { id, name: wanted, scopes: asked }) {
    const user = await subjectOf(ctx, on, { service: "keys:write", self: "write" })
    const name = wanted === undefined ? undefined : readName(wanted, "name")
    if (name === null) throw new CountersignError("input_invalid", { field: "name" })
    const scopes = asked === undefined ? undefined : readScopes(asked, false)
    if (scopes !== undefined) demandNoMoreThanOwn(on.actor, scopes, false)
    const spent = await authorise(ctx, on, "api_keys.create")
    const [row] = storable(id)
      ? await ctx.database.query<ApiKeyRow>(sql`
          select * from api_keys where id = ${id} and user_id = ${user.id} and revoked_at is null`)
      : []
    if (row === undefined) throw new CountersignError("not_found")
    const before = apiKeyOfRow(row)
    const record: ApiKey = { ...before, name: name ?? before.name, scopes: scopes ?? before.scopes }
    const detail = { keyId: id, by: on.actor.type, scopes: record.scopes }
    const event = { userId: user.id, event: "api_key.changed", outcome: "success", source: on.source, detail } as const
    const outcome = await ctx.database.commit([
      ...spent,
      one(sql`
        update api_keys set name = ${record.name}, scopes = ${JSON.stringify(record.scopes)}
        where id = ${id} and revoked_at is null`),
      auditWrite(ctx, event),
    ])
    if (!outcome.committed) {
      refuseLostToken(spent, outcome.failed)
      throw new CountersignError("not_found")
    }
    return record
  },

  async revoke(on, { id }) {
    const { actor, source } = on
    const [row] = storable(id)
      ? await ctx.database.query<ApiKeyRow>(sql`select * from api_keys where id = ${id} and revoked_at is null`)
      : []
    if (actor.type === "service" || actor.type === "operator") demandAdministrator(actor, "keys:write")
    else {
      // Another user's key does not exist for this one.
      const user = await subjectOf(ctx, on, { service: "keys:write", self: "write" })
      if (row?.user_id !== user.id) throw new CountersignError("not_found")
    }
    if (row === undefined) throw new CountersignError("not_found")
    await requireFresh(ctx, actor, "api_keys.revoke")
    const detail = { keyId: row.id, by: actor.type }
    const outcome = await ctx.database.commit([
      one(sql`update api_keys set revoked_at = ${ctx.now()} where id = ${row.id} and revoked_at is null`),
      auditWrite(ctx, { userId: row.user_id, event: "api_key.revoked", outcome: "success", source, detail }),
    ])
    if (!outcome.committed) throw new CountersignError("not_found")
  },
})

function readExpiry(ctx: Context, expiresAt: number | undefined): number | null {
  if (expiresAt === undefined) return null
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= ctx.now())
    throw new CountersignError("input_invalid", { field: "expiresAt" })
  return expiresAt
}

function readScopes(scopes: readonly string[] | undefined, forService: boolean): string[] {
  const given = scopes ?? []
  const invalid = new CountersignError("input_invalid", { field: "scopes" })
  if (!Array.isArray(given) || given.length > mostScopes) throw invalid
  for (const scope of given as readonly unknown[]) {
    // A user key's scopes are words of the door that reads them; a service key's are ours.
    const known = forService ? (serviceScopes as readonly unknown[]).includes(scope) : isScopeWord(scope)
    if (!known) throw invalid
  }
  return [...new Set(given as readonly string[])]
}

const isScopeWord = (scope: unknown): boolean => typeof scope === "string" && /^[a-z*][a-z0-9.*:_-]{0,63}$/.test(scope)

/** A key can't make one that may do more than itself. */
function demandNoMoreThanOwn(actor: Actor, scopes: readonly string[], forService: boolean): void {
  if (actor.type === "service" && forService) {
    const more = scopes.find((scope) => !actor.key.scopes.includes(scope))
    if (more !== undefined) throw new CountersignError("insufficient_scope", { scope: more })
  }
  if (actor.type === "user-key" && actor.key.scopes.length > 0) {
    const more = scopes.length === 0 ? "*" : scopes.find((scope) => !actor.key.scopes.includes(scope))
    if (more !== undefined) throw new CountersignError("insufficient_scope", { scope: more })
  }
}
