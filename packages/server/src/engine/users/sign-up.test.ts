import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import { sql } from "../../store/database.ts"
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
  service,
  signIn,
  source,
  storedUser,
  userKey,
} from "./people-for-tests.ts"
import { readUser } from "./records.ts"
import { usersOf } from "./users.ts"

const email = "ewa@parcelforge.example"
let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests({ settings: { confirmEmail: "required" } })
})
afterEach(() => tests.close())
const users = () => usersOf(tests.ctx)
const counted = async () =>
  Number((await tests.database.query<{ n: number }>(sql`select count(*) as n from users`))[0]?.n)

describe("signing up", () => {
  test("makes an unconfirmed account and mails its address a link", async () => {
    const { created } = await users().signUp(
      { email: " Ewa@ParcelForge.example ", password, firstName: " Ewa ", lastName: "", locale: "pl" },
      source,
    )
    expect(created).toMatchObject({
      email: "Ewa@ParcelForge.example",
      emailConfirmed: false,
      firstName: "Ewa",
      lastName: null,
      locale: "pl",
      hasPassword: true,
      roles: [],
    })
    expect(Object.keys(created ?? {})).not.toEqual(expect.arrayContaining(["passwordHash"]))
    const [mail] = await tests.mails()
    expect(mail).toMatchObject({ template: "confirm-address", to: "Ewa@ParcelForge.example", locale: "pl" })
    expect(mail?.facts["link"]).toMatch(/^http.*\/account\/confirm-address\?token=[A-Za-z0-9_-]{43}$/)
    expect(mail?.facts).toMatchObject({ at: tests.clock.now(), agent: source.agent, address: source.address })
  })

  test("leaves neither password nor link in the database", async () => {
    await users().signUp({ email, password }, source)
    const { token } = await newestLink(tests)
    const text = await dump(tests.ctx)
    expect(text).not.toContain(password)
    expect(text).not.toContain(token)
  })

  test("gives the roles of the door", async () => {
    await tests.close()
    tests = await contextForTests({ settings: { signUpRoles: { native: ["Viewer"] } } })
    const { created } = await users().signUp({ email, password }, source)
    expect(created?.roles).toEqual(["Viewer"])
  })

  test("with a taken address is answered alike, mails the owner and changes nothing", async () => {
    const owner = await person(tests.ctx, email)
    const before = await storedUser(tests.ctx, owner.id)
    for (const spelling of [email, email.toUpperCase(), ` ${email} `])
      expect(await users().signUp({ email: spelling, password: "Lantern-Quarry-19" }, source)).toEqual({
        created: null,
      })
    expect(await storedUser(tests.ctx, owner.id)).toEqual(before)
    expect(await mailed(tests)).toEqual(Array(3).fill(`address-taken → ${email}`))
    expect(await counted()).toBe(1)
  })

  test("tells a taken address only to a door whose wire demands it", async () => {
    await person(tests.ctx, email)
    expect(await refusal(users().signUp({ email, password, tellTaken: true }, source))).toEqual({
      code: "address_taken",
      field: "email",
    })
  })

  test("refuses a bad password in the same way for a taken and a free address", async () => {
    await person(tests.ctx, email)
    const refusals = await Promise.all(
      [email, "free@parcelforge.example"].map((address) =>
        refusal(users().signUp({ email: address, password: "short" }, source)),
      ),
    )
    expect(refusals[0]).toEqual({
      code: "password_rejected",
      field: "password",
      reasons: ["too_short"],
      minimumLength: tests.ctx.settings.password.minimumLength,
    })
    expect(refusals[1]).toEqual(refusals[0])
    expect(await tests.mails()).toEqual([])
  })

  test("of ten at once with one address makes one account", async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => users().signUp({ email, password }, source)))
    expect(results.filter(({ created }) => created !== null)).toHaveLength(1)
    expect(await counted()).toBe(1)
  })

  test.each([
    [{ email: "no address" }, "email"],
    [{ firstName: "a\u0000b" }, "firstName"],
    [{ lastName: "x".repeat(101) }, "lastName"],
    [{ locale: "<b>" }, "locale"],
    [{ firstName: "\ud800" }, "firstName"],
  ])("refuses %j by the field's name", async (bad, field) => {
    expect(await refusal(users().signUp({ email, password, ...bad }, source))).toEqual({ code: "input_invalid", field })
    expect(await counted()).toBe(0)
  })

  test("refuses junk in place of a password", async () => {
    for (const junk of [undefined, null, 7, {}, []] as unknown[])
      expect(await refusal(users().signUp({ email, password: junk as string }, source))).toEqual({
        code: "input_invalid",
        field: "password",
      })
  })
})

describe("a stranger registers somebody's address first (pre-hijack)", () => {
  const strangers = "Stranger-Quarry-19"
  const owners = "Owner-Lantern-42"

  test("the real owner signs up, confirms from the mailbox and has the account; the stranger's password is dead", async () => {
    await users().signUp({ email, password: strangers, firstName: "Mallory" }, source)
    const first = await newestLink(tests)
    expect(await users().signUp({ email, password: owners, firstName: "Ewa" }, source)).toEqual({ created: null })
    const { token, template } = await newestLink(tests)
    expect(template).toBe("confirm-address")
    const confirmed = await users().confirmAddress({ token }, source)
    expect(confirmed).toMatchObject({ emailConfirmed: true, firstName: "Ewa" })
    const stored = await storedUser(tests.ctx, confirmed.id)
    expect(await verifyPassword(tests.ctx, stored, owners)).toBe(true)
    expect(await verifyPassword(tests.ctx, stored, strangers)).toBe(false)
    expect(await refusal(users().confirmAddress({ token: first.token }, source))).toEqual({ code: "link_invalid" })
    expect(await counted()).toBe(1)
  })

  test("a stranger who registers after the owner gains nothing when the owner opens the owner's own mail", async () => {
    await users().signUp({ email, password: owners }, source)
    const { token } = await newestLink(tests)
    await users().signUp({ email, password: strangers }, source)
    const late = await newestLink(tests)
    const { id } = await users().confirmAddress({ token }, source)
    expect(await verifyPassword(tests.ctx, await storedUser(tests.ctx, id), owners)).toBe(true)
    expect(await refusal(users().confirmAddress({ token: late.token }, source))).toEqual({ code: "link_invalid" })
    expect(await verifyPassword(tests.ctx, await storedUser(tests.ctx, id), strangers)).toBe(false)
  })

  test("a link that was asked for again confirms the address, and none of the passwords that compete", async () => {
    await users().signUp({ email, password: strangers }, source)
    await users().signUp({ email, password: owners }, source)
    await users().requestConfirmation({ email }, source)
    const { id } = await users().confirmAddress({ token: (await newestLink(tests)).token }, source)
    const stored = await storedUser(tests.ctx, id)
    expect(stored).toMatchObject({ emailConfirmed: true, hasPassword: false })
    expect(await verifyPassword(tests.ctx, stored, strangers)).toBe(false)
    // The mailbox then sets one.
    await users().requestReset({ email }, source)
    await users().resetPassword({ token: (await newestLink(tests)).token, password: owners }, source)
    expect(await verifyPassword(tests.ctx, await storedUser(tests.ctx, id), owners)).toBe(true)
  })

  test("one person who signs up twice with one password keeps it, whichever link is opened", async () => {
    await users().signUp({ email, password: owners }, source)
    await users().signUp({ email, password: owners }, source)
    await users().requestConfirmation({ email }, source)
    const { id } = await users().confirmAddress({ token: (await newestLink(tests)).token }, source)
    expect(await verifyPassword(tests.ctx, await storedUser(tests.ctx, id), owners)).toBe(true)
  })

  test("an account in use is never taken over by a sign-up, confirmed or not", async () => {
    await tests.close()
    tests = await contextForTests({ settings: { confirmEmail: "optional" } })
    const { created } = await users().signUp({ email, password: owners }, source)
    if (created === null) throw new Error("not created")
    const session = await signIn(tests.ctx, created)
    await users().signUp({ email, password: strangers }, source)
    expect((await mailed(tests)).at(-1)).toBe(`address-taken → ${email}`)
    expect(await isAlive(tests.ctx, session.token)).toBe(true)
  })
})

describe("creating users", () => {
  test("is for operators and services with the scope", async () => {
    const input = {
      email,
      password,
      emailConfirmed: true,
      roles: ["Administrator", "Administrator"],
      externalId: "app-7",
    }
    const user = await person(tests.ctx, "else@parcelforge.example")
    expect(await refusal(users().create({ actor: userKey(user), source }, input))).toEqual({ code: "forbidden" })
    expect(await refusal(users().create({ actor: service("users:read"), source }, input))).toEqual({
      code: "insufficient_scope",
      scope: "users:write",
    })
    const created = await users().create({ actor: service("users:write"), source }, input)
    expect(created).toMatchObject({
      email,
      emailConfirmed: true,
      roles: ["Administrator"],
      externalId: "app-7",
      hasPassword: true,
    })
    expect(await tests.mails()).toEqual([])
  })

  test("without a password or an address, for an app that has its own sign-in", async () => {
    const created = await users().create({ actor: service("users:write"), source }, { externalId: "app-8" })
    expect(created).toMatchObject({ email: null, emailConfirmed: false, hasPassword: false })
    expect(await users().find({ externalId: "app-8" })).toEqual(created)
    expect(await refusal(users().create({ actor: operator, source }, {}))).toEqual({
      code: "input_invalid",
      field: "email",
    })
  })

  test("tells what is taken, and stores nothing then", async () => {
    await users().create({ actor: operator, source }, { email, externalId: "app-7" })
    expect(await refusal(users().create({ actor: operator, source }, { email: "EWA@parcelforge.example" }))).toEqual({
      code: "address_taken",
      field: "email",
    })
    expect(await refusal(users().create({ actor: operator, source }, { externalId: "app-7" }))).toEqual({
      code: "conflict",
      field: "externalId",
    })
    expect(await counted()).toBe(1)
  })

  test.each([
    [{ email, password: "short" }, "password_rejected"],
    [{ email, roles: "Administrator" as unknown as string[] }, "input_invalid"],
    [{ email, roles: [""] }, "input_invalid"],
    [{ email, roles: [7 as unknown as string] }, "input_invalid"],
    [{ externalId: "" }, "input_invalid"],
    [{ externalId: " app " }, "input_invalid"],
    [{ externalId: "x".repeat(256) }, "input_invalid"],
    [{ externalId: "a\nb" }, "input_invalid"],
  ])("refuses %j", async (input, code) => {
    expect((await refusal(users().create({ actor: operator, source }, input))).code).toBe(code)
    expect(await counted()).toBe(0)
  })
})

test("a user is found by id, external id and every spelling of the address; junk finds nobody", async () => {
  const user = await person(tests.ctx, email)
  for (const by of [{ id: user.id }, { email }, { email: ` ${email.toUpperCase()}` }])
    expect((await users().find(by))?.id).toBe(user.id)
  for (const by of [
    { id: "" },
    { id: "\u0000" },
    { id: "' or 1=1" },
    { email: "\ud800" },
    { email: "" },
    { externalId: "\u0000" },
  ])
    expect(await users().find(by)).toBeUndefined()
  expect(Object.keys((await readUser(tests.ctx, { id: user.id })) ?? {})).toContain("passwordHash")
  expect(Object.keys((await users().find({ id: user.id })) ?? {})).not.toContain("passwordHash")
})
