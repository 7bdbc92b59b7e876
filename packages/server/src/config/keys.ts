import type { Read } from "./option.ts"

/** One key of the ring: it wraps the data keys that are kept in the database. */
export type RingKey = { readonly id: string; readonly key: Uint8Array }

/** Texts that stand in examples all over the world; a server whose tokens they sign can be forged by anybody. */
const samples = new Set([
  "a-string-secret-at-least-256-bits-long",
  "your-256-bit-secret",
  "your-256-bit-secret-your-256-bit-secret",
  "codemazesecretkey",
  "this is my custom secret key for authentication",
  "this_is_a_sample_key_do_not_use_it_in_production",
  "my_super_secret_key_that_is_at_least_32_bytes",
  "supersecretkey12345678901234567890",
  "changeme-changeme-changeme-changeme",
  "replace-me-with-32-random-bytes!",
])

const sampleWords = /change.?me|replace.?me|sample|example|your.?secret|super.?secret|placeholder|dummy|do.?not.?use/i

/**
 * Whether bytes can't be a key: drawn at random, 32 bytes have about 30 different values, and fewer than 12 never.
 * Counting up or down, and the samples that stand in documentation, are refused as well.
 */
export const isSampleKey = (key: Uint8Array): boolean => {
  const steps = new Set(key.slice(1).map((byte, index) => (byte - (key[index] ?? 0)) & 255))
  const asText = Buffer.from(key).toString("latin1")
  return new Set(key).size < 12 || steps.size < 4 || samples.has(asText.toLowerCase()) || sampleWords.test(asText)
}

/** Whether bytes read as typed text: for random ones that happens once in 10^13 times. */
export const looksTyped = (key: Uint8Array): boolean => key.every((byte) => byte >= 0x20 && byte < 0x7f)

const base64 = /^[A-Za-z0-9+/_-]{43}=?$/

/** Reads `id:base64(32 bytes),…`. The first seals, all open. */
export const readRing = (text: string): Read<readonly RingKey[]> => {
  const ring: RingKey[] = []
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue
    const colon = entry.indexOf(":")
    const id = entry.slice(0, colon)
    const encoded = entry.slice(colon + 1)
    if (colon < 1 || !/^[A-Za-z0-9_-]{1,32}$/.test(id) || !base64.test(encoded))
      return { mend: "id:key pairs with commas between, each key 32 random bytes in base64 (openssl rand -base64 32)" }
    if (ring.some((key) => key.id === id)) return { mend: `a list in which every id stands once; ${id} stands twice` }
    const key = new Uint8Array(Buffer.from(encoded, "base64"))
    if (isSampleKey(key)) return { mend: "made of random bytes; this is a sample key (openssl rand -base64 32)" }
    ring.push({ id, key })
  }
  return ring.length > 0 ? { value: ring } : { mend: "at least one id:key pair" }
}

/** The text that `readRing` reads as this ring. */
export const writeRing = (ring: readonly RingKey[]): string =>
  ring.map(({ id, key }) => `${id}:${Buffer.from(key).toString("base64")}`).join(",")

/** The bytes of an HS256 key: the text's own, as servers of that kind take them, or `base64:…` for binary ones. */
export const signingKeyBytes = (text: string): Uint8Array =>
  text.startsWith("base64:")
    ? new Uint8Array(Buffer.from(text.slice("base64:".length), "base64"))
    : new TextEncoder().encode(text)

/** What is wrong with an HS256 key (RFC 7518, 3.2: at least as long as the hash), as the end of "it has to be …". */
export const judgeSigningKey = (text: string): string | undefined => {
  const key = signingKeyBytes(text)
  if (key.length < 32) return "at least 32 bytes long (openssl rand -base64 48)"
  return isSampleKey(key) ? "made of random characters; this is a sample key (openssl rand -base64 48)" : undefined
}
