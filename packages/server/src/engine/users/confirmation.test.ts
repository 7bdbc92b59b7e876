import { afterEach, beforeEach, expect, test } from "vitest"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import {
  mailed,
  newestLink,
  operator,
  password,
  person,
  refusal,
  signIn,
  isAlive,
  source,
  storedUser,
} from "./people-for-tests.ts"
import { usersOf } from "./users.ts"

const email = "ewa@parcelforge.example"
let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests({ settings: { confirmEmail: "required", allowedOrigins: ["https://app.example"] } })
})
afterEach(() => tests.close())
const users = () => usersOf(tests.ctx)
const signedUp = async () => {
  await users().signUp({ email, password }, source)
  return newestLink(tests)
}

test("a link confirms once", async () => {
  const { token } = await signedUp()
  const user = await users().confirmAddress({ token }, source)
  expect(user).toMatchObject({ email, emailConfirmed: true, revision: 2 })
  expect(await users().find({ id: user.id })).toEqual(user)
  expect(await refusal(users().confirmAddress({ token }, source))).toEqual({ code: "link_invalid" })
})

test("of twenty requests with one link one confirms", async () => {
  const { token } = await signedUp()
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => users().confirmAddress({ token }, source)))
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
})

test("a link is good for 24 hours", async () => {
  const { token } = await signedUp()
  tests.clock.advance(24 * 3600)
  expect(await refusal(users().confirmAddress({ token }, source))).toEqual({ code: "link_invalid" })
  tests.clock.advance(-1)
  expect((await users().confirmAddress({ token }, source)).emailConfirmed).toBe(true)
})

test("a link is bound to its user and address, where the wire sends them along", async () => {
  const { token } = await signedUp()
  const other = await person(tests.ctx, "other@parcelforge.example")
  for (const bent of [{ userId: other.id }, { userId: "" }, { email: "other@parcelforge.example" }, { email: "junk" }])
    expect(await refusal(users().confirmAddress({ token, ...bent }, source))).toEqual({ code: "link_invalid" })
  expect((await users().confirmAddress({ token, email: email.toUpperCase() }, source)).emailConfirmed).toBe(true)
})

test("junk is no link", async () => {
  await signedUp()
  for (const token of ["", "x", "\u0000", "\ud800", "a".repeat(100_000)])
    expect(await refusal(users().confirmAddress({ token }, source))).toEqual({ code: "link_invalid" })
})

test("a reset link does not confirm, and a confirmation link does not reset", async () => {
  const confirm = await signedUp()
  await person(tests.ctx, "other@parcelforge.example")
  await users().requestReset({ email: "other@parcelforge.example" }, source)
  const reset = await newestLink(tests)
  expect(await refusal(users().confirmAddress({ token: reset.token }, source))).toEqual({ code: "link_invalid" })
  expect(await refusal(users().resetPassword({ token: confirm.token, password }, source))).toEqual({
    code: "link_invalid",
  })
})

test("asking for another link settles alike for unknown, confirmed and waiting accounts; only the waiting one is mailed", async () => {
  await signedUp()
  await person(tests.ctx, "confirmed@parcelforge.example")
  for (const address of [email, "confirmed@parcelforge.example", "unknown@parcelforge.example"])
    expect(await users().requestConfirmation({ email: address }, source)).toBeUndefined()
  expect(await mailed(tests)).toEqual([`confirm-address → ${email}`, `confirm-address → ${email}`])
  const { token } = await newestLink(tests)
  expect((await users().confirmAddress({ token }, source)).emailConfirmed).toBe(true)
})

test("where a wire promises a mail to confirmed accounts as well, its link changes nothing", async () => {
  const { id } = await person(tests.ctx, email)
  const before = await storedUser(tests.ctx, id)
  await users().requestConfirmation({ email, evenConfirmed: true }, source)
  await users().requestConfirmation({ email: "unknown@parcelforge.example", evenConfirmed: true }, source)
  expect(await mailed(tests)).toEqual([`confirm-address → ${email}`])
  await users().confirmAddress({ token: (await newestLink(tests)).token }, source)
  expect(await storedUser(tests.ctx, id)).toEqual(before)
})

test("a link is of use for its own purpose alone, where the wire keeps the two apart", async () => {
  const first = await signedUp()
  expect(await refusal(users().confirmAddress({ token: first.token, purpose: "address" }, source))).toEqual({
    code: "link_invalid",
  })
  const user = await users().confirmAddress({ token: first.token, purpose: "confirm" }, source)
  const { on } = await signIn(tests.ctx, user)
  await users().requestAddressChange(on, { email: "new@parcelforge.example" })
  const { token } = await newestLink(tests)
  expect(await refusal(users().confirmAddress({ token, purpose: "confirm" }, source))).toEqual({ code: "link_invalid" })
  expect(await users().confirmAddress({ token, purpose: "address" }, source)).toMatchObject({
    email: "new@parcelforge.example",
  })
})

test("a second mail opened after the first does no harm", async () => {
  const first = await signedUp()
  await users().requestConfirmation({ email }, source)
  const second = await newestLink(tests)
  const user = await users().confirmAddress({ token: second.token }, source)
  expect(await refusal(users().confirmAddress({ token: first.token }, source))).toEqual({ code: "link_invalid" })
  expect((await users().find({ id: user.id }))?.emailConfirmed).toBe(true)
})

test("a first confirmation leaves sessions and password as they are", async () => {
  const user = await users().create({ actor: operator, source }, { email, password })
  const session = await signIn(tests.ctx, user)
  const before = await storedUser(tests.ctx, user.id)
  await users().requestConfirmation({ email }, source)
  await users().confirmAddress({ token: (await newestLink(tests)).token }, source)
  const after = await storedUser(tests.ctx, user.id)
  expect(after.securityStamp).toBe(before.securityStamp)
  expect(after.passwordHash).toBe(before.passwordHash)
  expect(await isAlive(tests.ctx, session.token)).toBe(true)
})

test("a disabled account's link does nothing", async () => {
  const { token } = await signedUp()
  const user = await users().find({ email })
  await users().setDisabled({ actor: operator, userId: user?.id, source }, true)
  expect(await refusal(users().confirmAddress({ token }, source))).toEqual({ code: "link_invalid" })
})

test.each([
  "https://evil.example/confirm",
  "https://app.example.evil.example/",
  "https://app.example@evil.example/",
  "http://app.example/",
  "https://app.example:8443/",
  "javascript:alert(1)",
  "data:text/html,x",
  "//app.example/",
  "/confirm",
  "",
  "https://user:pass@app.example/",
  "https://app.example/\r\nBcc: x",
  "https:\\\\app.example\\",
  "https://APP.example.",
])("a mail never leads to %j, whoever it was asked for", async (url) => {
  await person(tests.ctx, "confirmed@parcelforge.example")
  const linkFor = () => ({ url })
  const refused = { code: "input_invalid", field: "clientURI" }
  expect(await refusal(users().signUp({ email, password, linkFor }, source))).toEqual(refused)
  for (const address of ["confirmed@parcelforge.example", "unknown@parcelforge.example"]) {
    expect(await refusal(users().requestReset({ email: address, linkFor }, source))).toEqual(refused)
    expect(await refusal(users().requestConfirmation({ email: address, linkFor }, source))).toEqual(refused)
  }
  expect(await tests.mails()).toEqual([])
})

test("a door can lead to its own page on an allowed origin, or hand out the bare code", async () => {
  const linkFor = ({ token, email: to, userId }: { token: string; email: string; userId: string }) => ({
    url: `https://app.example/confirm?token=${token}&email=${encodeURIComponent(to)}&id=${userId}`,
  })
  const { created } = await users().signUp({ email, password, linkFor }, source)
  const mail = (await tests.mails()).at(-1)
  const link = new URL(String(mail?.facts["link"]))
  expect([link.searchParams.get("email"), link.searchParams.get("id")]).toEqual([email, created?.id])
  await users().requestConfirmation({ email, linkFor: ({ token }) => ({ code: token }) }, source)
  const bare = (await tests.mails()).at(-1)
  expect(bare?.facts["link"]).toBeNull()
  expect((await users().confirmAddress({ token: String(bare?.facts["code"]) }, source)).emailConfirmed).toBe(true)
})
