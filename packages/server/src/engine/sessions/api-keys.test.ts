import { afterEach, beforeEach, expect, test } from "vitest"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import type { Actor, User } from "../engine.ts"
import {
  dump,
  isAlive,
  mailed,
  operator,
  person,
  refusal,
  service,
  signIn,
  source,
  userKey,
  withFactor,
} from "../users/people-for-tests.ts"
import { apiKeysOf, serviceScopes } from "./api-keys.ts"
import { sessionsOf } from "./session-list.ts"

let tests: ContextForTests
let user: User
beforeEach(async () => {
  tests = await contextForTests()
  user = await person(tests.ctx)
})
afterEach(() => tests.close())
const keys = () => apiKeysOf(tests.ctx)
const as = (actor: Actor) => ({ actor, source })
const ops = () => ({ actor: operator, userId: user.id, source })

test("a user key acts for its own user, is shown once, and only its hash is kept", async () => {
  const { on } = await signIn(tests.ctx, user)
  const { key, record } = await keys().create(on, { name: " Backup script " })
  expect(key).toMatch(/^csk_[A-Za-z0-9_-]{43}$/)
  expect(record).toMatchObject({
    name: "Backup script",
    postfix: key.slice(-4),
    userId: user.id,
    service: null,
    scopes: [],
    expiresAt: null,
    lastUsedAt: null,
  })
  expect(await sessionsOf(tests.ctx).authenticate(key, source)).toMatchObject({
    type: "user-key",
    user: { id: user.id },
    key: { id: record.id },
  })
  expect(await dump(tests.ctx)).not.toContain(key)
  expect(await mailed(tests)).toEqual([`api_key_created → ${user.email}`])
})

test("a service key acts for its service with its scopes, and is no user", async () => {
  const { key } = await keys().create(as(operator), {
    name: "App",
    service: "app",
    scopes: ["users:read", "users:read"],
  })
  const actor = await sessionsOf(tests.ctx).authenticate(key, source)
  expect(actor).toMatchObject({ type: "service", key: { service: "app", scopes: ["users:read"], userId: null } })
  expect(actor).not.toHaveProperty("user")
  expect(await tests.mails()).toEqual([])
})

test("last use is written at most every five minutes", async () => {
  const { key, record } = await keys().create(ops(), { name: "x" })
  const used = async () => (await keys().list(ops())).find(({ id }) => id === record.id)?.lastUsedAt
  const at = tests.clock.now()
  await isAlive(tests.ctx, key)
  tests.clock.advance(299)
  await isAlive(tests.ctx, key)
  expect(await used()).toBe(at)
  tests.clock.advance(2)
  await isAlive(tests.ctx, key)
  expect(await used()).toBe(tests.clock.now())
})

test("a key ends with its time and when it is revoked", async () => {
  const timed = await keys().create(ops(), { name: "timed", expiresAt: tests.clock.now() + 60_000 })
  const kept = await keys().create(ops(), { name: "kept" })
  tests.clock.advance(59)
  expect(await isAlive(tests.ctx, timed.key)).toBe(true)
  tests.clock.advance(1)
  expect(await isAlive(tests.ctx, timed.key)).toBe(false)
  await keys().revoke(ops(), { id: kept.record.id })
  expect(await isAlive(tests.ctx, kept.key)).toBe(false)
  expect(await refusal(keys().revoke(ops(), { id: kept.record.id }))).toEqual({ code: "not_found" })
  expect((await keys().list(ops())).map(({ name }) => name)).toEqual(["timed"])
})

test("nobody lists or revokes another user's key", async () => {
  const { record, key } = await keys().create(ops(), { name: "mine" })
  const { on: stranger } = await signIn(tests.ctx, await person(tests.ctx, "other@parcelforge.example"))
  expect(await keys().list(stranger)).toEqual([])
  for (const id of [record.id, "", "\u0000"])
    expect(await refusal(keys().revoke(stranger, { id }))).toEqual({ code: "not_found" })
  expect(await refusal(keys().list({ ...stranger, all: true }))).toEqual({ code: "forbidden" })
  expect(await refusal(keys().list({ ...as(service("users:read")), all: true }))).toEqual({
    code: "insufficient_scope",
    scope: "keys:write",
  })
  expect(await isAlive(tests.ctx, key)).toBe(true)
  expect((await keys().list({ ...as(operator), all: true })).map(({ id }) => id)).toEqual([record.id])
})

test("making a key needs a fresh proof of the strongest kind", async () => {
  const weak = await signIn(tests.ctx, user)
  await withFactor(tests.ctx, user)
  expect((await refusal(keys().create(weak.on, { name: "x" }))).code).toBe("session_reverification_required")
  const strong = await signIn(tests.ctx, user, { kinds: ["password", "totp"] })
  await keys().create(strong.on, { name: "x" })
})

test("a key makes none that may do more than itself", async () => {
  const input = (scopes?: string[]) => ({ name: "x", ...(scopes && { scopes }) })
  expect(await refusal(keys().create(as(userKey(user, "accounts.self:write")), input()))).toMatchObject({
    code: "insufficient_scope",
  })
  expect(await refusal(keys().create(as(userKey(user, "accounts.self:write")), input(["*"])))).toMatchObject({
    code: "insufficient_scope",
    scope: "*",
  })
  expect(
    (await keys().create(as(userKey(user, "accounts.self:write")), input(["accounts.self:write"]))).record.userId,
  ).toBe(user.id)
  expect(
    await refusal(keys().create(as(userKey(user, "accounts.self:read")), input(["accounts.self:read"]))),
  ).toMatchObject({ code: "insufficient_scope" })
  const some = service("keys:write", "users:read")
  expect(await refusal(keys().create(as(some), { ...input(["users:write"]), service: "more" }))).toEqual({
    code: "insufficient_scope",
    scope: "users:write",
  })
  expect((await keys().create(as(some), { ...input(["users:read"]), service: "less" })).record.scopes).toEqual([
    "users:read",
  ])
})

test("only operators and services with the scope make service keys", async () => {
  const { on } = await signIn(tests.ctx, user)
  for (const by of [on, as(userKey(user)), as(userKey(user, "accounts.self:write", "users:read"))])
    expect(await refusal(keys().create(by, { name: "x", service: "app", scopes: ["users:read"] }))).toEqual({
      code: "forbidden",
    })
  expect(
    await refusal(
      keys().create(as(service("users:write", "users:read")), { name: "x", service: "app", scopes: ["users:read"] }),
    ),
  ).toEqual({ code: "insufficient_scope", scope: "keys:write" })
})

test.each([
  [{ name: "" }, "name"],
  [{ name: "x".repeat(101) }, "name"],
  [{ name: "a\r\nb" }, "name"],
  [{ name: 7 as unknown as string }, "name"],
  [{ name: "x", service: "" }, "service"],
  [{ name: "x", scopes: ["A B"] }, "scopes"],
  [{ name: "x", scopes: [7 as unknown as string] }, "scopes"],
  [{ name: "x", scopes: "users:read" as unknown as string[] }, "scopes"],
  [{ name: "x", service: "app", scopes: ["users:everything"] }, "scopes"],
  [{ name: "x", service: "app", scopes: ["*"] }, "scopes"],
  [{ name: "x", expiresAt: 0 }, "expiresAt"],
  [{ name: "x", expiresAt: 1.5 }, "expiresAt"],
  [{ name: "x", expiresAt: Number.POSITIVE_INFINITY }, "expiresAt"],
])("%j is refused by the field's name", async (input, field) => {
  expect(await refusal(keys().create(ops(), input))).toEqual({ code: "input_invalid", field })
  expect(await keys().list(ops())).toEqual([])
})

test("every documented scope can be given to a service", async () => {
  const { record } = await keys().create(as(operator), { name: "x", service: "app", scopes: serviceScopes })
  expect(record.scopes).toEqual([...serviceScopes])
})

test("a user's own key is given another name and other scopes, by a fresh session or a key that may, and never wider than that", async () => {
  const { on } = await signIn(tests.ctx, user)
  const { record, key } = await keys().create(on, { name: "Script", scopes: ["*:read"] })
  expect(await keys().update(on, { id: record.id, name: " Robot ", scopes: ["*:write"] })).toMatchObject({
    name: "Robot",
    scopes: ["*:write"],
    postfix: record.postfix,
  })
  expect(await sessionsOf(tests.ctx).authenticate(key, source)).toMatchObject({ key: { scopes: ["*:write"] } })
  expect(await refusal(keys().update(on, { id: record.id, name: " " }))).toMatchObject({ field: "name" })
  expect(await refusal(keys().update(on, { id: record.id, scopes: ["A"] }))).toMatchObject({ field: "scopes" })
  for (const id of ["nothing", "\0", ""])
    expect(await refusal(keys().update(on, { id }))).toEqual({ code: "not_found" })

  const stranger = await signIn(tests.ctx, await person(tests.ctx, "jo@parcelforge.example"))
  expect(await refusal(keys().update(stranger.on, { id: record.id, name: "Mine" }))).toEqual({ code: "not_found" })
  expect(await refusal(keys().update(as(userKey(user)), { id: record.id }))).toMatchObject({
    code: "insufficient_scope",
  })
  const narrow = as(userKey(user, "accounts.self:write"))
  expect(await refusal(keys().update(narrow, { id: record.id, scopes: [] }))).toEqual({
    code: "insufficient_scope",
    scope: "*",
  })
  expect(await refusal(keys().update(narrow, { id: record.id, scopes: ["*:write"] }))).toEqual({
    code: "insufficient_scope",
    scope: "*:write",
  })
  tests.clock.advance(601)
  expect((await refusal(keys().update(on, { id: record.id, name: "Late" }))).code).toBe(
    "session_reverification_required",
  )
  await keys().revoke(ops(), { id: record.id })
  expect(await refusal(keys().update(ops(), { id: record.id, name: "Gone" }))).toEqual({ code: "not_found" })
})
