/** HOTP (RFC 4226) and TOTP (RFC 6238), on nothing but an HMAC. */
import { createHmac } from "node:crypto"

export type Algorithm = "SHA-1" | "SHA-256" | "SHA-512"

/** What an authenticator app and the server have to agree on. */
export type Scheme = { readonly algorithm: Algorithm; readonly digits: 6 | 7 | 8; readonly periodSeconds: number }

const hmacNames = { "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512" } as const

/** How far away a wrong code is looked for, in steps, to tell that a clock is off (RFC 6238 section 6). */
export const driftSteps = 10

/**
 * The code for a counter, with its leading zeros (RFC 4226 section 5.3).
 * @throws TypeError for a counter that is no whole number from 0 on, or digits outside 6 to 8.
 */
export function hotp(secret: Uint8Array, counter: number, scheme: Pick<Scheme, "algorithm" | "digits">): string {
  return String(truncated(secret, counter, scheme)).padStart(scheme.digits, "0")
}

/** The code for an instant in epoch milliseconds (RFC 6238 section 4, T0 = 0). */
export const totp = (secret: Uint8Array, now: number, scheme: Scheme): string =>
  hotp(secret, stepAt(now, scheme), scheme)

/** The time step that an instant falls into. */
export const stepAt = (now: number, scheme: Pick<Scheme, "periodSeconds">): number =>
  Math.floor(now / 1000 / scheme.periodSeconds)

/**
 * The step whose code this is, within `window` steps of now on either side; undefined when there is none.
 *
 * All steps of the window are computed and compared whatever is found, so that the time taken says nothing. Where two
 * steps share a code the later one is taken: then the same digits do not pass again under it (RFC 6238 section 5.2).
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  now: number,
  scheme: Scheme,
  window: number,
): number | undefined {
  const typed = Number(code)
  const current = stepAt(now, scheme)
  let match = -1
  for (let step = current - window; step <= current + window; step++) {
    if (step < 0) continue
    // 0 where both are equal, else 1; no branch on the secret.
    const differs = Math.min(1, truncated(secret, step, scheme) ^ typed)
    match = differs * match + (1 - differs) * step
  }
  return match < 0 || code.length !== scheme.digits ? undefined : match
}

/**
 * By how many seconds the clock that made this code is off, negative when it is behind; undefined when the code
 * belongs to no step within `driftSteps`. The nearest step counts.
 */
export function clockOffSeconds(secret: Uint8Array, code: string, now: number, scheme: Scheme): number | undefined {
  const current = stepAt(now, scheme)
  let off: number | undefined
  for (let distance = driftSteps; distance >= 1; distance--) {
    for (const step of [current + distance, current - distance]) {
      if (step >= 0 && hotp(secret, step, scheme) === code) off = (step - current) * scheme.periodSeconds
    }
  }
  return off
}

/** RFC 4226 section 5.3: 31 bits out of the HMAC, at the place that its last four bits name. */
function truncated(secret: Uint8Array, counter: number, scheme: Pick<Scheme, "algorithm" | "digits">): number {
  if (!Number.isSafeInteger(counter) || counter < 0) throw new TypeError("a counter has to be a whole number from 0 on")
  if (![6, 7, 8].includes(scheme.digits)) throw new TypeError("digits have to be 6, 7 or 8")
  const message = Buffer.alloc(8)
  // Eight bytes: a 32-bit counter would end with the year 2038 (RFC 6238 section 4.2).
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac(hmacNames[scheme.algorithm], secret).update(message).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0x0f
  return (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** scheme.digits
}
