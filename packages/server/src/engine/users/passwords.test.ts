import { afterEach, beforeEach, expect, test } from "vitest"
import { contextForTests, settingsForTests, type ContextForTests } from "../../testing/engine.ts"
import { boundedQueue, hashPassword, isUsableHash, rehashWrite, verifyPassword } from "./passwords.ts"
import { person, refusal, storedUser, password } from "./people-for-tests.ts"

let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests()
})
afterEach(() => tests.close())

test("a hash is a salted argon2id PHC string with the set parameters", async () => {
  const { ctx } = tests
  const [a, b] = [await hashPassword(ctx, password), await hashPassword(ctx, password)]
  expect(a).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(a).not.toBe(b)
  expect(await verifyPassword(ctx, { passwordHash: a }, password)).toBe(true)
  expect(await verifyPassword(ctx, { passwordHash: a }, `${password} `)).toBe(false)
})

test("the composed and the decomposed form of a password are one", async () => {
  const { ctx } = tests
  const composed = { passwordHash: await hashPassword(ctx, "Gr\u00fc\u00dfe-9-Boot") }
  expect(await verifyPassword(ctx, composed, "Gru\u0308\u00dfe-9-Boot")).toBe(true)
  const decomposed = { passwordHash: await hashPassword(ctx, "Gru\u0308\u00dfe-9-Boot") }
  expect(await verifyPassword(ctx, decomposed, "Gr\u00fc\u00dfe-9-Boot")).toBe(true)
})

test("nothing is cut off: the last of a thousand characters matters", async () => {
  const { ctx } = tests
  const long = "x".repeat(1023)
  const user = { passwordHash: await hashPassword(ctx, `${long}a`) }
  expect(await verifyPassword(ctx, user, `${long}a`)).toBe(true)
  expect(await verifyPassword(ctx, user, `${long}b`)).toBe(false)
})

test("nobody's password is anything", async () => {
  const { ctx } = tests
  for (const user of [undefined, { passwordHash: null }, { passwordHash: "" }, { passwordHash: "unreadable" }])
    for (const typed of ["", password, "x".repeat(100_000)]) expect(await verifyPassword(ctx, user, typed)).toBe(false)
})

test("an unknown user takes the same work as a wrong password", async () => {
  // Work is counted in draws on the hashing queue: one for each check, whoever it is about.
  const { ctx } = tests
  const stored = await storedUser(ctx, (await person(ctx)).id)
  const draws: number[] = []
  const counting = { ...ctx, settings: { ...ctx.settings }, random: (n: number) => (draws.push(n), ctx.random(n)) }
  await verifyPassword(counting, undefined, "warm up")
  const made = draws.length
  await verifyPassword(counting, undefined, "wrong")
  await verifyPassword(counting, stored, "wrong")
  expect(draws.length).toBe(made)
})

test("a password is stored anew when the parameters were raised, and only then", async () => {
  const { ctx } = tests
  const user = await storedUser(ctx, (await person(ctx)).id)
  expect(await rehashWrite(ctx, user, password)).toBeUndefined()
  const raised = {
    ...ctx,
    settings: settingsForTests({ passwordHashing: { memoryKiB: 128, passes: 2, concurrency: 1 } }),
  }
  const write = await rehashWrite(raised, user, password)
  if (write === undefined) throw new Error("no write")
  await ctx.database.commit([write])
  const after = await storedUser(ctx, user.id)
  expect(after.passwordHash).toMatch(/^\$argon2id\$v=19\$m=128,t=2,p=1\$/)
  expect(after.revision).toBe(user.revision)
  expect(after.securityStamp).toBe(user.securityStamp)
  expect(await verifyPassword(raised, after, password)).toBe(true)
  expect(await rehashWrite(raised, after, password)).toBeUndefined()
})

test("an imported hash is checked as it is, and replaced by ours", async () => {
  const { ctx } = tests
  const identity = "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8pOhvF+6Wq2KNElHT5oPDb4XZoOZDaHYbo4FZa6h8OUw=="
  const user = { id: "u", passwordHash: identity }
  expect(isUsableHash(identity)).toBe(true)
  expect(isUsableHash("plain")).toBe(false)
  expect(await verifyPassword(ctx, user, password)).toBe(true)
  expect(await verifyPassword(ctx, user, "wrong")).toBe(false)
  const write = await rehashWrite(ctx, user, password)
  expect(String(write?.statement.values[0])).toMatch(/^\$argon2id\$/)
})

test("a rehash that comes after another change of the password changes nothing", async () => {
  const { ctx } = tests
  const user = await storedUser(ctx, (await person(ctx)).id)
  const raised = {
    ...ctx,
    settings: settingsForTests({ passwordHashing: { memoryKiB: 128, passes: 1, concurrency: 1 } }),
  }
  const late = await rehashWrite(raised, { ...user, passwordHash: "another" }, password)
  if (late === undefined) throw new Error("no write")
  await ctx.database.commit([late])
  expect((await storedUser(ctx, user.id)).passwordHash).toBe(user.passwordHash)
})

test("at most so many hashes run at once, in the order they came, and a full queue is refused", async () => {
  const queue = boundedQueue(2, 3)
  let running = 0
  let most = 0
  const order: number[] = []
  const ends: (() => void)[] = []
  const work = (n: number) =>
    queue(async () => {
      order.push(n)
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => ends.push(resolve))
      running--
    })
  const all = [0, 1, 2, 3, 4].map(work)
  expect(await refusal(work(5))).toEqual({ code: "unavailable", retryAfter: 1 })
  for (let n = 0; n < 5; n++) {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(all)
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4])
  await queue(() => Promise.reject(new Error("a hash failed"))).catch(() => undefined)
  await queue(() => Promise.resolve())
})
