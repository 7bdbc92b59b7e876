/** What a recovery code looks like, how it is drawn, and what is kept of it. */
import type { Context } from "../context.ts"
import { equalInConstantTime } from "../tokens.ts"
import { argon2 } from "../users/argon2.ts"

/** No vowels (no words), and nothing that is read as something else. 26 characters: 4.7 bits each. */
export const codeAlphabet = "23456789BCDFGHJKMNPQRTVWXY"

const saltBytes = 16
const hashBytes = 32

/** `count` codes in the engine's bare form, no two alike. */
export function drawCodes(ctx: Pick<Context, "random">, count: number, length: number): string[] {
  const codes = new Set<string>()
  while (codes.size < count) codes.add(drawCode(ctx, length))
  return [...codes]
}

function drawCode(ctx: Pick<Context, "random">, length: number): string {
  // What is left over above the last whole multiple would favour the first characters.
  const limit = Math.floor(256 / codeAlphabet.length) * codeAlphabet.length
  let code = ""
  while (code.length < length) {
    for (const byte of ctx.random(length)) {
      if (byte < limit && code.length < length) code += codeAlphabet.charAt(byte % codeAlphabet.length)
    }
  }
  return code
}

type Hashing = Pick<Context, "settings" | "vault" | "random">

/**
 * What is stored of the codes of one set, the user inside: an HMAC under a key that is not in the database, or, for
 * profiles that want it (NIST SP 800-63B-4, 3.1.2.2), argon2id with one salt for the set, so that checking a code
 * costs one hash. The form begins with its length, so that what can't be a code is seen before it is counted.
 */
export async function hashCodes(ctx: Hashing, userId: string, codes: readonly string[]): Promise<string[]> {
  const { hashing } = ctx.settings.recoveryCodes
  if (hashing === "hmac")
    return codes.map((code) => `hmac ${code.length} ${ctx.vault.hash(`${userId} ${code}`, purpose)}`)
  const { memoryKiB, passes } = ctx.settings.passwordHashing
  const cost: Slow = { memoryKiB, passes, salt: Buffer.from(ctx.random(saltBytes)).toString("base64url") }
  const hashes: string[] = []
  for (const code of codes) hashes.push(`argon2id ${code.length} ${await slowHash(userId, code, cost)}`)
  return hashes
}

const purpose = "recovery-code"

/** The length of the code that a hash was made of. */
export const lengthOfHashed = (hash: string): number => Number(hash.split(" ")[1])

/**
 * Which of the hashes are of this code, by index. The same work whatever matches: every hash is compared.
 */
export async function matchingHashes(
  ctx: Pick<Context, "vault">,
  userId: string,
  code: string,
  hashes: readonly string[],
): Promise<number[]> {
  const candidates = ctx.vault.hashCandidates(`${userId} ${code}`, purpose).map((hash) => `hmac ${code.length} ${hash}`)
  const slow = new Map(hashes.flatMap((hash) => slowOf(hash) ?? []))
  for (const cost of slow.values()) candidates.push(`argon2id ${code.length} ${await slowHash(userId, code, cost)}`)
  const matches: number[] = []
  for (const [index, hash] of hashes.entries()) {
    const equal = candidates.filter((candidate) => equalInConstantTime(candidate, hash))
    if (equal.length > 0) matches.push(index)
  }
  return matches
}

type Slow = { readonly memoryKiB: number; readonly passes: number; readonly salt: string }

/** Salt and cost of a slow hash, keyed by themselves. */
function slowOf(hash: string): [string, Slow][] | undefined {
  const [form, , memory, passes, salt] = hash.split(" ")
  if (form !== "argon2id" || salt === undefined) return undefined
  return [[`${memory} ${passes} ${salt}`, { memoryKiB: Number(memory), passes: Number(passes), salt }]]
}

async function slowHash(userId: string, code: string, { memoryKiB, passes, salt }: Slow): Promise<string> {
  const key = await argon2({
    variant: "argon2id",
    password: Buffer.from(`${userId} ${code}`),
    salt: Buffer.from(salt, "base64url"),
    memoryKiB,
    passes,
    parallelism: 1,
    length: hashBytes,
  })
  return `${memoryKiB} ${passes} ${salt} ${key.toString("base64url")}`
}
