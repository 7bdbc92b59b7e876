/**
 * Secrets that travel: how they are made, what is stored of them, and how they are compared.
 *
 * Every token has 256 random bits, so the plain SHA-256 of it is safe to store (nothing to guess), and a prefix
 * that says what it is for, so that one kind of token is never looked up as another.
 */
import { createHash, timingSafeEqual } from "node:crypto"

/** `""` is for mailed links and codes of a door, which carry no prefix. */
export type TokenPrefix = "css_" | "csc_" | "csd_" | "csk_" | "csm_" | "csa_" | "csr_" | ""

type Randomness = { random(bytes: number): Uint8Array }

const tokenBytes = 32

/** What the database keeps of a token: SHA-256 of the whole text, prefix included, in base64url. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("base64url")

/** A new token and its hash. The token is handed out once and never stored. */
export function mintToken(draw: Randomness, prefix: TokenPrefix): { token: string; hash: string } {
  const token = prefix + Buffer.from(draw.random(tokenBytes)).toString("base64url")
  return { token, hash: hashToken(token) }
}

/** Compares two texts in a time that depends on neither. Both are hashed first, so that lengths may differ. */
export const equalInConstantTime = (a: string, b: string): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest())

/**
 * An identifier (UUID version 7, RFC 9562 section 5.7): sorts by the time it was made, and within a millisecond by the
 * order in which this process made it (section 6.2, method 1: a counter of 26 bits). Never a secret.
 */
export function newId(draw: Randomness & { now(): number }): string {
  const now = draw.now()
  const last = lastIds.get(draw)
  const count = last?.now === now ? (last.count + 1) % 2 ** 26 : 0
  lastIds.set(draw, { now, count })
  const bytes = Buffer.from(draw.random(16))
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt16BE(0x7000 | (count >>> 14), 6)
  bytes.writeUInt16BE(0x8000 | (count & 0x3fff), 8)
  const hex = bytes.toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const lastIds = new WeakMap<object, { now: number; count: number }>()
