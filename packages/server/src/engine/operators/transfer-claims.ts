/** What the records of one run have laid claim to: addresses and ids, of which each can be had once. */
import { createHash } from "node:crypto"

/**
 * A set of texts in sixteen bytes or so each, since a source may have millions: kept by 64 bits of a hash, which two of
 * a million texts share once in thirty million runs.
 */
export function createClaims(): { claim(text: string): boolean } {
  // Pairs of halves; a pair of noughts is a free place.
  let places = new Uint32Array(2 * 1024)
  let count = 0

  const grow = (): void => {
    const wider = new Uint32Array(2 * places.length)
    for (let at = 0; at < places.length; at += 2) {
      const [high = 0, low = 0] = [places[at], places[at + 1]]
      if (high !== 0 || low !== 0) put(wider, high, low)
    }
    places = wider
  }

  return {
    /** False where it was claimed before. */
    claim(text) {
      const digest = createHash("sha256").update(text).digest()
      const fresh = put(places, digest.readUInt32BE(0) || 1, digest.readUInt32BE(4))
      if (fresh && ++count > places.length / 4) grow()
      return fresh
    },
  }
}

/** False where the pair is there already. */
const put = (into: Uint32Array, high: number, low: number): boolean => {
  const size = into.length / 2
  for (let at = low % size; ; at = (at + 1) % size) {
    const [there, thereLow] = [into[2 * at], into[2 * at + 1]]
    if (there === high && thereLow === low) return false
    if (there !== 0 || thereLow !== 0) continue
    into[2 * at] = high
    into[2 * at + 1] = low
    return true
  }
}
