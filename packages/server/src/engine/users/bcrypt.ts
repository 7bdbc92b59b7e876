/**
 * bcrypt (Provos and Mazières, 1999), to check hashes that were imported; nothing new is hashed with it. It runs in
 * slices between turns of the event loop, so that a sign-in with an old hash holds up nobody else.
 */
export type StoredBcrypt = { readonly cost: number; readonly salt: Buffer; readonly hash: Buffer }

/** 2^15 rounds take seconds; more is no hash that anybody signs in with, but a way to take the server's time. */
const highestCost = 15
/** bcrypt reads no further into a password than this. */
const keyBytes = 72
const hashBytes = 23
/** Rounds between two turns of the event loop: some milliseconds. */
const roundsPerSlice = 32

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const standardAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** The parts of `$2b$12$<salt><hash>` (also 2a and 2y), or undefined. */
export function readBcrypt(stored: string): StoredBcrypt | undefined {
  const match = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/.exec(stored)
  if (match === null) return undefined
  const cost = Number(match[1])
  if (cost < 4 || cost > highestCost) return undefined
  return { cost, salt: decode(match[2] ?? ""), hash: decode(match[3] ?? "") }
}

const decode = (text: string): Buffer =>
  Buffer.from(Array.from(text, (sign) => standardAlphabet[alphabet.indexOf(sign)]).join(""), "base64")

/** The 23 bytes that a password gives with this cost and salt. */
export async function bcrypt(password: Uint8Array, { cost, salt }: StoredBcrypt): Promise<Buffer> {
  const key = words(Buffer.concat([password, Buffer.of(0)]).subarray(0, keyBytes), subkeys)
  const saltWords = words(salt, 4)
  const saltAsKey = words(salt, subkeys)
  const noSalt = new Uint32Array(4)

  const state = initialState().slice()
  expand(state, key, saltWords)
  const rounds = 2 ** cost
  for (let round = 0; round < rounds; round++) {
    expand(state, key, noSalt)
    expand(state, saltAsKey, noSalt)
    if ((round + 1) % roundsPerSlice === 0) await nextTurn()
  }

  const text = words(Buffer.from("OrpheanBeholderScryDoubt", "latin1"), 6)
  for (let block = 0; block < 6; block += 2) for (let n = 0; n < 64; n++) encipher(state, text, block)
  const out = Buffer.alloc(24)
  for (const [index, word] of text.entries()) out.writeUInt32BE(word, 4 * index)
  return out.subarray(0, hashBytes)
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const subkeys = 18
const stateWords = subkeys + 4 * 256

/** Big-endian words of a text that is read round and round. */
function words(bytes: Uint8Array, count: number): Uint32Array {
  const out = new Uint32Array(count)
  for (let index = 0; index < 4 * count; index++)
    out[index >> 2] = ((out[index >> 2] ?? 0) << 8) | (bytes[index % bytes.length] ?? 0)
  return out
}

/** The key schedule, salted: the subkeys take the key, then every word becomes what a running encryption gives. */
function expand(state: Uint32Array, key: Uint32Array, salt: Uint32Array): void {
  for (let index = 0; index < subkeys; index++) state[index] = (state[index] ?? 0) ^ (key[index] ?? 0)
  const block = new Uint32Array(2)
  for (let index = 0; index < stateWords; index += 2) {
    block[0] = (block[0] ?? 0) ^ (salt[index & 2] ?? 0)
    block[1] = (block[1] ?? 0) ^ (salt[(index & 2) + 1] ?? 0)
    encipher(state, block, 0)
    state[index] = block[0] ?? 0
    state[index + 1] = block[1] ?? 0
  }
}

/** Blowfish on the two words at `at`. `state` is the 18 subkeys and the four boxes behind one another. */
function encipher(state: Uint32Array, block: Uint32Array, at: number): void {
  let left = (block[at] ?? 0) ^ (state[0] ?? 0)
  let right = block[at + 1] ?? 0
  for (let round = 1; round <= 16; round += 2) {
    right ^= mix(state, left) ^ (state[round] ?? 0)
    left ^= mix(state, right) ^ (state[round + 1] ?? 0)
  }
  block[at] = right ^ (state[17] ?? 0)
  block[at + 1] = left
}

const mix = (state: Uint32Array, word: number): number =>
  ((((state[subkeys + (word >>> 24)] ?? 0) + (state[subkeys + 256 + ((word >>> 16) & 255)] ?? 0)) ^
    (state[subkeys + 512 + ((word >>> 8) & 255)] ?? 0)) +
    (state[subkeys + 768 + (word & 255)] ?? 0)) |
  0

let startState: Uint32Array | undefined

/** Blowfish begins with the binary digits of π behind the point, so they are computed rather than listed. */
function initialState(): Uint32Array {
  if (startState) return startState
  const bits = 32n * BigInt(stateWords)
  const spare = 64n
  const unit = 1n << (bits + spare)
  // Machin: π = 16 arctan 1/5 − 4 arctan 1/239.
  const pi = (16n * arctanOfOneOver(5n, unit) - 4n * arctanOfOneOver(239n, unit)) >> spare
  const digits = (pi & ((1n << bits) - 1n)).toString(16).padStart(8 * stateWords, "0")
  startState = Uint32Array.from({ length: stateWords }, (_, index) =>
    parseInt(digits.slice(8 * index, 8 * index + 8), 16),
  )
  return startState
}

function arctanOfOneOver(x: bigint, unit: bigint): bigint {
  let power = unit / x
  let sum = power
  for (let n = 3n; power > 0n; n += 2n) {
    power /= x * x
    sum += n % 4n === 3n ? -(power / n) : power / n
  }
  return sum
}
