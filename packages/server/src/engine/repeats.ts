/**
 * A request that arrives twice (a lost answer, a proxy that tries again) is done once and answered twice. Its maker names
 * it; what is remembered for a minute is the id of what it made, never the answer, which may hold secrets.
 */
import { one, sql, type Write } from "../store/database.ts"
import type { Context } from "./context.ts"
import { readHeld } from "./factors/held.ts"
import { hashToken, newId } from "./tokens.ts"
import { bounds } from "./vault.ts"

const seconds = 60

export type Request = {
  /** Who made it: a session, a key, a challenge. Nobody else's request is the same one. */
  readonly holder: string
  readonly operation: string
  readonly requestKey: string | undefined
}

const kindOf = (operation: string, requestKey: string): string => `repeat:${operation}:${hashToken(requestKey)}`

/** The id of what the same request made before; undefined for a new one, or one without a name. */
export async function madeBefore(ctx: Context, request: Request): Promise<string | undefined> {
  const { holder, operation, requestKey } = request
  const held = requestKey === undefined ? undefined : await readHeld(ctx, holder, kindOf(operation, requestKey))
  return held === undefined ? undefined : String(held["made"])
}

/** The write that remembers what a request makes. Its guard fails for whoever comes second. */
export async function noteMade(ctx: Context, request: Request, made: string): Promise<Write[]> {
  const { holder, operation, requestKey } = request
  if (requestKey === undefined) return []
  const kind = kindOf(operation, requestKey)
  const data = await ctx.vault.seal(JSON.stringify({ made }), bounds.held(holder, kind))
  const now = ctx.now()
  return [
    one(sql`
      insert into held (owner_id, kind, serial, data, created_at, expires_at, sends)
      values (${holder}, ${kind}, ${newId(ctx)}, ${data}, ${now}, ${now + seconds * 1000}, 1)
      on conflict (owner_id, kind) do update
        set serial = excluded.serial, data = excluded.data, created_at = excluded.created_at, expires_at = excluded.expires_at
        where held.expires_at <= ${now}`),
  ]
}
