/** Keys of authenticator apps from elsewhere. An app goes on with the hash, the digits and the period that it scanned. */
import { decodeBase32, encodeBase32 } from "../factors/totp/base32.ts"
import type { Algorithm, Scheme } from "../factors/totp/one-time-password.ts"
import type { TotpData } from "../factors/totp/totp.ts"

/** `key`: bare base32, SHA-1, 6 digits, 30 seconds. `confirmed`: a code of it was once accepted, so it counts. */
export type IncomingAuthenticator = ({ readonly otpauth: string } | { readonly key: string }) & {
  readonly confirmed: boolean
}

export type AcceptedAuthenticator = { readonly data: TotpData; readonly confirmed: boolean }

/** 80 bits: less than any system is known to have handed out. */
const fewestBytes = 10
/** RFC 4226 section 4, R6: 128 bits at least. Shorter ones were handed out, and go on working. */
const fewestGoodBytes = 16
const mostBytes = 256
const mostAuthenticators = 10
const usual: Scheme = { algorithm: "SHA-1", digits: 6, periodSeconds: 30 }

type Refusal = "key_unreadable" | "key_too_short" | "too_many_authenticators"
type Note = "key_weak" | "key_unconfirmed"

/**
 * All of a user's keys, or why the user is not to be taken over: without the key that the other system asks for, the
 * password alone would let in here.
 */
export function acceptAuthenticators(
  incoming: readonly IncomingAuthenticator[],
): { accepted: AcceptedAuthenticator[]; notes: Note[] } | { refused: Refusal } {
  const read = new Map<string, AcceptedAuthenticator>()
  const notes: Note[] = []
  for (const one of incoming) {
    const data = "key" in one ? dataOf(one.key, usual) : readOtpauth(one.otpauth)
    // A key that never was confirmed protects nothing, and another one is made when it is asked for.
    if (typeof data === "string" && !one.confirmed) continue
    if (typeof data === "string") return { refused: data }
    // One key twice would let one code pass twice.
    if (!read.has(data.secret)) read.set(data.secret, { data, confirmed: one.confirmed })
    if (isWeak(data) && !notes.includes("key_weak")) notes.push("key_weak")
  }
  const confirmed = [...read.values()].filter((one) => one.confirmed)
  if (confirmed.length > mostAuthenticators) return { refused: "too_many_authenticators" }
  if (confirmed.length > 0) return { accepted: confirmed, notes }
  const [pending] = read.values()
  return pending ? { accepted: [pending], notes: [...notes, "key_unconfirmed"] } : { accepted: [], notes: [] }
}

const isWeak = ({ secret }: TotpData): boolean => (decodeBase32(secret)?.length ?? 0) < fewestGoodBytes

function dataOf(key: string, scheme: Scheme): TotpData | Refusal {
  const bytes = key.length <= 4 * mostBytes ? decodeBase32(wholeGroups(key)) : undefined
  if (bytes === undefined || bytes.length === 0 || bytes.length > mostBytes) return "key_unreadable"
  return bytes.length < fewestBytes ? "key_too_short" : { secret: encodeBase32(bytes), ...scheme }
}

/** A last character that completes no byte is left out, as .NET and most apps do (RFC 4648 section 6 knows none such). */
function wholeGroups(key: string): string {
  const digits = key.replaceAll(/[\s-]+/g, "").replace(/=+$/, "")
  return [1, 3, 6].includes(digits.length % 8) ? digits.slice(0, -1) : digits
}

const algorithms: Readonly<Record<string, Algorithm>> = { SHA1: "SHA-1", SHA256: "SHA-256", SHA512: "SHA-512" }

/** `otpauth://totp/…?secret=…&algorithm=…&digits=…&period=…` (Key Uri Format); what is left out is as usual. */
function readOtpauth(uri: string): TotpData | Refusal {
  const url = uri.length <= 4096 && URL.canParse(uri) ? new URL(uri) : undefined
  if (url?.protocol !== "otpauth:" || url.hostname.toLowerCase() !== "totp") return "key_unreadable"
  const given = new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]))
  const named = (given.get("algorithm") ?? "SHA1").toUpperCase().replace(/^HMAC/, "").replaceAll(/[-_]/g, "")
  const algorithm = algorithms[named]
  const digits = Number(given.get("digits") ?? usual.digits)
  const periodSeconds = Number(given.get("period") ?? usual.periodSeconds)
  if (algorithm === undefined || (digits !== 6 && digits !== 7 && digits !== 8)) return "key_unreadable"
  // The range that an installation can set for its own.
  if (!Number.isInteger(periodSeconds) || periodSeconds < 15 || periodSeconds > 60) return "key_unreadable"
  return dataOf(given.get("secret") ?? "", { algorithm, digits, periodSeconds })
}
