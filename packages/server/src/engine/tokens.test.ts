import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { equalInConstantTime, hashToken, mintToken, newId } from "./tokens.ts"

const draw = { random: (bytes: number) => randomBytes(bytes), now: () => 1_900_000_000_000 }

test("a token has its prefix and 256 random bits, and no two are alike", () => {
  const tokens = Array.from({ length: 1000 }, () => mintToken(draw, "css_").token)
  expect(new Set(tokens).size).toBe(1000)
  for (const token of tokens) {
    expect(token).toMatch(/^css_[A-Za-z0-9_-]{43}$/)
    expect(Buffer.from(token.slice(4), "base64url")).toHaveLength(32)
  }
})

test("the stored hash is of the whole text, so a token of one kind is not found as another", () => {
  const { token, hash } = mintToken(draw, "css_")
  expect(hashToken(token)).toBe(hash)
  expect(hashToken(token.replace("css_", "csa_"))).not.toBe(hash)
  expect(hash).not.toContain(token.slice(4))
})

test("comparing takes texts of any length", () => {
  expect(equalInConstantTime("abc", "abc")).toBe(true)
  expect(equalInConstantTime("abc", "abcd")).toBe(false)
  expect(equalInConstantTime("", "")).toBe(true)
})

test("an id is a UUID of version 7 that sorts by its time", () => {
  const early = newId({ ...draw, now: () => 1_700_000_000_000 })
  const late = newId({ ...draw, now: () => 1_700_000_000_001 })
  expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(early < late).toBe(true)
  expect(parseInt(early.replaceAll("-", "").slice(0, 12), 16)).toBe(1_700_000_000_000)
})

test("ids of one millisecond sort in the order in which they were made", () => {
  const still = { ...draw, now: () => 1_700_000_000_000 }
  const ids = Array.from({ length: 20_000 }, () => newId(still))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of [ids[0], ids.at(-1)])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
