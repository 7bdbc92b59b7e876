import { afterEach, beforeEach, expect, test } from "vitest"
import { any, sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import { apiKeysOf } from "../sessions/api-keys.ts"
import type { User } from "../engine.ts"
import { commitGuarded, revise } from "./records.ts"
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
} from "./people-for-tests.ts"
import { usersOf } from "./users.ts"

let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests()
})
afterEach(() => tests.close())
const users = () => usersOf(tests.ctx)
const on = (user: User) => ({ actor: operator, userId: user.id, source })

test("users are listed in pages, oldest first, each once, also when others come meanwhile", async () => {
  const made: string[] = []
  for (let n = 0; n < 7; n++) {
    if (n % 3 === 0) tests.clock.advance(1)
    made.push((await person(tests.ctx, `u${n}@parcelforge.example`)).id)
  }
  const seen: string[] = []
  let after: string | undefined
  do {
    const page = await users().list(operator, { limit: 3, after })
    seen.push(...page.items.map(({ id }) => id))
    if (seen.length === 3) await person(tests.ctx, "late@parcelforge.example")
    after = page.next ?? undefined
  } while (after !== undefined)
  const late = await users().find({ email: "late@parcelforge.example" })
  expect(seen.toSorted()).toEqual([...made, late?.id ?? ""].toSorted())
})

test("search looks in addresses, names and ids of apps, and takes its wildcards literally", async () => {
  await users().create(
    { actor: operator, source },
    { email: "Ewa_100%@parcelforge.example", firstName: "Ewelina", externalId: "APP-7" },
  )
  await person(tests.ctx, "other@parcelforge.example")
  const found = async (search: string) => (await users().list(operator, { limit: 10, search })).items.length
  expect(await Promise.all(["EWA", "elina", "app-7", "100%", "ewa_1", " other "].map(found))).toEqual([
    1, 1, 1, 1, 1, 1,
  ])
  expect(await Promise.all(["%", "e_a", "_", "nobody", "\\", "' or 1=1 --"].map(found))).toEqual([1, 0, 1, 0, 0, 0])
  expect(await found("  ")).toBe(2)
})

test("the list is for operators and services with the scope, and shows no secret", async () => {
  const user = await person(tests.ctx)
  const { actor } = await signIn(tests.ctx, user)
  expect(await refusal(users().list(actor, { limit: 1 }))).toEqual({ code: "forbidden" })
  expect(await refusal(users().list(userKey(user), { limit: 1 }))).toEqual({ code: "forbidden" })
  expect(await refusal(users().list(service("users:write"), { limit: 1 }))).toEqual({
    code: "insufficient_scope",
    scope: "users:read",
  })
  const { items } = await users().list(service("users:read"), { limit: 1 })
  const { passwordHash, securityStamp } = await storedUser(tests.ctx, user.id)
  for (const secret of [passwordHash, securityStamp]) expect(JSON.stringify(items)).not.toContain(secret)
})

test.each([
  [{ limit: 0 }, "limit"],
  [{ limit: 201 }, "limit"],
  [{ limit: 1.5 }, "limit"],
  [{ limit: Number.NaN }, "limit"],
  [{ limit: 1, after: "junk" }, "after"],
  [{ limit: 1, after: "1.'" }, "after"],
  [{ limit: 1, search: "\u0000" }, "search"],
  [{ limit: 1, search: "x".repeat(300) }, "search"],
])("the page %j is refused", async (page, field) => {
  expect(await refusal(users().list(operator, page))).toEqual({ code: "input_invalid", field })
})

test("users change their names and locale, and raise the revision", async () => {
  const user = await person(tests.ctx)
  const { on: self } = await signIn(tests.ctx, user)
  const changed = await users().update(self, { firstName: " Ewa ", lastName: "Kowalczyk", locale: "de-AT" })
  expect(changed).toMatchObject({
    firstName: "Ewa",
    lastName: "Kowalczyk",
    locale: "de-AT",
    revision: user.revision + 1,
  })
  expect(await users().find({ id: user.id })).toEqual(changed)
  expect(await users().update(self, { firstName: null })).toMatchObject({ firstName: null, lastName: "Kowalczyk" })
  expect(await users().update(self, {})).toMatchObject({ revision: user.revision + 2 })
})

test("nobody gives themselves roles, or another app's id", async () => {
  const user = await person(tests.ctx)
  const { on: self } = await signIn(tests.ctx, user)
  for (const change of [{ roles: ["Administrator"] }, { externalId: "x" }]) {
    expect(await refusal(users().update(self, change))).toEqual({ code: "forbidden" })
    expect(await refusal(users().update({ actor: userKey(user), source }, change))).toEqual({ code: "forbidden" })
  }
  expect(await users().update(on(user), { roles: ["Administrator"], externalId: "x" })).toMatchObject({
    roles: ["Administrator"],
    externalId: "x",
  })
  const second = await person(tests.ctx, "second@parcelforge.example")
  expect(await refusal(users().update(on(second), { externalId: "x" }))).toEqual({
    code: "conflict",
    field: "externalId",
  })
})

test("nobody changes another user", async () => {
  const victim = await person(tests.ctx, "victim@parcelforge.example")
  const { on: self } = await signIn(tests.ctx, await person(tests.ctx))
  expect(await refusal(users().update({ ...self, userId: victim.id }, { firstName: "x" }))).toEqual({
    code: "not_found",
  })
  expect(await refusal(users().remove({ ...self, userId: victim.id }))).toEqual({ code: "not_found" })
  expect(await refusal(users().setDisabled({ ...self, userId: victim.id }, true))).toEqual({ code: "forbidden" })
  expect(await refusal(users().setDisabled(self, true))).toEqual({ code: "forbidden" })
  expect(await refusal(users().update({ actor: operator, userId: "unknown", source }, {}))).toEqual({
    code: "not_found",
  })
  expect(await refusal(users().update({ actor: operator, source }, {}))).toEqual({
    code: "input_invalid",
    field: "userId",
  })
})

test("of changes at once each stands in turn: the loser reads again", async () => {
  const user = await person(tests.ctx)
  await Promise.all([
    users().update(on(user), { firstName: "Ewa" }),
    users().update(on(user), { lastName: "Kowalczyk" }),
    users().update(on(user), { roles: ["a"] }),
  ])
  expect(await users().find({ id: user.id })).toMatchObject({
    firstName: "Ewa",
    lastName: "Kowalczyk",
    roles: ["a"],
    revision: user.revision + 3,
  })
})

test("a change that loses every time is a conflict", async () => {
  const user = await storedUser(tests.ctx, (await person(tests.ctx)).id)
  const stale = { ...user, revision: 99 }
  expect(
    await refusal(commitGuarded(tests.ctx, () => Promise.resolve({ writes: [revise(stale)], result: undefined }))),
  ).toEqual({ code: "conflict" })
})

test("a disabled user's sessions and keys are refused at the next call, and sessions stay dead afterwards", async () => {
  const user = await person(tests.ctx)
  const session = await signIn(tests.ctx, user)
  const { key } = await apiKeysOf(tests.ctx).create(session.on, { name: "script" })
  expect(await users().setDisabled(on(user), true)).toMatchObject({ disabled: true })
  expect([await isAlive(tests.ctx, session.token), await isAlive(tests.ctx, key)]).toEqual([false, false])
  expect(await refusal(users().update(session.on, { firstName: "x" }))).toEqual({ code: "unauthenticated" })
  expect(await users().setDisabled(on(user), false)).toMatchObject({ disabled: false })
  expect([await isAlive(tests.ctx, session.token), await isAlive(tests.ctx, key)]).toEqual([false, true])
})

test("disabling beside other changes is one change: all of it stands, or nothing", async () => {
  const user = await person(tests.ctx)
  const session = await signIn(tests.ctx, user)
  const changed = await users().update(on(user), { firstName: "Ewa", externalId: "4711", disabled: true })
  expect(changed).toMatchObject({
    firstName: "Ewa",
    externalId: "4711",
    disabled: true,
    revision: user.revision + 1,
  })
  expect(await users().find({ id: user.id })).toEqual(changed)
  expect(await isAlive(tests.ctx, session.token)).toBe(false)
  const events = await tests.database.query(sql`
    select event from audit where user_id = ${user.id} and event in ('user.updated', 'user.disabled') order by id`)
  expect(events).toEqual([{ event: "user.updated" }, { event: "user.disabled" }])

  const second = await person(tests.ctx, "second@parcelforge.example")
  expect(await refusal(users().update(on(second), { disabled: true, externalId: "4711" }))).toEqual({
    code: "conflict",
    field: "externalId",
  })
  expect(await users().find({ id: second.id })).toEqual(second)
})

test("saying once more that a user is disabled, or is not, changes nothing", async () => {
  const user = await person(tests.ctx)
  const session = await signIn(tests.ctx, user)
  expect(await users().update(on(user), { disabled: false })).toMatchObject({ revision: user.revision })
  expect(await isAlive(tests.ctx, session.token)).toBe(true)
  const settled = await Promise.all(Array.from({ length: 4 }, () => users().update(on(user), { disabled: true })))
  expect(new Set(settled.map(({ revision }) => revision))).toEqual(new Set([user.revision + 1]))
})

test("nobody disables or enables themselves in passing", async () => {
  const { on: self } = await signIn(tests.ctx, await person(tests.ctx))
  expect(await refusal(users().update(self, { firstName: "x", disabled: true }))).toEqual({ code: "forbidden" })
})

test("removing a user takes everything of theirs but the audit record, and frees the address", async () => {
  const user = await person(tests.ctx)
  const session = await signIn(tests.ctx, user)
  const factor = await withFactor(tests.ctx, user)
  await apiKeysOf(tests.ctx).create({ actor: operator, userId: user.id, source }, { name: "script" })
  await users().requestReset({ email: user.email ?? "" }, source)
  await tests.database.commit([
    any(
      sql`insert into held (owner_id, kind, serial, data, created_at, expires_at, sends) values (${factor}, 'totp', 's', 'x', 0, 0, 0)`,
    ),
    any(
      sql`insert into failures (subject, class, count, total, waits, blocked_until, last_at) values (${user.id}, 'code', 1, 1, 0, 0, 0)`,
    ),
  ])
  await users().remove(on(user))
  expect(await users().find({ id: user.id })).toBeUndefined()
  expect(await isAlive(tests.ctx, session.token)).toBe(false)
  const left = await tests.database.query(sql`
    select 'users' as t from users union all select 'sessions' from sessions union all select 'tokens' from session_tokens
    union all select 'factors' from factors union all select 'links' from links union all select 'keys' from api_keys
    union all select 'held' from held union all select 'failures' from failures`)
  expect(left).toEqual([])
  expect(
    await tests.database.query(sql`select event from audit where user_id = ${user.id} and event = 'user.removed'`),
  ).toHaveLength(1)
  await person(tests.ctx)
})

test("a user removes itself only with a fresh proof of the strongest kind it has", async () => {
  const user = await person(tests.ctx)
  await withFactor(tests.ctx, user)
  const weak = await signIn(tests.ctx, user)
  expect((await refusal(users().remove(weak.on))).code).toBe("session_reverification_required")
  const strong = await signIn(tests.ctx, user, { kinds: ["password", "totp"] })
  await users().remove(strong.on)
  expect(await users().find({ id: user.id })).toBeUndefined()
})

test("judging a password says what a change would be refused for", async () => {
  const user = await person(tests.ctx)
  expect(users().judgePassword("short", { user })).toEqual(["too_short"])
  expect(users().judgePassword("parcelforge77", { user })).toEqual(["contains_context"])
  expect(users().judgePassword("parcelforge77", { email: null })).toEqual([])
  expect(users().judgePassword("Lantern-Quarry-19", {})).toEqual([])
})
