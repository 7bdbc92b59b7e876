import { afterEach, beforeEach, expect, test } from "vitest"
import { any, sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import { apiKeysOf } from "../sessions/api-keys.ts"
import { verifyPassword } from "./passwords.ts"
import {
  as,
  dump,
  isAlive,
  mailed,
  newestLink,
  operator,
  password,
  person,
  refusal,
  service,
  signIn,
  source,
  storedUser,
  withFactor,
} from "./people-for-tests.ts"
import { usersOf } from "./users.ts"

const email = "ewa@parcelforge.example"
const next = "Lantern-Quarry-19"
let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests()
})
afterEach(() => tests.close())
const users = () => usersOf(tests.ctx)
const matches = async (id: string, typed: string) => verifyPassword(tests.ctx, await storedUser(tests.ctx, id), typed)

test("a change ends every other session, device and link; the acting session goes on under a new token", async () => {
  const user = await person(tests.ctx, email)
  const [mine, other] = [await signIn(tests.ctx, user), await signIn(tests.ctx, user)]
  await users().requestReset({ email }, source)
  const { token: link } = await newestLink(tests)
  await tests.database.commit([
    any(sql`insert into remembered_devices (id, token_hash, user_id, security_stamp, created_at, last_used_at, expires_at)
            values ('d', 'h', ${user.id}, 's', 0, 0, 9999999999999)`),
  ])
  const { token } = await users().changePassword(mine.on, { current: password, password: next })
  expect([await matches(user.id, next), await matches(user.id, password)]).toEqual([true, false])
  expect(await isAlive(tests.ctx, token ?? "")).toBe(true)
  expect(await isAlive(tests.ctx, other.token)).toBe(false)
  expect(await tests.database.query(sql`select id from remembered_devices`)).toEqual([])
  expect(await refusal(users().resetPassword({ token: link, password: next }, source))).toEqual({
    code: "link_invalid",
  })
  expect((await mailed(tests)).at(-1)).toBe(`password_changed → ${email}`)
  // Requests that are under way with the old token still pass, for half a minute.
  expect(await isAlive(tests.ctx, mine.token)).toBe(true)
  tests.clock.advance(31)
  expect(await isAlive(tests.ctx, mine.token)).toBe(false)
  expect(await isAlive(tests.ctx, token ?? "")).toBe(true)
})

test("a wrong current password is refused, counted, and locks without locking the sign-in", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  const { attempts } = tests.ctx.settings.lockout
  for (let n = 0; n < attempts; n++)
    expect(await refusal(users().changePassword(on, { current: "wrong", password: next }))).toEqual({
      code: "credentials_incorrect",
      field: "current",
    })
  expect((await refusal(users().changePassword(on, { current: password, password: next }))).code).toBe(
    "too_many_attempts",
  )
  expect(await matches(user.id, password)).toBe(true)
  tests.clock.advance(tests.ctx.settings.lockout.seconds + 1)
  await users().changePassword(on, { current: password, password: next })
  expect(await matches(user.id, next)).toBe(true)
})

test("the current password stands for a fresh first factor, and never for a second one", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user, { kinds: ["password", "totp"] })
  tests.clock.advance(tests.ctx.settings.stepUpSeconds + 1)
  expect(await refusal(users().changePassword(on, { password: next }))).toMatchObject({
    code: "session_reverification_required",
    level: "first_factor",
  })
  await users().changePassword(on, { current: password, password: next })
  const again = await signIn(tests.ctx, user)
  await withFactor(tests.ctx, user)
  expect(await refusal(users().changePassword(again.on, { current: next, password }))).toMatchObject({
    code: "session_reverification_required",
    level: "second_factor",
  })
  expect(await matches(user.id, next)).toBe(true)
})

test("the proof of the current password makes the session fresh", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  tests.clock.advance(5000)
  const { token } = await users().changePassword(on, { current: password, password: next })
  const { actor } = await as(tests.ctx, token ?? "")
  expect(actor.session.firstFactorAt).toBe(tests.clock.now())
  expect(actor.session.methods).toEqual([{ method: "pwd", kind: "password", at: tests.clock.now() }])
})

test("a session of a loose door has to give the old password: there is no way round it", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user, { door: tests.ctx.settings.looseDoors[0] ?? "identity" })
  expect(await refusal(users().changePassword(on, { password: next }))).toEqual({
    code: "input_invalid",
    field: "current",
  })
  await users().changePassword(on, { current: password, password: next })
  expect(await matches(user.id, next)).toBe(true)
})

test("there the old password is enough for a user with a second factor as well, since the wire can't ask for that", async () => {
  const user = await person(tests.ctx, email)
  await withFactor(tests.ctx, user)
  const { on } = await signIn(tests.ctx, user, { door: "identity" })
  tests.clock.advance(tests.ctx.settings.stepUpSeconds + 1)
  expect(await refusal(users().changePassword(on, { current: "wrong", password: "short" }))).toMatchObject({
    code: "credentials_incorrect",
  })
  await users().changePassword(on, { current: password, password: next })
  expect(await matches(user.id, next)).toBe(true)
})

test("a user without a password sets a first one with a fresh proof", async () => {
  const user = await users().create({ actor: operator, source }, { email })
  const { on } = await signIn(tests.ctx, user, { kinds: ["external"] })
  await users().changePassword(on, { password: next })
  expect(await matches(user.id, next)).toBe(true)
})

test("a bad new password changes nothing and says why", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  expect(await refusal(users().changePassword(on, { current: password, password: "monkey123" }))).toEqual({
    code: "password_rejected",
    field: "password",
    reasons: ["common"],
  })
  expect(await refusal(users().changePassword(on, { current: password, password: "parcelforge77" }))).toMatchObject({
    reasons: ["contains_context"],
  })
  expect(await refusal(users().changePassword(on, { current: 7 as unknown as string, password: next }))).toEqual({
    code: "input_invalid",
    field: "current",
  })
  expect(await matches(user.id, password)).toBe(true)
})

test("an operator's change ends all sessions and revokes the user's keys; the user's own leaves the keys", async () => {
  const user = await person(tests.ctx, email)
  const mine = await signIn(tests.ctx, user)
  const { key } = await apiKeysOf(tests.ctx).create(mine.on, { name: "script" })
  await users().changePassword(mine.on, { current: password, password: next })
  expect(await isAlive(tests.ctx, key)).toBe(true)
  expect(await users().changePassword({ actor: operator, userId: user.id, source }, { password })).toEqual({})
  expect([await isAlive(tests.ctx, key), await isAlive(tests.ctx, mine.token)]).toEqual([false, false])
  expect(
    await refusal(users().changePassword({ actor: service("users:write"), userId: user.id, source }, { password })),
  ).toEqual({ code: "forbidden" })
})

test("of two changes at once one stands, and neither password is found in the database", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  const results = await Promise.allSettled(
    [next, "Granite-Teapot-88"].map((chosen) => users().changePassword(on, { password: chosen })),
  )
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  const text = await dump(tests.ctx)
  for (const secret of [password, next, "Granite-Teapot-88"]) expect(text).not.toContain(secret)
})
