/** API keys as rows. */
import { one, sql, type Statement, type Write } from "../../store/database.ts"
import type { ApiKey } from "../engine.ts"

export type ApiKeyRow = {
  id: string
  user_id: string | null
  service: string | null
  name: string
  postfix: string
  scopes: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
  revoked_at: number | null
}

export const apiKeyOfRow = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  postfix: row.postfix,
  userId: row.user_id,
  service: row.service,
  scopes: JSON.parse(row.scopes) as string[],
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
})

export const keyByHash = (hash: string): Statement => sql`
  select id, user_id, service, name, postfix, scopes, created_at, expires_at, last_used_at, revoked_at
  from api_keys where key_hash = ${hash}`

export const insertKey = (key: ApiKey, hash: string): Write =>
  one(sql`
    insert into api_keys (id, key_hash, user_id, service, name, postfix, scopes, created_at, expires_at, last_used_at, revoked_at)
    values (${key.id}, ${hash}, ${key.userId}, ${key.service}, ${key.name}, ${key.postfix}, ${JSON.stringify(key.scopes)},
      ${key.createdAt}, ${key.expiresAt}, ${null}, ${null})`)
