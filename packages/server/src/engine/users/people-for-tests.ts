/** People for the tests of the engine: with an account, signed in, with a factor that is on. */
import { one, sql, type Row, type Statement } from "../../store/database.ts"
import type { ContextForTests } from "../../testing/engine.ts"
import type { Context, Source } from "../context.ts"
import type { Actor, Method, On, User } from "../engine.ts"
import { CountersignError, type ErrorCode, type ErrorDetails } from "../errors.ts"
import { sessionsOf } from "../sessions/session-list.ts"
import { planSession } from "../sessions/sessions.ts"
import { newId } from "../tokens.ts"
import { readUser, type StoredUser } from "./records.ts"
import { usersOf } from "./users.ts"

export const source: Source = { door: "native", address: "203.0.113.7", agent: "Firefox on Linux" }
export const operator: Actor = { type: "operator", name: "ops" }
export const password = "Kestrel-Mast-77!"

export const service = (...scopes: string[]): Actor => ({
  type: "service",
  key: {
    id: "k",
    name: "app",
    postfix: "abcd",
    userId: null,
    service: "app",
    scopes,
    createdAt: 0,
    expiresAt: null,
    lastUsedAt: null,
  },
})

export const userKey = (user: User, ...scopes: string[]): Actor => ({
  type: "user-key",
  user,
  key: {
    id: "k",
    name: "script",
    postfix: "abcd",
    userId: user.id,
    service: null,
    scopes,
    createdAt: 0,
    expiresAt: null,
    lastUsedAt: null,
  },
})

/** A user with a confirmed address and the password above. */
export const person = (ctx: Context, email = "ewa@parcelforge.example", roles: string[] = []): Promise<User> =>
  usersOf(ctx).create({ actor: operator, source }, { email, password, emailConfirmed: true, roles })

export type SignedIn = { readonly token: string; readonly on: On; readonly actor: Extract<Actor, { type: "session" }> }

/** A session of the user; by default born just now with a password. */
export async function signIn(
  ctx: Context,
  user: User,
  options: { kinds?: readonly string[]; door?: string } = {},
): Promise<SignedIn> {
  const stored = await storedUser(ctx, user.id)
  const methods: Method[] = (options.kinds ?? ["password"]).map((kind) => ({
    kind,
    method: kind === "password" ? "pwd" : "otp",
    at: ctx.now(),
  }))
  const from = { ...source, door: options.door ?? source.door }
  const { writes, result } = planSession(ctx, {
    user: stored,
    methods,
    source: from,
    persistent: true,
    deviceRemembered: false,
  })
  await ctx.database.commit(writes)
  return as(ctx, result.token)
}

/** Who a token is now, as an actor with its source. */
export async function as(ctx: Context, token: string): Promise<SignedIn> {
  const actor = await sessionsOf(ctx).authenticate(token, source)
  if (actor?.type !== "session") throw new Error("the token is no living session")
  return { token, actor, on: { actor, source } }
}

export const isAlive = async (ctx: Context, token: string): Promise<boolean> =>
  (await sessionsOf(ctx).authenticate(token, source)) !== undefined

/** An authenticator that is on, as far as policy looks. */
export async function withFactor(ctx: Context, user: User): Promise<string> {
  const id = newId(ctx)
  await ctx.database.commit([
    one(sql`
      insert into factors (id, user_id, kind, name, state, data, counter, created_at, confirmed_at)
      values (${id}, ${user.id}, 'totp', 'Phone', 'on', 'v0', 0, ${ctx.now()}, ${ctx.now()})`),
  ])
  return id
}

export async function storedUser(ctx: Context, id: string): Promise<StoredUser> {
  const user = await readUser(ctx, { id })
  if (user === undefined) throw new Error("no such user")
  return user
}

/** The code and facts that something was refused with, but for the attempts that are left, which any wrong code tells. */
export async function refusal(work: Promise<unknown>): Promise<{ code: ErrorCode } & ErrorDetails> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const { attemptsLeft: _, ...details } = error.details
    return { code: error.code, ...details }
  }
  throw new Error("nothing was refused")
}

/** The token of the newest mail's link (or the bare code), with the mail's template and address. */
export async function newestLink(tests: ContextForTests): Promise<{ template: string; to: string; token: string }> {
  const mail = (await tests.mails()).findLast(({ facts }) => facts["link"] !== undefined || facts["code"] !== undefined)
  if (mail === undefined) throw new Error("no mail with a link")
  const { link, code } = mail.facts
  const token = typeof link === "string" ? new URL(link).searchParams.get("token") : code
  return { template: mail.template, to: mail.to, token: String(token) }
}

/** What mails went to whom: `template` or the notice's name, and the address. */
export const mailed = async (tests: ContextForTests): Promise<string[]> =>
  (await tests.mails()).map(
    ({ template, facts, to }) => `${template === "notice" ? String(facts["notice"]) : template} → ${to}`,
  )

/** Everything that stands in the database, as text, to look for what must not. */
export async function dump(ctx: Context): Promise<string> {
  const tables: Statement[] = [
    sql`select * from users`,
    sql`select * from links`,
    sql`select * from sessions`,
    sql`select * from session_tokens`,
    sql`select * from api_keys`,
    sql`select * from audit`,
    sql`select * from outbox`,
    sql`select * from settings`,
    sql`select * from failures`,
    sql`select * from factors`,
    sql`select * from vault_keys`,
  ]
  const rows: Row[][] = []
  for (const table of tables) rows.push(await ctx.database.query(table))
  return JSON.stringify(rows)
}
