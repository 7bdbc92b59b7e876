import { afterEach, beforeEach, expect, test } from "vitest"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import { mailsPerHour } from "./mail-limit.ts"
import { password, person, refusal, signIn, source } from "./people-for-tests.ts"
import { usersOf } from "./users.ts"

const email = "ewa@parcelforge.example"
let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests({ settings: { confirmEmail: "required" } })
})
afterEach(() => tests.close())
const users = () => usersOf(tests.ctx)
const mails = async () => (await tests.mails()).length

test("nobody floods a mailbox with resets: after twenty in an hour the answer stays and the mails stop", async () => {
  await person(tests.ctx, email)
  for (let n = 0; n < mailsPerHour + 5; n++) expect(await users().requestReset({ email }, source)).toBeUndefined()
  expect(await mails()).toBe(mailsPerHour)
  tests.clock.advance(3601)
  await users().requestReset({ email }, source)
  expect(await mails()).toBe(mailsPerHour + 1)
})

test("nobody floods a mailbox with confirmations, or by signing up with its address", async () => {
  await users().signUp({ email, password }, source)
  for (let n = 0; n < mailsPerHour + 5; n++) {
    await users().requestConfirmation({ email }, source)
    expect(await users().signUp({ email, password }, source)).toEqual({ created: null })
  }
  expect(await mails()).toBe(1 + 2 * mailsPerHour)
})

test("nobody floods strangers with address changes", async () => {
  const { on } = await signIn(tests.ctx, await person(tests.ctx, email))
  for (let n = 0; n < mailsPerHour; n++)
    await users().requestAddressChange(on, { email: `victim${n}@parcelforge.example` })
  expect(await refusal(users().requestAddressChange(on, { email: "victim@parcelforge.example" }))).toEqual({
    code: "too_many_requests",
    retryAfter: 3600,
  })
})
