import { afterEach, beforeEach, expect, test } from "vitest"
import { any, sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import { apiKeysOf } from "../sessions/api-keys.ts"
import { passwordTally, refuseWhileBlocked, settleFailure } from "../sign-in/lockout.ts"
import { verifyPassword } from "./passwords.ts"
import {
  dump,
  isAlive,
  mailed,
  newestLink,
  operator,
  password,
  person,
  refusal,
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
const asked = async () => {
  await users().requestReset({ email }, source)
  return newestLink(tests)
}
const matches = async (id: string, typed: string) => verifyPassword(tests.ctx, await storedUser(tests.ctx, id), typed)

test("asking changes nothing about the account, and settles alike for unknown addresses", async () => {
  const user = await person(tests.ctx, email)
  const session = await signIn(tests.ctx, user)
  const before = await storedUser(tests.ctx, user.id)
  for (const address of [email, email.toUpperCase(), "unknown@parcelforge.example"])
    expect(await users().requestReset({ email: address }, source)).toBeUndefined()
  expect(await storedUser(tests.ctx, user.id)).toEqual(before)
  expect(await isAlive(tests.ctx, session.token)).toBe(true)
  expect(await mailed(tests)).toEqual([`reset-password → ${email}`, `reset-password → ${email}`])
})

test("the mail goes to the stored address, however the typed one was spelled", async () => {
  await person(tests.ctx, "Ewa@ParcelForge.example")
  await users().requestReset({ email: "ｅｗａ@parcelforge.example" }, source)
  expect((await newestLink(tests)).to).toBe("Ewa@ParcelForge.example")
})

test("a reset sets the password, ends sessions, devices and links, and gives no session", async () => {
  const user = await person(tests.ctx, email)
  const session = await signIn(tests.ctx, user)
  const first = await asked()
  const { token } = await asked()
  const result = await users().resetPassword({ token, password: next }, source)
  expect(Object.keys(result).toSorted()).toEqual(Object.keys(user).toSorted())
  expect([await matches(user.id, next), await matches(user.id, password)]).toEqual([true, false])
  expect(await isAlive(tests.ctx, session.token)).toBe(false)
  expect(await refusal(users().resetPassword({ token: first.token, password }, source))).toEqual({
    code: "link_invalid",
  })
  expect(await refusal(users().resetPassword({ token, password }, source))).toEqual({ code: "link_invalid" })
  expect((await mailed(tests)).at(-1)).toBe(`password_reset → ${email}`)
  expect(await tests.database.query(sql`select id from sessions where ended_at is null`)).toEqual([])
})

test("a mailbox alone never touches a factor", async () => {
  const user = await person(tests.ctx, email)
  await withFactor(tests.ctx, user)
  const before = await tests.database.query(sql`select * from factors`)
  await users().resetPassword({ token: (await asked()).token, password: next }, source)
  expect(await tests.database.query(sql`select * from factors`)).toEqual(before)
})

test("keys stay, and can be listed for the user to judge", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  const { key } = await apiKeysOf(tests.ctx).create(on, { name: "script" })
  await users().resetPassword({ token: (await asked()).token, password: next }, source)
  expect(await isAlive(tests.ctx, key)).toBe(true)
})

test("a link is good for one hour", async () => {
  await person(tests.ctx, email)
  const { token } = await asked()
  tests.clock.advance(3600)
  expect(await refusal(users().resetPassword({ token, password: next }, source))).toEqual({ code: "link_invalid" })
})

test("of twenty resets with one link one stands", async () => {
  const user = await person(tests.ctx, email)
  const { token } = await asked()
  const chosen = Array.from({ length: 20 }, (_, n) => `${next}-${n}`)
  const results = await Promise.allSettled(chosen.map((one) => users().resetPassword({ token, password: one }, source)))
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  const good = await Promise.all(chosen.map((one) => matches(user.id, one)))
  expect(good.filter(Boolean)).toHaveLength(1)
})

test("a password that breaks the rules leaves the link good", async () => {
  await person(tests.ctx, email)
  const { token } = await asked()
  expect((await refusal(users().resetPassword({ token, password: "short" }, source))).code).toBe("password_rejected")
  await users().resetPassword({ token, password: next }, source)
})

test("the password is not judged for a link that is not good", async () => {
  expect(await refusal(users().resetPassword({ token: "unknown", password: "short" }, source))).toEqual({
    code: "link_invalid",
  })
})

test("a link is bound to the address, where the wire sends it along", async () => {
  await person(tests.ctx, email)
  await person(tests.ctx, "other@parcelforge.example")
  const { token } = await asked()
  for (const bent of ["other@parcelforge.example", "junk", ""])
    expect(await refusal(users().resetPassword({ token, password: next, email: bent }, source))).toEqual({
      code: "link_invalid",
    })
  await users().resetPassword({ token, password: next, email: ` ${email.toUpperCase()}` }, source)
})

test("a reset clears the lock of the password, at sign-in and when signed in", async () => {
  const user = await person(tests.ctx, email)
  const atSignIn = passwordTally(tests.ctx, email)
  const signedIn = { ...atSignIn, subject: user.id }
  for (const tally of [atSignIn, signedIn])
    for (let n = 0; n < tests.ctx.settings.lockout.attempts; n++)
      await settleFailure(tests.ctx, { tally, user, event: "sign_in.password", kind: "password", source })
  expect((await refusal(refuseWhileBlocked(tests.ctx, atSignIn))).code).toBe("too_many_attempts")
  await users().resetPassword({ token: (await asked()).token, password: next }, source)
  await refuseWhileBlocked(tests.ctx, atSignIn)
  await refuseWhileBlocked(tests.ctx, signedIn)
})

test("the lock stays where a wire promises that, and where codes count to it as well", async () => {
  const user = await person(tests.ctx, email)
  const lock = async () => {
    const tally = passwordTally(tests.ctx, email)
    for (let n = 0; n < tests.ctx.settings.lockout.attempts; n++)
      await settleFailure(tests.ctx, { tally, user, event: "sign_in.password", kind: "password", source })
    return tally
  }
  const kept = await lock()
  await users().resetPassword({ token: (await asked()).token, password: next, keepLock: true }, source)
  expect((await refusal(refuseWhileBlocked(tests.ctx, kept))).code).toBe("too_many_attempts")
  await tests.close()

  tests = await contextForTests({ settings: { lockout: { sharedWithFactors: true } } })
  await person(tests.ctx, email)
  const shared = await lock()
  await users().resetPassword({ token: (await asked()).token, password: next }, source)
  expect((await refusal(refuseWhileBlocked(tests.ctx, shared))).code).toBe("too_many_attempts")
})

test("disabled users, and users whose app keeps the first step to itself, get no mail", async () => {
  const disabled = await person(tests.ctx, "disabled@parcelforge.example")
  await users().setDisabled({ actor: operator, userId: disabled.id, source }, true)
  await users().create(
    { actor: operator, source },
    { email: "app@parcelforge.example", externalId: "7", emailConfirmed: true },
  )
  for (const address of ["disabled@parcelforge.example", "app@parcelforge.example"])
    await users().requestReset({ email: address }, source)
  expect(await tests.mails()).toEqual([])
})

test("a link that was mailed before the account was disabled does nothing", async () => {
  const user = await person(tests.ctx, email)
  const { token } = await asked()
  await users().setDisabled({ actor: operator, userId: user.id, source }, true)
  expect(await refusal(users().resetPassword({ token, password: next }, source))).toEqual({ code: "link_invalid" })
  await users().setDisabled({ actor: operator, userId: user.id, source }, false)
  expect(await refusal(users().resetPassword({ token, password: next }, source))).toEqual({ code: "link_invalid" })
})

test("an unconfirmed address: no mail where confirmation is demanded; where it is not, the mailbox takes the account over", async () => {
  await tests.close()
  tests = await contextForTests({ settings: { confirmEmail: "required" } })
  await users().signUp({ email, password }, source)
  await users().requestReset({ email }, source)
  expect(await mailed(tests)).toEqual([`confirm-address → ${email}`])
  await tests.close()

  tests = await contextForTests({ settings: { confirmEmail: "optional" } })
  await users().signUp({ email: "kept@parcelforge.example", password }, source)
  await users().requestReset({ email: "kept@parcelforge.example", confirmedOnly: true }, source)
  expect(await mailed(tests)).toEqual(["confirm-address → kept@parcelforge.example"])
  const { created } = await users().signUp({ email, password: "Stranger-Quarry-19" }, source)
  if (created === null) throw new Error("not created")
  const strangers = await signIn(tests.ctx, created)
  const user = await users().resetPassword({ token: (await asked()).token, password: next }, source)
  expect(user.emailConfirmed).toBe(true)
  expect(await isAlive(tests.ctx, strangers.token)).toBe(false)
})

test("neither link nor password is found in the database", async () => {
  await person(tests.ctx, email)
  const { token } = await asked()
  await tests.database.commit([any(sql`update outbox set body = '' where id = ''`)])
  expect(await dump(tests.ctx)).not.toContain(token)
  await users().resetPassword({ token, password: next }, source)
  expect(await dump(tests.ctx)).not.toContain(next)
})
