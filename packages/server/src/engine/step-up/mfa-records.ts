/** MFA tokens as rows; only their hash is kept. */
import { one, sql, type Statement, type Write } from "../../store/database.ts"

export type MfaTokenRow = {
  token_hash: string
  user_id: string
  session_id: string | null
  action: string | null
  single_use: number
  methods: string
  created_at: number
  expires_at: number
  spent_at: number | null
}

export const insertMfaToken = (row: MfaTokenRow): Write =>
  one(sql`
    insert into mfa_tokens (token_hash, user_id, session_id, action, single_use, methods, created_at, expires_at,
      spent_at)
    values (${row.token_hash}, ${row.user_id}, ${row.session_id}, ${row.action}, ${row.single_use}, ${row.methods},
      ${row.created_at}, ${row.expires_at}, ${row.spent_at})`)

/** A token that is good now, and whose session and user still are. */
export const readMfaToken = (hash: string, now: number): Statement => sql`
  select t.* from mfa_tokens t
    join users u on u.id = t.user_id
    join sessions s on s.id = t.session_id
  where t.token_hash = ${hash} and t.spent_at is null and t.expires_at > ${now}
    and u.disabled_at is null and s.ended_at is null and s.expires_at > ${now} and s.security_stamp = u.security_stamp`

/** Its row count is the verdict: of all who spend one token, one does. */
export const spendMfaToken = (hash: string, now: number): Write =>
  one(
    sql`update mfa_tokens set spent_at = ${now} where token_hash = ${hash} and spent_at is null and expires_at > ${now}`,
  )
