/** The engine's own SQL for users, sessions, keys and the vault, run once through on each kind of database. */
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Database } from "../store/database.ts"
import { storesForTests, type Store } from "../store/stores-for-tests.ts"
import { contextForTests } from "../testing/engine.ts"
import { activityOf } from "./audit/activity.ts"
import { addedRuleOf } from "./operators/added-rule.ts"
import { operatorsOf } from "./operators/operators.ts"
import { apiKeysOf } from "./sessions/api-keys.ts"
import { sessionsOf } from "./sessions/session-list.ts"
import {
  as,
  isAlive,
  newestLink,
  operator,
  password,
  person,
  refusal,
  signIn,
  source,
  withFactor,
} from "./users/people-for-tests.ts"
import { usersOf } from "./users/users.ts"

let stores: Store[] = []
let stop: () => Promise<void> = () => Promise.resolve()
const opened: Database[] = []
beforeAll(async () => {
  ;({ stores, stop } = await storesForTests())
})
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()))
  await stop()
})

const open = async (name: string): Promise<Database | undefined> => {
  const store = stores.find((candidate) => candidate.name === name)
  const [database] = store ? await store.open() : []
  if (database) opened.push(database)
  return database
}

const life = { accessSeconds: 60, refreshSeconds: 600 }
const signing = { issuer: "i", audience: "a" }

for (const name of ["SQLite on file", "PostgreSQL"]) {
  test(`${name}: an account from sign-up to removal`, async (context) => {
    const database = await open(name)
    if (!database) return context.skip()
    const tests = await contextForTests({ database, settings: { confirmEmail: "required" } })
    const { ctx, clock } = tests
    const [users, sessions, keys] = [usersOf(ctx), sessionsOf(ctx), apiKeysOf(ctx)]

    await users.signUp({ email: "Ewa@parcelforge.example", password: "Stranger-Quarry-19" }, source)
    clock.advance(1)
    await users.signUp({ email: "ewa@parcelforge.example", password, firstName: "Ewa" }, source)
    const user = await users.confirmAddress({ token: (await newestLink(tests)).token }, source)
    expect(user).toMatchObject({ emailConfirmed: true, firstName: "Ewa", revision: 2 })

    let mine = await signIn(ctx, user, { kinds: ["password", "totp"] })
    await withFactor(ctx, user)
    clock.advance(301)
    expect(await isAlive(ctx, mine.token)).toBe(true)
    const { token = "" } = await users.changePassword(mine.on, { current: password, password: "Lantern-Quarry-19" })
    mine = await as(ctx, token)
    await users.requestAddressChange(mine.on, { email: "new@parcelforge.example" })
    clock.advance(1)
    const changed = await users.confirmAddress({ token: (await newestLink(tests)).token }, source)
    expect(changed.email).toBe("new@parcelforge.example")
    mine = await as(ctx, token)

    expect(await users.update(mine.on, { lastName: "Kowalczyk", locale: null })).toMatchObject({
      lastName: "Kowalczyk",
    })
    expect((await users.list(operator, { limit: 10, search: "KOWAL" })).items).toHaveLength(1)
    expect((await users.list(operator, { limit: 10 })).items).toHaveLength(1)
    expect((await activityOf(ctx).ofUser(mine.on, { limit: 3 })).items).toHaveLength(3)
    expect((await activityOf(ctx).all(operator, { limit: 3 })).next).not.toBeNull()

    const { key, record } = await keys.create({ actor: operator, userId: user.id, source }, { name: "script" })
    expect([await isAlive(ctx, key), await keys.list(mine.on)]).toMatchObject([true, [{ id: record.id }]])
    await keys.revoke(mine.on, { id: record.id })

    const sessionId = mine.actor.session.id
    const pair = await sessions.issuePair(sessionId, life)
    expect(await isAlive(ctx, pair.accessToken)).toBe(true)
    const second = await sessions.refresh(pair.refreshToken, life, source)
    expect(second).toBeDefined()
    const jwt = await sessions.issueJwt(sessionId, { ...signing, seconds: 60 })
    expect(await sessions.authenticateJwt(jwt.token, signing, source)).toMatchObject({ type: "session" })
    await signIn(ctx, changed)
    expect(await sessions.endOthers(mine.on)).toBe(1)
    expect(await sessions.list(mine.on)).toHaveLength(1)

    const operators = operatorsOf(ctx)
    await operators.setSetting({ actor: operator, source }, "x", "1")
    await operators.setSetting({ actor: operator, source }, "x", "2")
    expect(await operators.setting("x")).toBe("2")
    expect((await ctx.vault.rotate()).resealed).toBeGreaterThan(3)
    expect(await sessions.authenticateJwt(jwt.token, signing, source)).toBeDefined()

    await users.requestReset({ email: "new@parcelforge.example" }, source)
    clock.advance(1)
    await users.requestReset({ email: "new@parcelforge.example" }, source)
    await users.resetPassword({ token: (await newestLink(tests)).token, password: "Granite-Teapot-88" }, source)
    expect(await isAlive(ctx, mine.token)).toBe(false)
    await users.setDisabled({ actor: operator, userId: user.id, source }, true)
    await users.setDisabled({ actor: operator, userId: user.id, source }, false)
    clock.advance(365 * 86_400)
    expect(await operators.sweep()).toBeGreaterThan(0)
    await users.remove({ actor: operator, userId: user.id, source })
    expect(await users.find({ id: user.id })).toBeUndefined()
  })

  test(`${name}: of many at once with one address, link or refresh token, one wins`, async (context) => {
    const database = await open(name)
    if (!database) return context.skip()
    const tests = await contextForTests({ database, settings: { confirmEmail: "optional" } })
    const { ctx } = tests
    const [users, sessions] = [usersOf(ctx), sessionsOf(ctx)]
    const email = "ewa@parcelforge.example"
    const made = await Promise.all(Array.from({ length: 10 }, () => users.signUp({ email, password }, source)))
    expect(made.filter(({ created }) => created !== null)).toHaveLength(1)
    const user = await users.find({ email })
    if (!user) throw new Error("not created")

    await users.requestReset({ email }, source)
    const mail = (await tests.mails()).find(({ template }) => template === "reset-password")
    const token = new URL(String(mail?.facts["link"])).searchParams.get("token") ?? ""
    const resets = Array.from({ length: 10 }, (_, n) =>
      refusal(users.resetPassword({ token, password: `Lantern-Quarry-${n}` }, source)).then(
        ({ code }) => code,
        () => "done",
      ),
    )
    expect((await Promise.all(resets)).filter((result) => result === "done")).toHaveLength(1)

    const { actor } = await signIn(ctx, user)
    const { refreshToken } = await sessions.issuePair(actor.session.id, life)
    const pairs = await Promise.all(Array.from({ length: 10 }, () => sessions.refresh(refreshToken, life, source)))
    expect(pairs.filter((pair) => pair !== undefined)).toHaveLength(1)

    const on = { actor: operator, userId: user.id, source }
    const updates = await Promise.allSettled(["a", "b", "c"].map((role) => users.update(on, { roles: [role] })))
    const stood = updates.filter(({ status }) => status === "fulfilled").length
    expect((await users.find({ email }))?.revision).toBe(2 + stood)
  })

  test(`${name}: a rule of administrators is read by every node, and ends what does not meet it`, async (context) => {
    const database = await open(name)
    if (!database) return context.skip()
    const { ctx } = await contextForTests({ database })
    const user = await person(ctx)
    const policy = addedRuleOf(ctx)
    const weak: string[] = []
    for (let count = 0; count < 205; count++) weak.push((await signIn(ctx, user)).token)
    const strong = await signIn(ctx, user, { kinds: ["password", "totp"] })
    const by = { actor: operator, source }
    await policy.setAddedRule(by, { exemptAddresses: ["10.0.0.0/8"] })
    await policy.setAddedRule(by, { exemptAddresses: ["10.0.0.0/8", "::1"], mandatoryUsers: [user.id] })
    expect(await addedRuleOf(ctx).addedRule()).toEqual({
      door: source.door,
      exemptAddresses: ["10.0.0.0/8", "::1"],
      mandatoryUsers: [user.id],
      mandatoryGroups: [],
    })
    const alive = await Promise.all([...weak, strong.token].map((token) => isAlive(ctx, token)))
    expect(alive.filter(Boolean)).toHaveLength(1)
    expect(await isAlive(ctx, strong.token)).toBe(true)
    await policy.setAddedRule(by, null)
    expect(await policy.addedRule()).toBeUndefined()
  })
}
