import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { argon2, argon2OfLibrary, argon2OfNode, type Argon2Input } from "./argon2.ts"

test("Node's own Argon2 and the library's give the same bytes", async () => {
  const library = await argon2OfLibrary()
  if (library === undefined) return
  for (const variant of ["argon2id", "argon2i", "argon2d"] as const)
    for (const parallelism of [1, 2])
      for (const length of [16, 32, 64]) {
        const input: Argon2Input = {
          variant,
          password: randomBytes(length),
          salt: randomBytes(16),
          memoryKiB: 64,
          passes: 2,
          parallelism,
          length,
        }
        expect(await library(input)).toEqual(await argon2OfNode(input))
      }
})

// RFC 9106 has its vectors with a secret and associated data, which passwords here don't have; this one is the
// reference implementation's (argon2id, version 1.3, t=2, m=2^8, p=1).
test("the reference implementation's vector", async () => {
  const input: Argon2Input = {
    variant: "argon2id",
    password: Buffer.from("password"),
    salt: Buffer.from("somesalt"),
    memoryKiB: 256,
    passes: 2,
    parallelism: 1,
    length: 32,
  }
  const expected = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
  expect((await argon2OfNode(input)).toString("hex")).toBe(expected)
  expect((await argon2(input)).toString("hex")).toBe(expected)
})
