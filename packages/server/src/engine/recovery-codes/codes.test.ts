import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { contextForTests } from "../../testing/engine.ts"
import { codeAlphabet, drawCodes, hashCodes, lengthOfHashed, matchingHashes } from "./codes.ts"

const draw = { random: (bytes: number): Uint8Array => randomBytes(bytes) }

test("codes have ten characters of the alphabet, no two alike, none read as another", () => {
  expect(codeAlphabet).toBe("23456789BCDFGHJKMNPQRTVWXY")
  const codes = drawCodes(draw, 2000, 10)
  expect(new Set(codes).size).toBe(2000)
  for (const code of codes) expect(code).toMatch(/^[23456789BCDFGHJKMNPQRTVWXY]{10}$/)
})

test("every character comes about equally often", () => {
  const counts = new Map<string, number>()
  for (const letter of drawCodes(draw, 2600, 10).join("")) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(26)
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200)
})

test("ten characters carry more than 46 bits, the sixteen of strict profiles more than 64", () => {
  expect(10 * Math.log2(codeAlphabet.length)).toBeGreaterThan(46)
  expect(16 * Math.log2(codeAlphabet.length)).toBeGreaterThan(64)
})

test("a source that repeats itself is asked on until the codes differ", () => {
  let calls = 0
  const stuck = { random: (bytes: number): Uint8Array => new Uint8Array(bytes).fill(Math.floor(calls++ / 4)) }
  expect(new Set(drawCodes(stuck, 5, 10)).size).toBe(5)
})

for (const hashing of ["hmac", "argon2id"] as const) {
  test(`a hash of ${hashing} matches its own code for its own user, and says how long the code was`, async () => {
    const tests = await contextForTests({ settings: { recoveryCodes: { hashing, length: 16 } } })
    const { ctx } = tests
    const codes = drawCodes(ctx, 5, 16)
    const hashes = await hashCodes(ctx, "user-a", codes)
    expect(hashes.join("")).not.toMatch(new RegExp(codes.join("|")))
    expect(new Set(hashes).size).toBe(5)
    expect(hashes.map(lengthOfHashed)).toEqual([16, 16, 16, 16, 16])
    for (const [index, code] of codes.entries())
      expect(await matchingHashes(ctx, "user-a", code, hashes)).toEqual([index])
    expect(await matchingHashes(ctx, "user-b", codes[0] ?? "", hashes)).toEqual([])
    expect(await matchingHashes(ctx, "user-a", "2222222222222222", hashes)).toEqual([])
    await tests.close()
  })
}

test("hashes from before a change of hashing go on matching beside new ones", async () => {
  const tests = await contextForTests()
  const { ctx } = tests
  const old = await hashCodes(ctx, "u", ["BBBBBBBBBB"])
  const slow = {
    ...ctx,
    settings: { ...ctx.settings, recoveryCodes: { ...ctx.settings.recoveryCodes, hashing: "argon2id" as const } },
  }
  const fresh = await hashCodes(slow, "u", ["CCCCCCCCCC"])
  expect(await matchingHashes(slow, "u", "BBBBBBBBBB", [...old, ...fresh])).toEqual([0])
  expect(await matchingHashes(slow, "u", "CCCCCCCCCC", [...old, ...fresh])).toEqual([1])
  await tests.close()
})
