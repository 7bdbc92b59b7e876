import { afterEach, beforeEach, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import type { User } from "../engine.ts"
import {
  dump,
  isAlive,
  operator,
  password,
  person,
  refusal,
  signIn,
  source,
  type SignedIn,
} from "../users/people-for-tests.ts"
import { usersOf } from "../users/users.ts"
import { sessionsOf } from "./session-list.ts"

const life = { accessSeconds: 3600, refreshSeconds: 14 * 86_400 }
let tests: ContextForTests
let user: User
let session: SignedIn
beforeEach(async () => {
  tests = await contextForTests()
  user = await person(tests.ctx)
  session = await signIn(tests.ctx, user, { door: "identity" })
})
afterEach(() => tests.close())
const sessions = () => sessionsOf(tests.ctx)
const pair = () => sessions().issuePair(session.actor.session.id, life)

test("an access token acts for its session; a refresh token for nobody", async () => {
  const { accessToken, refreshToken, expiresIn } = await pair()
  expect(accessToken).toMatch(/^csa_/)
  expect(refreshToken).toMatch(/^csr_/)
  expect(expiresIn).toBe(3600)
  const actor = await sessions().authenticate(accessToken, source)
  expect(actor).toMatchObject({ type: "session", session: { id: session.actor.session.id } })
  expect(await isAlive(tests.ctx, refreshToken)).toBe(false)
  expect(await sessions().refresh(accessToken, life, source)).toBeUndefined()
  const text = await dump(tests.ctx)
  for (const token of [accessToken, refreshToken]) expect(text).not.toContain(token)
})

test("an access token expires by itself, and the session goes on", async () => {
  const { accessToken } = await pair()
  tests.clock.advance(3600)
  expect(await isAlive(tests.ctx, accessToken)).toBe(false)
  expect(await isAlive(tests.ctx, session.token)).toBe(true)
})

test("refreshing rotates", async () => {
  const first = await pair()
  tests.clock.advance(3000)
  const second = await sessions().refresh(first.refreshToken, life, source)
  expect(second?.accessToken).not.toBe(first.accessToken)
  expect(await isAlive(tests.ctx, second?.accessToken ?? "")).toBe(true)
  expect(await sessions().refresh(second?.refreshToken ?? "", life, source)).toBeDefined()
})

test("a refresh token that is used twice ends its session and every token of it", async () => {
  const first = await pair()
  const second = await sessions().refresh(first.refreshToken, life, source)
  expect(await sessions().refresh(first.refreshToken, life, source)).toBeUndefined()
  for (const token of [first.accessToken, second?.accessToken ?? "", session.token])
    expect(await isAlive(tests.ctx, token)).toBe(false)
  expect(await sessions().refresh(second?.refreshToken ?? "", life, source)).toBeUndefined()
  expect(await tests.database.query(sql`select outcome from audit where event = 'refresh_token.reused'`)).toEqual([
    { outcome: "failure" },
  ])
})

test("of twenty refreshes at once one is served", async () => {
  const { refreshToken } = await pair()
  const results = await Promise.all(Array.from({ length: 20 }, () => sessions().refresh(refreshToken, life, source)))
  expect(results.filter((result) => result !== undefined)).toHaveLength(1)
})

test("a refresh token ends with its time, its session, its user's password and its user", async () => {
  const expired = await pair()
  tests.clock.advance(14 * 86_400)
  expect(await sessions().refresh(expired.refreshToken, life, source)).toBeUndefined()

  session = await signIn(tests.ctx, user)
  const signedOut = await pair()
  await sessions().signOut(session.token, source)
  expect(await sessions().refresh(signedOut.refreshToken, life, source)).toBeUndefined()

  session = await signIn(tests.ctx, user)
  const beforeChange = await pair()
  await usersOf(tests.ctx).changePassword(
    { actor: operator, userId: user.id, source },
    { password: "Lantern-Quarry-19" },
  )
  expect(await sessions().refresh(beforeChange.refreshToken, life, source)).toBeUndefined()

  session = await signIn(tests.ctx, user)
  const beforeDisabling = await pair()
  await usersOf(tests.ctx).setDisabled({ actor: operator, userId: user.id, source }, true)
  expect(await sessions().refresh(beforeDisabling.refreshToken, life, source)).toBeUndefined()
})

test("of the session that stays the access token goes on, and the refresh token ends with the old stamp", async () => {
  const { accessToken, refreshToken } = await pair()
  await usersOf(tests.ctx).changePassword(session.on, { current: password, password: "Lantern-Quarry-19" })
  expect(await isAlive(tests.ctx, accessToken)).toBe(true)
  expect(await sessions().refresh(refreshToken, life, source)).toBeUndefined()
  // Tried, it is no sign of a copy either.
  expect(await isAlive(tests.ctx, accessToken)).toBe(true)
})

test("no token outlives the session", async () => {
  tests.clock.advance(10 * 86_400)
  await isAlive(tests.ctx, session.token)
  tests.clock.set(session.actor.session.expiresAt - 60_000)
  await tests.database.commit([{ statement: sql`update sessions set last_used_at = ${tests.clock.now()}` }])
  expect((await pair()).expiresIn).toBe(60)
})

test("junk is no refresh token, and a dead session gets no pair", async () => {
  for (const junk of ["", "csr_", "csr_\u0000", "x".repeat(10_000), session.token])
    expect(await sessions().refresh(junk, life, source)).toBeUndefined()
  await sessions().signOut(session.token, source)
  expect(await refusal(pair())).toEqual({ code: "unauthenticated" })
  expect(await refusal(sessions().issuePair("unknown", life))).toEqual({ code: "unauthenticated" })
})
