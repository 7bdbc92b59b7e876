import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { any, sql, type Row } from "../../store/database.ts"
import { createAuthenticator } from "../../testing/authenticator.ts"
import { engineForTests, type EngineForTests } from "../../testing/engine.ts"
import type { ImportVerdict, IncomingUser, SignIn } from "../engine.ts"
import { newestLink, operator, password, person, refusal, service, source, userKey } from "../users/people-for-tests.ts"
import { aspnetHashes, incoming } from "./transfer-for-tests.ts"

const key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
const email = "ewa@parcelforge.example"
const by = { actor: operator, source: { door: "cli" } }
const hash = aspnetHashes[3]?.[1] ?? ""

let tests: EngineForTests
beforeEach(async () => {
  tests = await engineForTests()
})
afterEach(() => tests.close())

const take = (...users: IncomingUser[]): Promise<readonly ImportVerdict[]> =>
  tests.engine.operators.importUsers(by, "test").take(users)
const rehearse = (...users: IncomingUser[]): Promise<readonly ImportVerdict[]> =>
  tests.engine.operators.importUsers(by, "test", { dryRun: true }).take(users)
const find = () => tests.engine.users.find({ email })
const signIn = (typed = password, address = email): Promise<SignIn> =>
  tests.engine.signIn.withPassword({ email: address, password: typed }, source)
const answer = (kind: string, code: string, challenge: SignIn): Promise<SignIn> =>
  tests.engine.signIn.answer({ challenge: { token: challenge.token }, kind, answer: code }, source)
const app = (uri = `otpauth://totp/x?secret=${key}`) => createAuthenticator(tests.clock.now).scan(uri)
const withApp = (more: Partial<IncomingUser> = {}): IncomingUser =>
  incoming({ passwordHash: hash, authenticators: [{ key, confirmed: true }], ...more })

/** Every row of what an import writes. */
const everything = async (): Promise<Row[][]> =>
  Promise.all(
    [
      sql`select * from users order by id`,
      sql`select * from factors order by id`,
      sql`select * from recovery_code_sets order by id`,
      sql`select * from recovery_codes order by id`,
      sql`select * from audit order by id`,
      sql`select * from failures order by subject`,
      sql`select * from outbox order by id`,
    ].map((all) => tests.database.query(all)),
  )

describe("a password from ASP.NET Core Identity", () => {
  test.each(aspnetHashes)("%s lets in, and is hashed our way from then on", async (_form, stored, typed) => {
    expect(await take(incoming({ passwordHash: stored }))).toMatchObject([{ outcome: "imported", notes: [] }])
    expect(await refusal(signIn(`${typed}x`))).toEqual({ code: "credentials_incorrect" })
    expect(await signIn(typed)).toMatchObject({ status: "complete" })
    const [row] = await tests.database.query(sql`select password_hash, revision from users`)
    expect(row).toEqual({ password_hash: expect.stringMatching(/^\$argon2id\$v=19\$/) as string, revision: 1 })
    expect(await signIn(typed)).toMatchObject({ status: "complete" })
  })

  test.each([
    ["an unknown marker", Buffer.from([2, ...Array.from({ length: 60 }, () => 7)]).toString("base64")],
    ["text that is too short", "AQAAAAI="],
    // 20,000,000 iterations
    [
      "more iterations than anybody should wait for",
      "AQAAAAIBMS0AAAAAEAABAgMEBQYHCAkKCwwNDg8pOhvF+6Wq2KNElHT5oPDb4XZoOZDaHYbo4FZa6h8OUw==",
    ],
    ["no hash at all", "Kestrel-Mast-77!"],
  ])("%s never matches, and a new password comes by mail", async (_what, stored) => {
    expect(await take(incoming({ externalId: "7", passwordHash: stored }))).toMatchObject([
      { outcome: "imported", notes: ["password_unusable"] },
    ])
    for (const typed of [stored, "!", "", password].filter((text) => text !== ""))
      expect(await refusal(signIn(typed))).toMatchObject({ code: "credentials_incorrect" })
    await tests.engine.users.requestReset({ email }, source)
    const { token } = await newestLink(tests)
    await tests.engine.users.resetPassword({ token, password: "Lantern-Quarry-19" }, source)
    expect(await signIn("Lantern-Quarry-19")).toMatchObject({ status: "complete" })
  })

  test("a user of an app that signs in by itself gets no password by mail", async () => {
    await take(incoming({ externalId: "7", passwordHash: null }))
    expect(await find()).toMatchObject({ hasPassword: false, externalId: "7" })
    await tests.engine.users.requestReset({ email }, source)
    expect(await tests.mails()).toEqual([])
  })
})

describe("an authenticator app", () => {
  test("goes on with the key that it has, and its code passes once", async () => {
    expect(await take(withApp())).toMatchObject([{ outcome: "imported", notes: [] }])
    const code = app().code()
    expect(await answer("totp", code, await signIn())).toMatchObject({ status: "complete", session: { aal: 2 } })
    expect(await refusal(answer("totp", code, await signIn()))).toEqual({ code: "code_incorrect" })
  })

  test.each([
    "otpauth://totp/Shop:ewa?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA&algorithm=SHA256&digits=8&period=60",
    "otpauth://totp/ewa%40x?secret=gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq&algorithm=HmacSHA512&digits=7",
    "otpauth://TOTP/?period=45&Secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA-1",
  ])("keeps hash, digits and period: %s", async (otpauth) => {
    await take(incoming({ passwordHash: hash, authenticators: [{ otpauth, confirmed: true }] }))
    const plain = otpauth
      .replace(/HmacSHA/, "SHA")
      .replace("SHA-1", "SHA1")
      .replace("Secret", "secret")
      .replace("TOTP", "totp")
    const secret = new URL(plain).searchParams.get("secret") ?? ""
    const scanned = app(plain.replace(secret, secret.replaceAll("-", "").toUpperCase()))
    expect(await answer("totp", scanned.code(), await signIn())).toMatchObject({ status: "complete" })
  })

  test("of several, each lets in", async () => {
    const other = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    await take(withApp({ authenticators: [key, other, key].map((one) => ({ key: one, confirmed: true })) }))
    const user = await find()
    expect(await tests.engine.factors.list({ ...by, userId: user?.id })).toMatchObject([
      { name: "Authenticator app", id: user?.defaultFactorId },
      { name: "Authenticator app 2" },
    ])
    for (const one of [key, other])
      expect(await answer("totp", app(`otpauth://totp/x?secret=${one}`).code(), await signIn())).toMatchObject({
        status: "complete",
      })
  })

  test.each([
    ["GEZDGNBVGY3TQOJQ", "key_weak"],
    ["GEZDGNBVGY3TQOJQGEZDGNBVGY", undefined],
  ])("the short key %s works, and is told of below 128 bits", async (short, note) => {
    expect(await take(withApp({ authenticators: [{ key: short, confirmed: true }] }))).toMatchObject([
      { outcome: "imported", notes: note ? [note] : [] },
    ])
    expect(await answer("totp", app(`otpauth://totp/x?secret=${short}`).code(), await signIn())).toMatchObject({
      status: "complete",
    })
  })

  test.each([
    ["key_too_short", { key: "GEZDGNBV" }],
    ["key_unreadable", { key: "CfDJ8:QmFzZTY0" }],
    ["key_unreadable", { key: "" }],
    ["key_unreadable", { otpauth: `otpauth://hotp/x?secret=${key}&counter=1` }],
    ["key_unreadable", { otpauth: `otpauth://totp/x?secret=${key}&digits=10` }],
    ["key_unreadable", { otpauth: `otpauth://totp/x?secret=${key}&period=86400` }],
    ["key_unreadable", { otpauth: `otpauth://totp/x?secret=${key}&algorithm=MD5` }],
    ["key_unreadable", { otpauth: "otpauth://totp/x" }],
    ["key_unreadable", { otpauth: `https://totp/x?secret=${key}` }],
    ["key_unreadable", { otpauth: "\0" }],
  ])("%s: nobody is let in with the password alone for it (%j)", async (reason, broken) => {
    expect(await take(withApp({ authenticators: [{ ...broken, confirmed: true }] }))).toEqual([
      { outcome: "skipped", reason },
    ])
    expect(await find()).toBeUndefined()
  })

  test("that was never confirmed there is none here, and is offered again until it is", async () => {
    const codes = ["abcd-1234", "efgh-5678"]
    const record = withApp({ authenticators: [{ key, confirmed: false }], recoveryCodes: codes })
    expect(await take(record)).toMatchObject([{ outcome: "imported", notes: ["key_unconfirmed"] }])
    const first = await signIn()
    expect(first.status).toBe("complete")
    const actor = await tests.engine.sessions.authenticate(first.token, source)
    if (actor === undefined) throw new Error("no session")
    const begun = await tests.engine.factors.begin({ actor, source }, { kind: "totp", oneForUser: true })
    expect(begun.show["secret"]).toBe(key)
    const confirmed = await tests.engine.factors.confirm({ actor, source }, { kind: "totp", answer: app().code() })
    expect(confirmed.recoveryCodes).toBeUndefined()
    expect(await answer("recovery-code", "ABCD1234", await signIn())).toMatchObject({ status: "complete" })
  })

  test("with an unreadable key that was never confirmed is left out", async () => {
    const record = withApp({ authenticators: [{ key: "???", confirmed: false }] })
    expect(await take(record)).toMatchObject([{ outcome: "imported", notes: [] }])
  })
})

describe("recovery codes", () => {
  test.each([
    ["of .NET 6 and later", "BCDFG-HJKMN", "bcdfg hjkmn"],
    ["eight hexadecimal digits of before", "00f1a2b3", "00F1A2B3"],
    ["in an alphabet of their own", "o0O1l-Ii", "O0o1LII"],
  ])("%s work as they were printed, once each", async (_what, printed, typed) => {
    await take(withApp({ recoveryCodes: [printed, "other-code-1"] }))
    expect(await answer("recovery-code", typed, await signIn())).toMatchObject({
      status: "complete",
      recoveryCodesLeft: 1,
    })
    expect(await refusal(answer("recovery-code", typed, await signIn()))).toEqual({ code: "code_incorrect" })
  })

  test("stand nowhere in the clear", async () => {
    await take(withApp({ recoveryCodes: ["BCDFG-HJKMN"] }))
    const all = JSON.stringify(await everything())
    for (const secret of ["BCDFG", "HJKMN", key]) expect(all).not.toContain(secret)
  })

  test("that nobody could type, or guess too easily, are left out with a note", async () => {
    expect(await take(withApp({ recoveryCodes: ["1234", "naïve-code", "BCDFG-HJKMN", "bcdfghjkmn"] }))).toMatchObject([
      { notes: ["recovery_code_left_out"] },
    ])
    const user = await find()
    expect(await tests.engine.recoveryCodes.status({ ...by, userId: user?.id })).toMatchObject({ total: 1, left: 1 })
  })

  test("are hashed slowly where the profile wants it", async () => {
    await tests.close()
    tests = await engineForTests({ settings: { recoveryCodes: { hashing: "argon2id", length: 16 } } })
    await take(withApp({ recoveryCodes: ["00f1a2b3", "00f1a2b4"] }))
    const [row] = await tests.database.query<{ hash: string }>(sql`select hash from recovery_codes limit 1`)
    expect(row?.hash).toMatch(/^argon2id 8 /)
    expect(await answer("recovery-code", "00F1A2B4", await signIn())).toMatchObject({ status: "complete" })
  })
})

describe("who is known already", () => {
  test("the same records again change nothing, however much was used meanwhile", async () => {
    const records = [
      withApp({ externalId: "1", recoveryCodes: ["00f1a2b3", "00f1a2b4"], roles: ["Manager"] }),
      incoming({ email: "mo@parcelforge.example", passwordHash: hash, lockedUntil: tests.clock.now() + 60_000 }),
      incoming({ email: "zoe@parcelforge.example", externalId: "3", disabled: true }),
    ]
    await take(...records)
    await answer("recovery-code", "00f1a2b3", await signIn())
    const before = await everything()
    tests.clock.advance(3600)
    expect((await take(...records)).map(({ outcome }) => outcome)).toEqual(["unchanged", "unchanged", "unchanged"])
    expect(await everything()).toEqual(before)
    expect(await refusal(answer("recovery-code", "00f1a2b3", await signIn()))).toEqual({ code: "code_incorrect" })
  })

  test("what changed at the source is brought up to date while nobody has used it here", async () => {
    await take(withApp({ externalId: "1", recoveryCodes: ["00f1a2b3"], roles: ["Manager"] }))
    const before = await find()
    const other = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    const changed = withApp({
      externalId: "1",
      firstName: "Ewa",
      recoveryCodes: ["00f1a2b9"],
      authenticators: [{ key: other, confirmed: true }],
      passwordHash: aspnetHashes[4]?.[1] ?? "",
      email: "Ewa.K@parcelforge.example",
    })
    await tests.engine.users.requestReset({ email }, source)
    await refusal(signIn("a stranger's guess"))
    expect(await take(changed)).toMatchObject([{ outcome: "updated", userId: before?.id }])
    expect(await find()).toBeUndefined()
    const typed = aspnetHashes[4]?.[2] ?? ""
    const first = await signIn(typed, "ewa.k@parcelforge.example")
    if (first.status !== "second_factor") throw new Error(first.status)
    expect(first.user).toMatchObject({ firstName: "Ewa", roles: [], emailConfirmed: true })
    expect(await refusal(answer("totp", app().code(), first))).toEqual({ code: "code_incorrect" })
    expect(await answer("totp", app(`otpauth://totp/x?secret=${other}`).code(), first)).toMatchObject({
      status: "complete",
    })
    expect((await take(changed))[0]).toMatchObject({ outcome: "unchanged" })
  })

  test("who was used here since is left alone", async () => {
    await take(withApp({ externalId: "1" }))
    await answer("totp", app().code(), await signIn())
    const before = await everything()
    expect(await take(withApp({ externalId: "1", roles: ["Administrator"] }))).toEqual([
      { outcome: "skipped", reason: "changed_here" },
    ])
    expect(await everything()).toEqual(before)
  })

  test("an account that was made here is never taken over by a record", async () => {
    const user = await person(tests.ctx)
    await tests.engine.users.update({ ...by, userId: user.id }, { externalId: "1" })
    const before = await everything()
    expect([
      ...(await take(withApp({ externalId: "1" }))),
      ...(await take(withApp({ externalId: "2" }))),
      ...(await take(withApp())),
    ]).toEqual([
      { outcome: "skipped", reason: "already_here" },
      { outcome: "skipped", reason: "duplicate_address" },
      { outcome: "skipped", reason: "duplicate_address" },
    ])
    expect(await everything()).toEqual(before)
  })

  test("an address is followed to a new owner once the old one gave it up", async () => {
    await take(incoming({ externalId: "1" }))
    expect(
      await take(incoming({ externalId: "1", email: "new@parcelforge.example" }), incoming({ externalId: "2" })),
    ).toMatchObject([{ outcome: "updated" }, { outcome: "imported" }])
    expect(await find()).toMatchObject({ externalId: "2" })
  })
})

describe("of two records with one address or one id", () => {
  const pairs: [string, Partial<IncomingUser>, Partial<IncomingUser>, string][] = [
    [
      "one address in two spellings",
      { externalId: "1" },
      { externalId: "2", email: " EWA@parcelforge.example" },
      "duplicate_address",
    ],
    ["one address and no ids", {}, { firstName: "Eva" }, "duplicate_address"],
    ["one id", { externalId: "1" }, { externalId: "1", email: "b@parcelforge.example" }, "duplicate_id"],
  ]
  test.each(pairs)("%s: the first is taken, today and tomorrow", async (_what, first, second, reason) => {
    const records = [incoming(first), incoming(second)]
    const skipped = { outcome: "skipped", reason }
    expect(await rehearse(...records)).toMatchObject([{ outcome: "imported", userId: null }, skipped])
    expect(await take(...records)).toMatchObject([{ outcome: "imported" }, skipped])
    const before = await everything()
    expect(await take(...records)).toMatchObject([{ outcome: "unchanged" }, skipped])
    expect(await everything()).toEqual(before)
  })

  test("also where many records lie between them", async () => {
    const run = tests.engine.operators.importUsers(by, "test", { dryRun: true })
    const many = Array.from({ length: 5_000 }, (_, n) => incoming({ email: `u${n}@x.example`, externalId: `${n}` }))
    expect((await run.take(many)).every(({ outcome }) => outcome === "imported")).toBe(true)
    expect((await run.take(many)).every(({ outcome }) => outcome === "skipped")).toBe(true)
  })
})

describe("what stands in a record", () => {
  test("is kept: names, roles, language, id, confirmation", async () => {
    const record = {
      firstName: " Ewa ",
      lastName: "Kowalczyk",
      locale: "pl",
      roles: ["A", "B", "A"],
      externalId: "7",
    }
    await take(incoming(record))
    expect(await find()).toMatchObject({ ...record, firstName: "Ewa", roles: ["A", "B"], email, emailConfirmed: true })
  })

  test("is told of where it could not be kept", async () => {
    const record = { firstName: "a\nb", lastName: "x".repeat(101), locale: "??", roles: ["", "Ok", "r".repeat(65)] }
    expect(await take(incoming({ ...record, emailConfirmed: false }))).toMatchObject([
      { notes: ["name_left_out", "locale_left_out", "role_left_out", "address_unconfirmed"] },
    ])
    expect(await find()).toMatchObject({ firstName: null, lastName: null, locale: null, roles: ["Ok"] })
  })

  test.each([
    ["no_address", { email: null }],
    ["no_address", { email: "  " }],
    ["no_address", { email: null, externalId: "7", passwordHash: "!" }],
    ["address_invalid", { email: "ewa" }],
    ["address_invalid", { email: "a@b@c" }],
    ["address_invalid", { email: "ewa@parcelforge.example\0" }],
    ["external_id_invalid", { externalId: " 7 " }],
    ["external_id_invalid", { externalId: "" }],
    ["external_id_invalid", { externalId: "x".repeat(256) }],
    ["external_id_invalid", { externalId: "\uD800" }],
    [
      "too_many_authenticators",
      {
        authenticators: Array.from({ length: 11 }, (_, n) => ({
          key: key.slice(0, 30) + "AB".repeat(n + 1),
          confirmed: true,
        })),
      },
    ],
  ])("%s: nobody is made of it (%j)", async (reason, broken) => {
    expect(await take(incoming(broken))).toEqual([{ outcome: "skipped", reason }])
    expect(await tests.database.query(sql`select id from users`)).toEqual([])
  })

  test("an id alone is enough for an app that has its own sign-in", async () => {
    expect(await take(incoming({ email: null, externalId: "7" }))).toMatchObject([{ outcome: "imported" }])
    expect(await tests.engine.users.find({ externalId: "7" })).toMatchObject({ email: null, emailConfirmed: false })
  })
})

describe("a lock", () => {
  test("without end is a disabled account", async () => {
    const end = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
    expect(await take(withApp({ lockedUntil: end }))).toMatchObject([{ notes: ["disabled"] }])
    expect(await refusal(signIn())).toEqual({ code: "account_disabled" })
  })

  test("for a while goes on for that while", async () => {
    expect(await take(withApp({ lockedUntil: tests.clock.now() + 120_000 }))).toMatchObject([{ notes: ["locked"] }])
    expect(await refusal(signIn())).toEqual({ code: "too_many_attempts", retryAfter: 120 })
    tests.clock.advance(121)
    expect(await signIn()).toMatchObject({ status: "second_factor" })
  })

  test("that is over is none, and failures that were counted stay counted", async () => {
    expect(await take(withApp({ lockedUntil: tests.clock.now() - 1, failedSignIns: 4 }))).toMatchObject([{ notes: [] }])
    expect(await refusal(signIn("wrong"))).toMatchObject({ code: "too_many_attempts" })
  })
})

describe("an import", () => {
  test("is the operators' alone", async () => {
    const user = await person(tests.ctx)
    for (const actor of [service("users:write"), userKey(user)])
      expect(() => tests.engine.operators.importUsers({ actor, source }, "test")).toThrow(
        expect.objectContaining({ code: "forbidden" }) as Error,
      )
  })

  test("stands in the record of each user, says nothing that was secret, and mails nobody", async () => {
    await take(withApp({ recoveryCodes: ["00f1a2b3"] }))
    const rows = await tests.database.query<{ detail: string }>(
      sql`select user_id, event, outcome, door, detail from audit`,
    )
    expect(rows).toMatchObject([
      { event: "user.imported", outcome: "success", door: "cli", user_id: (await find())?.id },
    ])
    expect(JSON.parse(rows[0]?.detail ?? "")).toMatchObject({ by: "operator", from: "test" })
    expect(await tests.mails()).toEqual([])
  })

  test("writes nothing as a rehearsal, and says what it would do", async () => {
    const before = await everything()
    expect(await rehearse(withApp(), incoming({ email: "mo@parcelforge.example" }), incoming({ email: null }))).toEqual(
      [
        { outcome: "imported", userId: null, notes: [] },
        { outcome: "imported", userId: null, notes: [] },
        { outcome: "skipped", reason: "no_address" },
      ],
    )
    expect(await everything()).toEqual(before)
  })

  test("commits at most a hundred writes at once", async () => {
    const sizes: number[] = []
    const commit = tests.database.commit.bind(tests.database)
    tests.database.commit = (writes) => {
      sizes.push(writes.length)
      return commit(writes)
    }
    const codes = Array.from({ length: 10 }, (_, n) => `00f1a2${n}${n}`)
    const many = Array.from({ length: 100 }, (_, n) => withApp({ email: `u${n}@x.example`, recoveryCodes: codes }))
    expect((await take(...many)).every(({ outcome }) => outcome === "imported")).toBe(true)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
    expect(Math.max(...sizes)).toBeGreaterThan(50)
  })

  test("twice at once makes everybody once", async () => {
    const many = Array.from({ length: 60 }, (_, n) => withApp({ email: `u${n}@x.example`, externalId: `${n}` }))
    const both = await Promise.all([take(...many), take(...many)])
    const outcomes = both.flat().map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === "imported")).toHaveLength(60)
    expect(outcomes.filter((outcome) => outcome === "unchanged")).toHaveLength(60)
    expect(await tests.database.query(sql`select id from users`)).toHaveLength(60)
    expect(await tests.database.query(sql`select id from factors`)).toHaveLength(60)
  })

  test("that loses a race for one address makes the others of the same commit all the same", async () => {
    const commit = tests.database.commit.bind(tests.database)
    let raced = false
    tests.database.commit = async (writes) => {
      if (!raced) {
        raced = true
        await tests.engine.users.create(by, { email: "u2@x.example" })
      }
      return commit(writes)
    }
    const verdicts = await take(...[1, 2, 3].map((n) => incoming({ email: `u${n}@x.example` })))
    expect(verdicts).toMatchObject([
      { outcome: "imported" },
      { outcome: "skipped", reason: "duplicate_address" },
      { outcome: "imported" },
    ])
    expect(await tests.database.query(sql`select id from users`)).toHaveLength(3)
    await commit([any(sql`delete from users`)])
  })
})
