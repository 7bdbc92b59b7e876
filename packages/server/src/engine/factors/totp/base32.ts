/** Base32 of RFC 4648 section 6, as authenticator keys are written: upper case, no padding. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** Bytes as base32, without `=` (Key Uri Format: padding is left out). */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ""
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((held >>> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text
}

/**
 * Reads base32 as people and other systems write it: in any case, with blanks or dashes between groups, with or
 * without padding. Undefined for anything else, and for a length that no whole number of bytes has.
 */
export function decodeBase32(text: string): Uint8Array | undefined {
  const digits = text
    .replaceAll(/[\s-]+/g, "")
    .replace(/=+$/, "")
    .toUpperCase()
  // RFC 4648 section 6: a last group of 1, 3 or 6 characters does not exist.
  if ([1, 3, 6].includes(digits.length % 8)) return undefined
  const bytes = new Uint8Array(Math.floor((digits.length * 5) / 8))
  let at = 0
  let bits = 0
  let held = 0
  for (const digit of digits) {
    const value = alphabet.indexOf(digit)
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = held >>> bits
      held &= (1 << bits) - 1
    }
  }
  return bytes
}

/** A key in groups of four, for typing it in by hand. */
export const inGroups = (key: string): string => (key.match(/.{1,4}/g) ?? []).join(" ")
