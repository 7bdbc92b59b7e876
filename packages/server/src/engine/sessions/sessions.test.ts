import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { any, sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import type { Method, User } from "../engine.ts"
import { hashToken } from "../tokens.ts"
import {
  as,
  dump,
  isAlive,
  operator,
  person,
  refusal,
  service,
  signIn,
  source,
  storedUser,
  userKey,
} from "../users/people-for-tests.ts"
import { revise } from "../users/records.ts"
import { usersOf } from "../users/users.ts"
import { sessionsOf } from "./session-list.ts"
import { planFresh, planSession, planStampChange } from "./sessions.ts"

let tests: ContextForTests
let user: User
beforeEach(async () => {
  tests = await contextForTests()
  user = await person(tests.ctx)
})
afterEach(() => tests.close())
const sessions = () => sessionsOf(tests.ctx)

const method = (kind: string, name = "otp"): Method => ({ kind, method: name, at: tests.clock.now() })

describe("a session's assurance tells the truth", () => {
  const password = () => method("password", "pwd")
  const table: readonly [string, () => Method[], "default" | "nist-aal2", boolean, 1 | 2, boolean, boolean][] = [
    ["a password", () => [password()], "default", false, 1, true, false],
    ["password and app", () => [password(), method("totp")], "default", false, 2, true, true],
    [
      "password and recovery code",
      () => [password(), method("recovery-code", "recovery")],
      "default",
      false,
      2,
      true,
      true,
    ],
    ["password and mailed code", () => [password(), method("email-code", "mail")], "default", false, 2, true, true],
    [
      "password and mailed code under NIST",
      () => [password(), method("email-code", "mail")],
      "nist-aal2",
      false,
      1,
      true,
      false,
    ],
    ["password and app under NIST", () => [password(), method("totp")], "nist-aal2", false, 2, true, true],
    [
      "a passkey that verified its user",
      () => [method("passkey", "hwk"), method("passkey", "mfa")],
      "default",
      false,
      2,
      true,
      true,
    ],
    [
      "an app's own first step and a code",
      () => [method("external", "external"), method("totp")],
      "default",
      false,
      2,
      true,
      true,
    ],
    ["an app's own first step", () => [method("external", "external")], "default", false, 1, true, false],
    ["a code alone", () => [method("totp")], "default", false, 1, false, true],
    ["a remembered device", () => [password()], "default", true, 1, true, false],
  ]
  test.each(table)("%s", async (_name, methods, profile, deviceRemembered, aal, first, second) => {
    const ctx = { ...tests.ctx, settings: { ...tests.ctx.settings, profile } }
    const stored = await storedUser(ctx, user.id)
    const { session } = planSession(ctx, {
      user: stored,
      methods: methods(),
      source,
      persistent: false,
      deviceRemembered,
    }).result
    const now = tests.clock.now()
    expect(session).toMatchObject({
      aal,
      firstFactorAt: first ? now : null,
      secondFactorAt: second ? now : null,
      deviceRemembered,
    })
  })
})

test("a session authenticates by its token, and the database holds only the hash", async () => {
  const { token, actor } = await signIn(tests.ctx, user)
  expect(token).toMatch(/^css_[A-Za-z0-9_-]{43}$/)
  expect(actor.user).toEqual(user)
  expect(actor.session).toMatchObject({
    userId: user.id,
    door: "native",
    aal: 1,
    persistent: true,
    agent: source.agent,
    address: source.address,
  })
  const text = await dump(tests.ctx)
  expect(text).not.toContain(token)
  expect(text).toContain(hashToken(token))
})

test("unknown, bent and foreign tokens are nobody's", async () => {
  const { token } = await signIn(tests.ctx, user)
  for (const bent of [
    "",
    "css_",
    token.slice(4),
    `${token}x`,
    token.slice(0, -1),
    token.toUpperCase(),
    token.replace("css_", "csa_"),
    token.replace("css_", "csr_"),
    hashToken(token),
    "css_\u0000",
    `css_${"x".repeat(100_000)}`,
  ])
    expect(await isAlive(tests.ctx, bent)).toBe(false)
  expect(await isAlive(tests.ctx, token)).toBe(true)
})

test("a session ends after its whole life, however busy it was", async () => {
  const { token } = await signIn(tests.ctx, user)
  const { seconds } = tests.ctx.settings.session
  for (let spent = 0; spent + 86_400 < seconds; spent += 86_400) {
    tests.clock.advance(86_400)
    expect(await isAlive(tests.ctx, token)).toBe(true)
  }
  tests.clock.advance(86_400)
  expect(await isAlive(tests.ctx, token)).toBe(false)
})

test("a session ends when it was idle too long, and use puts that off", async () => {
  await tests.close()
  tests = await contextForTests({ settings: { session: { seconds: 86_400, idleSeconds: 3600, touchSeconds: 300 } } })
  user = await person(tests.ctx)
  const { token } = await signIn(tests.ctx, user)
  for (let n = 0; n < 5; n++) {
    tests.clock.advance(3599)
    expect(await isAlive(tests.ctx, token)).toBe(true)
  }
  tests.clock.advance(3600)
  expect(await isAlive(tests.ctx, token)).toBe(false)
})

test("the last use is written at most every five minutes", async () => {
  const { token } = await signIn(tests.ctx, user)
  let commits = 0
  const counting = {
    ...tests.ctx,
    database: {
      ...tests.database,
      commit: (writes: Parameters<typeof tests.database.commit>[0]) => (commits++, tests.database.commit(writes)),
    },
  }
  for (let n = 0; n < 60; n++) {
    tests.clock.advance(10)
    await sessionsOf(counting).authenticate(token, source)
  }
  expect(commits).toBe(1)
  expect((await as(tests.ctx, token)).actor.session.lastUsedAt).toBeGreaterThan(tests.clock.now() - 300_001)
})

test("a session dies with the security stamp", async () => {
  const { token } = await signIn(tests.ctx, user)
  await tests.database.commit([any(sql`update users set security_stamp = 'changed' where id = ${user.id}`)])
  expect(await isAlive(tests.ctx, token)).toBe(false)
})

describe("a stamp change", () => {
  test("ends everything that carries the old stamp, and keeps the one session", async () => {
    const [kept, other] = [await signIn(tests.ctx, user), await signIn(tests.ctx, user)]
    await usersOf(tests.ctx).requestReset({ email: user.email ?? "" }, source)
    const stored = await storedUser(tests.ctx, user.id)
    const later = tests.clock.now() + 1_000_000
    const token = (hash: string, session: string | null) =>
      any(sql`
      insert into mfa_tokens (token_hash, user_id, session_id, single_use, methods, created_at, expires_at)
      values (${hash}, ${user.id}, ${session}, 1, '[]', 0, ${later})`)
    await tests.database.commit([
      any(sql`insert into remembered_devices (id, token_hash, user_id, security_stamp, created_at, last_used_at, expires_at)
              values ('d', 'h', ${user.id}, ${stored.securityStamp}, 0, 0, ${later})`),
      any(sql`insert into challenges (id, token_hash, user_id, purpose, door, methods, attempts, persistent, security_stamp, created_at, expires_at)
              values ('c', 'h', ${user.id}, 'sign_in', 'native', '[]', 0, 0, ${stored.securityStamp}, 0, ${later})`),
      token("kept", kept.actor.session.id),
      token("other", other.actor.session.id),
      token("none", null),
    ])
    const { stamp, writes } = planStampChange(tests.ctx, stored, { keepSessionId: kept.actor.session.id })
    await tests.database.commit([revise(stored, { stamp }), ...writes])
    expect((await storedUser(tests.ctx, user.id)).securityStamp).toBe(stamp)
    expect([await isAlive(tests.ctx, kept.token), await isAlive(tests.ctx, other.token)]).toEqual([true, false])
    const open = await tests.database.query(sql`
      select 'device' as what from remembered_devices union all select 'link' from links where used_at is null
      union all select 'challenge' from challenges where settled_at is null
      union all select token_hash from mfa_tokens where spent_at is null`)
    expect(open).toEqual([{ what: "kept" }])
  })

  test("cannot be used to keep somebody else's session", async () => {
    const other = await person(tests.ctx, "other@parcelforge.example")
    const theirs = await signIn(tests.ctx, other)
    const stored = await storedUser(tests.ctx, user.id)
    const { stamp, writes } = planStampChange(tests.ctx, stored, { keepSessionId: theirs.actor.session.id })
    await tests.database.commit([revise(stored, { stamp }), ...writes])
    const [row] = await tests.database.query<{ security_stamp: string }>(
      sql`select security_stamp from sessions where id = ${theirs.actor.session.id}`,
    )
    expect(row?.security_stamp).not.toBe(stamp)
  })
})

describe("proving again", () => {
  test("brings methods, times and assurance up to date under a new token", async () => {
    const before = await signIn(tests.ctx, user)
    tests.clock.advance(4000)
    const { writes, result } = planFresh(tests.ctx, before.actor.session, { methods: [method("totp")] })
    await tests.database.commit(writes)
    const { session } = (await as(tests.ctx, result.token)).actor
    expect(session).toEqual(result.session)
    expect(session).toMatchObject({
      aal: 2,
      firstFactorAt: before.actor.session.firstFactorAt,
      secondFactorAt: tests.clock.now(),
      authenticatedAt: tests.clock.now(),
      expiresAt: before.actor.session.expiresAt,
    })
    expect(session.methods.map(({ kind }) => kind)).toEqual(["password", "totp"])
    tests.clock.advance(60)
    const again = planFresh(tests.ctx, session, { methods: [method("totp")] })
    await tests.database.commit(again.writes)
    expect(again.result.session.methods).toHaveLength(2)
    expect(again.result.session.secondFactorAt).toBe(tests.clock.now())
  })

  test("leaves the old token half a minute, and never makes an ending one live longer", async () => {
    const before = await signIn(tests.ctx, user)
    const first = planFresh(tests.ctx, before.actor.session, { methods: [] })
    await tests.database.commit(first.writes)
    tests.clock.advance(20)
    await tests.database.commit(planFresh(tests.ctx, first.result.session, { methods: [] }).writes)
    tests.clock.advance(9)
    expect(await isAlive(tests.ctx, before.token)).toBe(true)
    tests.clock.advance(1)
    expect(await isAlive(tests.ctx, before.token)).toBe(false)
    expect(await isAlive(tests.ctx, first.result.token)).toBe(true)
    tests.clock.advance(20)
    expect(await isAlive(tests.ctx, first.result.token)).toBe(false)
  })

  test("is not the old token's: what it has earned is asked of whoever comes with that one", async () => {
    const before = await signIn(tests.ctx, user, { kinds: ["password", "totp"] })
    tests.clock.advance(3600)
    const { writes, result } = planFresh(tests.ctx, before.actor.session, { methods: [method("totp")] })
    await tests.database.commit(writes)
    const stale = { firstFactorAt: null, secondFactorAt: null }
    expect((await as(tests.ctx, before.token)).actor.session).toMatchObject({ ...stale, id: before.actor.session.id })
    expect((await as(tests.ctx, result.token)).actor.session).toMatchObject({ secondFactorAt: tests.clock.now() })
  })

  test("does not revive a session that has ended", async () => {
    const { on, actor, token } = await signIn(tests.ctx, user)
    const { writes } = planFresh(tests.ctx, actor.session, { methods: [method("totp")] })
    await sessions().signOut(token, on.source)
    expect(await tests.database.commit(writes)).toMatchObject({ committed: false })
  })

  test("on a remembered device ends the mark that it was not asked for", async () => {
    const stored = await storedUser(tests.ctx, user.id)
    const plan = planSession(tests.ctx, {
      user: stored,
      methods: [method("password", "pwd")],
      source,
      persistent: true,
      deviceRemembered: true,
    })
    await tests.database.commit(plan.writes)
    expect(planFresh(tests.ctx, plan.result.session, { methods: [method("totp")] }).result.session).toMatchObject({
      aal: 2,
      deviceRemembered: false,
    })
    expect(planFresh(tests.ctx, plan.result.session, { methods: [] }).result.session).toMatchObject({
      aal: 1,
      deviceRemembered: true,
    })
  })
})

describe("signing out", () => {
  test("ends the session on every node at once, and a replay is refused", async () => {
    const { token } = await signIn(tests.ctx, user)
    await sessions().signOut(token, source)
    expect(await isAlive(tests.ctx, token)).toBe(false)
    await sessions().signOut(token, source)
    await sessions().signOut("junk", source)
  })

  test("the others ends all but this one, with the remembered devices, and says how many", async () => {
    const [mine, a, b] = [await signIn(tests.ctx, user), await signIn(tests.ctx, user), await signIn(tests.ctx, user)]
    const stranger = await signIn(tests.ctx, await person(tests.ctx, "other@parcelforge.example"))
    expect(await sessions().endOthers(mine.on)).toBe(2)
    expect(await Promise.all([mine, a, b, stranger].map(({ token }) => isAlive(tests.ctx, token)))).toEqual([
      true,
      false,
      false,
      true,
    ])
    expect(await sessions().endOthers({ actor: operator, userId: user.id, source })).toBe(1)
    expect(await isAlive(tests.ctx, mine.token)).toBe(false)
  })
})

describe("a user's sessions", () => {
  test("are listed, newest first, without those that are over, and this one marked", async () => {
    const first = await signIn(tests.ctx, user)
    tests.clock.advance(60)
    const [second, ended] = [await signIn(tests.ctx, user, { door: "account" }), await signIn(tests.ctx, user)]
    await sessions().signOut(ended.token, source)
    const listed = await sessions().list(first.on)
    expect(listed.map(({ id, current, door }) => [id, current, door])).toEqual([
      [second.actor.session.id, false, "account"],
      [first.actor.session.id, true, "native"],
    ])
    expect(
      (await sessions().list({ actor: service("users:read"), userId: user.id, source })).map(({ current }) => current),
    ).toEqual([false, false])
    expect((await sessions().list({ actor: userKey(user, "accounts.self:read"), source })).length).toBe(2)
  })

  test("can be ended one by one; another user's is not found", async () => {
    const [mine, other] = [await signIn(tests.ctx, user), await signIn(tests.ctx, user)]
    const stranger = await signIn(tests.ctx, await person(tests.ctx, "other@parcelforge.example"))
    await sessions().end(mine.on, { id: other.actor.session.id })
    expect(await isAlive(tests.ctx, other.token)).toBe(false)
    for (const id of [
      stranger.actor.session.id,
      other.actor.session.id,
      "",
      "\u0000",
      "x".repeat(10_000),
      7 as unknown as string,
    ])
      expect(await refusal(sessions().end(mine.on, { id }))).toEqual({ code: "not_found" })
    expect(await isAlive(tests.ctx, stranger.token)).toBe(true)
    expect(
      await refusal(
        sessions().end({ actor: userKey(user, "accounts.self:read"), source }, { id: mine.actor.session.id }),
      ),
    ).toMatchObject({ code: "insufficient_scope" })
  })

  test("are found by id only while they live", async () => {
    const { actor, token } = await signIn(tests.ctx, user)
    expect(await sessions().find(actor.session.id)).toEqual(actor.session)
    await sessions().signOut(token, source)
    expect(await sessions().find(actor.session.id)).toBeUndefined()
    expect(await sessions().find("\u0000")).toBeUndefined()
  })

  test("owe an enrolment where policy demands a second factor now", async () => {
    const { actor } = await signIn(tests.ctx, user)
    expect(await sessions().tasks(actor)).toEqual([])
    const demanding = {
      ...tests.ctx,
      settings: { ...tests.ctx.settings, secondFactor: { rule: "required" as const, roles: [], from: undefined } },
    }
    expect(await sessionsOf(demanding).tasks(actor)).toEqual(["enrol_second_factor"])
    expect(await sessionsOf(demanding).tasks(userKey(user))).toEqual([])
  })
})
