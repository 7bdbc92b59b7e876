/** The address that an authenticator app scans (Key Uri Format). It holds the key: treat it as a secret. */
import { encodeBase32 } from "./base32.ts"
import type { Scheme } from "./one-time-password.ts"

/**
 * `otpauth://totp/Issuer:account?secret=…&issuer=…&algorithm=…&digits=…&period=…`, every part percent-encoded.
 * The issuer stands as a prefix and as a parameter, both alike. A colon would end the prefix early.
 * @throws TypeError for an empty part or one with a colon.
 */
export function otpauthUri(input: { issuer: string; account: string; secret: Uint8Array; scheme: Scheme }): string {
  const { scheme } = input
  const issuer = part("issuer", input.issuer)
  const account = part("account", input.account)
  const parameters = [
    `secret=${encodeBase32(input.secret)}`,
    `issuer=${issuer}`,
    `algorithm=${scheme.algorithm.replace("-", "")}`,
    `digits=${scheme.digits}`,
    `period=${scheme.periodSeconds}`,
  ]
  return `otpauth://totp/${issuer}:${account}?${parameters.join("&")}`
}

function part(name: string, text: string): string {
  if (text.trim() === "") throw new TypeError(`the ${name} of an otpauth address is empty`)
  if (text.includes(":")) throw new TypeError(`the ${name} of an otpauth address can't hold a colon`)
  // A lone surrogate can't be encoded.
  return encodeURIComponent(text.toWellFormed())
}
