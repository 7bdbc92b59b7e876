import { afterEach, beforeEach, expect, test } from "vitest"
import { any, sql, type Statement } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import {
  isAlive,
  operator,
  person,
  refusal,
  service,
  signIn,
  source,
  storedUser,
  userKey,
  withFactor,
} from "../users/people-for-tests.ts"
import { usersOf } from "../users/users.ts"
import { sessionsOf } from "../sessions/session-list.ts"
import { operatorsOf } from "./operators.ts"

let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests()
})
afterEach(() => tests.close())
const operators = () => operatorsOf(tests.ctx)
const by = { actor: operator, source }

test("a setting is kept, changed, read by every node and taken away again", async () => {
  expect(await operators().setting("tfa.mode")).toBeUndefined()
  await operators().setSetting(by, "tfa.mode", "on")
  await operators().setSetting(by, "tfa.mode", "off")
  expect(await operatorsOf(tests.ctx).setting("tfa.mode")).toBe("off")
  await operators().setSetting(by, "tfa.mode", null)
  expect(await operators().setting("tfa.mode")).toBeUndefined()
  expect(await tests.database.query(sql`select event from audit where event = 'setting.changed'`)).toHaveLength(3)
})

test("only administrators change settings, and one with a second factor has to have proved it", async () => {
  const user = await person(tests.ctx)
  const admin = await person(tests.ctx, "admin@parcelforge.example", ["Administrator"])
  const weak = await signIn(tests.ctx, admin)
  for (const actor of [(await signIn(tests.ctx, user)).actor, userKey(user), service("users:read")])
    expect(await refusal(operators().setSetting({ actor, source }, "x", "1"))).toEqual({ code: "forbidden" })
  await operators().setSetting({ actor: service("users:write"), source }, "x", "1")
  await operators().setSetting({ actor: weak.actor, source }, "x", "2")
  await withFactor(tests.ctx, admin)
  for (const actor of [weak.actor, userKey(admin)])
    expect(await refusal(operators().setSetting({ actor, source }, "x", "3"))).toEqual({ code: "forbidden" })
  const strong = await signIn(tests.ctx, admin, { kinds: ["password", "totp"] })
  await operators().setSetting({ actor: strong.actor, source }, "x", "3")
  expect(await operators().setting("x")).toBe("3")
})

test("keys of ours are neither read nor written as settings", async () => {
  const { actor } = await signIn(tests.ctx, await person(tests.ctx))
  await sessionsOf(tests.ctx).issueJwt(actor.session.id, { issuer: "i", audience: "a", seconds: 1 })
  const [row] = await tests.database.query<{ name: string }>(sql`select name from settings`)
  expect(await operators().setting(row?.name ?? "")).toBeUndefined()
  expect(await refusal(operators().setSetting(by, row?.name ?? "", "x"))).toEqual({
    code: "input_invalid",
    field: "name",
  })
  for (const name of ["", "A", "a b", "x".repeat(101), "a\u0000"])
    expect((await refusal(operators().setSetting(by, name, "x"))).code).toBe("input_invalid")
  for (const value of ["\u0000", "\ud800", "x".repeat(10_001)])
    expect(await refusal(operators().setSetting(by, "x", value))).toEqual({ code: "input_invalid", field: "value" })
})

test("a sweep takes what has expired, and leaves what is of use", async () => {
  const user = await person(tests.ctx)
  const factor = await withFactor(tests.ctx, user)
  const old = await signIn(tests.ctx, user)
  await usersOf(tests.ctx).requestReset({ email: user.email ?? "" }, source)
  const { securityStamp } = await storedUser(tests.ctx, user.id)
  const now = tests.clock.now()
  const put = (...statements: Statement[]) => tests.database.commit(statements.map(any))
  await put(
    sql`insert into challenges (id, token_hash, user_id, purpose, door, methods, attempts, persistent, security_stamp, created_at, expires_at)
        values ('c', 'h', ${user.id}, 'sign_in', 'native', '[]', 0, 0, ${securityStamp}, 0, ${now})`,
    sql`insert into factors (id, user_id, kind, name, state, data, counter, created_at, expires_at)
        values ('pending', ${user.id}, 'totp', 'x', 'pending', 'x', 0, 0, ${now})`,
    sql`insert into held (owner_id, kind, serial, data, created_at, expires_at, sends) values ('pending', 'totp', 's', 'x', 0, ${now}, 0)`,
    sql`insert into recovery_code_sets (id, user_id, copy, copy_expires_at, created_at) values ('set', ${user.id}, 'v1.copy', ${now}, 0)`,
    sql`insert into remembered_devices (id, token_hash, user_id, security_stamp, created_at, last_used_at, expires_at)
        values ('d', 'h', ${user.id}, 's', 0, 0, ${now})`,
    sql`insert into mfa_tokens (token_hash, user_id, single_use, methods, created_at, expires_at) values ('m', ${user.id}, 1, '[]', 0, ${now})`,
    sql`insert into rate_windows (bucket, window_start, count, expires_at) values ('b', 0, 1, ${now})`,
    sql`update outbox set sent_at = ${now}, body = ''`,
    sql`insert into failures (subject, class, count, total, waits, blocked_until, last_at) values ('stranger', 'password', 1, 1, 0, 0, ${now})`,
    sql`insert into failures (subject, class, count, total, waits, blocked_until, last_at) values (${user.id}, 'kind:totp', 0, 99, 0, 0, ${now})`,
  )
  tests.clock.advance(2 * 365 * 86_400)
  const fresh = await signIn(tests.ctx, user)
  const swept = await operators().sweep()
  expect(swept).toBeGreaterThanOrEqual(12)
  const left = await tests.database.query<{ t: string }>(sql`
    select 'challenge' as t from challenges union all select 'factor ' || id from factors union all select 'held' from held
    union all select 'copy' from recovery_code_sets where copy is not null union all select 'set' from recovery_code_sets
    union all select 'device' from remembered_devices union all select 'mfa' from mfa_tokens union all select 'window' from rate_windows
    union all select 'mail' from outbox union all select 'failure ' || class from failures union all select 'link' from links
    union all select 'session' from sessions union all select 'token' from session_tokens`)
  expect(left.map(({ t }) => t).toSorted()).toEqual(
    ["failure kind:totp", `factor ${factor}`, "session", "set", "token"].toSorted(),
  )
  expect([await isAlive(tests.ctx, fresh.token), await isAlive(tests.ctx, old.token)]).toEqual([true, false])
  expect(await tests.database.query(sql`select id from audit`)).not.toEqual([])
  expect(await operators().sweep()).toBe(0)
})

test("a sweep takes at most 100 rows a commit, and all of them in the end", async () => {
  const rows = Array.from({ length: 250 }, (_, n) =>
    any(sql`insert into rate_windows (bucket, window_start, count, expires_at) values (${`b${n}`}, 0, 1, 1)`),
  )
  await tests.database.commit(rows)
  const sizes: number[] = []
  const watched = {
    ...tests.ctx,
    database: {
      ...tests.database,
      commit: async (writes: Parameters<typeof tests.database.commit>[0]) => {
        const outcome = await tests.database.commit(writes)
        if (outcome.committed) sizes.push(outcome.rows[0]?.length ?? 0)
        return outcome
      },
    },
  }
  expect(await operatorsOf(watched).sweep()).toBe(250)
  expect(Math.max(...sizes)).toBe(100)
})
