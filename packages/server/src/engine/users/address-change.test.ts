import { afterEach, beforeEach, expect, test } from "vitest"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import {
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
  userKey,
  withFactor,
} from "./people-for-tests.ts"
import { usersOf } from "./users.ts"

const email = "ewa@parcelforge.example"
const fresh = "ewa.new@parcelforge.example"
let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests()
})
afterEach(() => tests.close())
const users = () => usersOf(tests.ctx)

test("the new mailbox is asked, the old one is told, and nothing changes yet", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  await users().requestAddressChange(on, { email: fresh })
  expect(await mailed(tests)).toEqual([`address-change → ${fresh}`, `address_change_requested → ${email}`])
  expect((await tests.mails())[1]?.facts).toMatchObject({
    newAddress: fresh,
    agent: source.agent,
    address: source.address,
    at: tests.clock.now(),
  })
  expect(await users().find({ id: user.id })).toEqual(user)
})

test("the link changes the address, tells both, and ends all sessions but the one that asked", async () => {
  const user = await person(tests.ctx, email)
  const [asking, other] = [await signIn(tests.ctx, user), await signIn(tests.ctx, user)]
  await users().requestReset({ email }, source)
  const reset = await newestLink(tests)
  await users().requestAddressChange(asking.on, { email: fresh })
  const changed = await users().confirmAddress({ token: (await newestLink(tests)).token }, source)
  expect(changed).toMatchObject({ id: user.id, email: fresh, emailConfirmed: true, revision: user.revision + 1 })
  expect(await users().find({ email })).toBeUndefined()
  expect((await users().find({ email: fresh }))?.id).toBe(user.id)
  expect((await mailed(tests)).slice(-2)).toEqual([`address_changed → ${email}`, `address_changed → ${fresh}`])
  expect([await isAlive(tests.ctx, asking.token), await isAlive(tests.ctx, other.token)]).toEqual([true, false])
  expect(await refusal(users().resetPassword({ token: reset.token, password }, source))).toEqual({
    code: "link_invalid",
  })
})

test("somebody else's address is answered alike; its owner hears of it, and no link is made", async () => {
  const user = await person(tests.ctx, email)
  await person(tests.ctx, fresh)
  const { on } = await signIn(tests.ctx, user)
  expect(await users().requestAddressChange(on, { email: fresh.toUpperCase() })).toBeUndefined()
  expect(await mailed(tests)).toEqual([`address-taken → ${fresh}`, `address_change_requested → ${email}`])
})

test("an address that was taken in the meantime is not given twice", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  await users().requestAddressChange(on, { email: fresh })
  const { token } = await newestLink(tests)
  await person(tests.ctx, fresh)
  expect(await refusal(users().confirmAddress({ token }, source))).toEqual({ code: "link_invalid" })
  expect((await users().find({ id: user.id }))?.email).toBe(email)
})

test("only the newest of several asked-for addresses can be confirmed", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  await users().requestAddressChange(on, { email: "typo@parcelforge.example" })
  const first = await newestLink(tests)
  await users().requestAddressChange(on, { email: fresh })
  expect(await refusal(users().confirmAddress({ token: first.token }, source))).toEqual({ code: "link_invalid" })
  expect((await users().confirmAddress({ token: (await newestLink(tests)).token }, source)).email).toBe(fresh)
})

test("a door without a step-up brings the current password, or a second factor just proved", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user, { door: "identity" })
  const owed = { code: "input_invalid", field: "current" }
  expect(await refusal(users().requestAddressChange(on, { email: fresh }))).toEqual(owed)
  expect(await refusal(users().requestAddressChange(on, { email: fresh, current: "wrong" }))).toEqual({
    code: "credentials_incorrect",
    field: "current",
  })
  expect(await tests.mails()).toEqual([])
  await withFactor(tests.ctx, user)
  const proved = await signIn(tests.ctx, user, { door: "identity", kinds: ["password", "totp"] })
  await users().requestAddressChange(proved.on, { email: fresh })
  tests.clock.advance(tests.ctx.settings.stepUpSeconds + 1)
  expect(await refusal(users().requestAddressChange(proved.on, { email: fresh }))).toEqual(owed)
  await users().requestAddressChange(on, { email: fresh, current: password })
  expect((await mailed(tests)).filter((mail) => mail.startsWith("address-change "))).toHaveLength(2)
})

test("a password alone, or an old proof, does not change the address of a user with a second factor", async () => {
  const user = await person(tests.ctx, email)
  const before = await signIn(tests.ctx, user, { kinds: ["password", "totp"] })
  await withFactor(tests.ctx, user)
  const alone = await signIn(tests.ctx, user)
  expect(await refusal(users().requestAddressChange(alone.on, { email: fresh }))).toMatchObject({
    code: "session_reverification_required",
    level: "second_factor",
  })
  tests.clock.advance(tests.ctx.settings.stepUpSeconds + 1)
  expect((await refusal(users().requestAddressChange(before.on, { email: fresh }))).code).toBe(
    "session_reverification_required",
  )
  expect(await tests.mails()).toEqual([])
})

test("without a second factor the first has to be fresh", async () => {
  const { on } = await signIn(tests.ctx, await person(tests.ctx, email))
  tests.clock.advance(tests.ctx.settings.stepUpSeconds + 1)
  expect(await refusal(users().requestAddressChange(on, { email: fresh }))).toMatchObject({
    code: "session_reverification_required",
    level: "first_factor",
  })
})

test("a key does not move an account to another mailbox", async () => {
  const user = await person(tests.ctx, email)
  expect(await refusal(users().requestAddressChange({ actor: userKey(user), source }, { email: fresh }))).toMatchObject(
    { code: "insufficient_scope" },
  )
  expect(
    await refusal(
      users().requestAddressChange({ actor: service("users:read"), userId: user.id, source }, { email: fresh }),
    ),
  ).toEqual({ code: "insufficient_scope", scope: "users:write" })
})

test("nobody changes another user's address", async () => {
  const victim = await person(tests.ctx, "victim@parcelforge.example")
  const { on } = await signIn(tests.ctx, await person(tests.ctx, email))
  expect(await refusal(users().requestAddressChange({ ...on, userId: victim.id }, { email: fresh }))).toEqual({
    code: "not_found",
  })
})

test("a link of before a password change does nothing", async () => {
  const user = await person(tests.ctx, email)
  const { on } = await signIn(tests.ctx, user)
  await users().requestAddressChange(on, { email: fresh })
  const { token } = await newestLink(tests)
  await users().changePassword(on, { current: password, password: "Lantern-Quarry-19" })
  expect(await refusal(users().confirmAddress({ token }, source))).toEqual({ code: "link_invalid" })
})

test("bad input is refused by its field, and nothing that was typed is kept or told", async () => {
  const { on } = await signIn(tests.ctx, await person(tests.ctx, email))
  const refused = await refusal(users().requestAddressChange(on, { email: "evil@x.example\r\nBcc: y@z.example" }))
  expect(refused).toEqual({ code: "input_invalid", field: "email" })
  expect(await dump(tests.ctx)).not.toContain("evil@x")
})

test("a stranger's unproved old mailbox is told of the change, but not of the new address", async () => {
  const user = await users().create({ actor: operator, source }, { email, password })
  const { on } = await signIn(tests.ctx, user)
  await users().requestAddressChange(on, { email: fresh })
  await users().confirmAddress({ token: (await newestLink(tests)).token }, source)
  const toOld = (await tests.mails()).filter(({ to }) => to === email)
  expect(toOld.map(({ facts }) => facts["notice"])).toEqual(["address_change_requested", "address_changed"])
  expect(JSON.stringify(toOld)).not.toContain(fresh)
  expect((await storedUser(tests.ctx, user.id)).emailKey).toBe(fresh)
})
