/** Random codes of digits, as a mail carries them (NIST SP 800-63B-4, 3.1.3.2: at least six digits, random). */

/** `digits` decimal digits, each value equally likely, leading zeros kept. */
export function randomDigits(draw: { random(bytes: number): Uint8Array }, digits: number): string {
  const values = 10 ** digits
  // What is left over above the last whole multiple would favour small codes.
  const limit = Math.floor(2 ** 32 / values) * values
  for (;;) {
    const drawn = Buffer.from(draw.random(4)).readUInt32BE()
    if (drawn < limit) return String(drawn % values).padStart(digits, "0")
  }
}

/** An address that its owner recognises and nobody else learns. */
export function maskedAddress(email: string): string {
  const at = email.lastIndexOf("@")
  const [first = ""] = email
  return `${first}•••${email.slice(at)}`
}
