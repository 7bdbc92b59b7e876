/** Argon2 (RFC 9106) off the main thread: the prebuilt library where it loads, else Node's own. The output is the same. */
import { argon2 as nodeArgon2 } from "node:crypto"

export type Argon2Variant = "argon2d" | "argon2i" | "argon2id"

export type Argon2Input = {
  variant: Argon2Variant
  password: Uint8Array
  salt: Uint8Array
  memoryKiB: number
  passes: number
  parallelism: number
  /** Bytes of output. */
  length: number
}

export type Argon2 = (input: Argon2Input) => Promise<Buffer>

/** Node's own: slower, and always there. */
export const argon2OfNode: Argon2 = (input) =>
  new Promise((resolve, reject) => {
    nodeArgon2(
      input.variant,
      {
        message: input.password,
        nonce: input.salt,
        parallelism: input.parallelism,
        tagLength: input.length,
        memory: input.memoryKiB,
        passes: input.passes,
      },
      (error, key) => (error ? reject(error) : resolve(Buffer.from(key))),
    )
  })

const libraryNumbers = { argon2d: 0, argon2i: 1, argon2id: 2 } as const

/** The prebuilt library, or undefined on a platform that it has no binary for. */
export async function argon2OfLibrary(): Promise<Argon2 | undefined> {
  try {
    const { hashRaw } = await import("@node-rs/argon2")
    return ({ variant, password, salt, memoryKiB, passes, parallelism, length }) =>
      hashRaw(password, {
        algorithm: libraryNumbers[variant],
        salt,
        memoryCost: memoryKiB,
        timeCost: passes,
        parallelism,
        outputLen: length,
      })
  } catch {
    return undefined
  }
}

let chosen: Promise<Argon2> | undefined

/** Computes one Argon2 (version 1.3). Blocks no thread of JavaScript. */
export async function argon2(input: Argon2Input): Promise<Buffer> {
  chosen ??= argon2OfLibrary().then((library) => library ?? argon2OfNode)
  return (await chosen)(input)
}
