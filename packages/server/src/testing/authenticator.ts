/**
 * A phone with an authenticator app, for tests. It reads the address that a QR code holds and makes codes by RFC 6238
 * with code of its own, so that a mistake in the server's is not made here as well.
 */
import { createHmac } from "node:crypto"

export type ScannedAccount = {
  readonly issuer: string
  readonly account: string
  /** Base32, as the address spells it. */
  readonly secret: string
  /** The code that the app shows now, or so many seconds from now (negative: a phone whose clock is behind). */
  readonly code: (secondsOff?: number) => string
}

export type Authenticator = {
  /** @throws TypeError for what an app would not take */
  readonly scan: (uri: string) => ScannedAccount
}

/** @param now epoch milliseconds */
export const createAuthenticator = (now: () => number): Authenticator => ({
  scan(uri) {
    const url = new URL(uri)
    if (url.protocol !== "otpauth:" || url.hostname !== "totp") throw new TypeError("not an otpauth://totp address")
    const given = url.searchParams
    const secret = given.get("secret") ?? ""
    const key = fromBase32(secret)
    const hash = (given.get("algorithm") ?? "SHA1").toLowerCase()
    const digits = Number(given.get("digits") ?? 6)
    const period = Number(given.get("period") ?? 30)
    const label = decodeURIComponent(url.pathname.slice(1))
    return {
      issuer: given.get("issuer") ?? label.split(":")[0] ?? "",
      account: label.slice(label.indexOf(":") + 1).trim(),
      secret,
      code: (secondsOff = 0) => hotp(hash, key, Math.floor((now() / 1000 + secondsOff) / period), digits),
    }
  },
})

/** RFC 4226, 5.3. */
const hotp = (hash: string, key: Uint8Array, counter: number, digits: number): string => {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const digest = createHmac(hash, key).update(message).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  const number = (digest.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits
  return String(number).padStart(digits, "0")
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

const fromBase32 = (text: string): Uint8Array => {
  const bits = Array.from(text.replace(/=+$/, ""), (letter) => {
    const value = alphabet.indexOf(letter)
    if (value < 0) throw new TypeError("the secret is not base32")
    return value.toString(2).padStart(5, "0")
  })
  const bytes = bits.join("").match(/.{8}/g) ?? []
  if (bytes.length === 0) throw new TypeError("the address has no secret")
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2))
}
