/** How cookies leave this server. One for the whole installation. */
export type CookieRules = {
  /** False only where the public URL is plain http on a loopback host: there `__Host-` can't be used. */
  readonly secure: boolean
  readonly sameSite: "lax" | "strict" | "none"
}

/**
 * A cookie to set or to clear. `session`, `challenge` and `device` are the engine's tokens; other short names are a
 * door's own and get the same prefix and attributes.
 */
export type CookieChange = {
  readonly name: "session" | "challenge" | "device" | (string & {})
  /** Null clears it. */
  readonly value: string | null
  /** The name is one that clients of another system know: it stands as it is, without our prefix. */
  readonly foreign?: true | undefined
  /** Left out: until the browser closes. */
  readonly maxAgeSeconds?: number | undefined
  /** Epoch milliseconds, beside `maxAgeSeconds`: for clients that read nothing but `Expires`. */
  readonly expiresAt?: number | undefined
}

const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Is this host name one that only the same machine can reach? Takes a URL's `hostname`. */
export const isLoopback = (hostname: string): boolean => loopbackHost.test(hostname)

/** The rules for a public URL. `SameSite=None` is only taken by browsers together with `Secure`. */
export const cookieRulesFor = (publicUrl: string, sameSite: CookieRules["sameSite"]): CookieRules => {
  const url = new URL(publicUrl)
  return { secure: url.protocol === "https:" || !isLoopback(url.hostname), sameSite }
}

/** The name on the wire: `session` is `__Host-countersign`, anything else `__Host-countersign-<name>`. */
export const cookieName = (rules: CookieRules, name: string): string =>
  `${rules.secure ? "__Host-" : ""}countersign${name === "session" ? "" : `-${name}`}`

// RFC 6265, section 4.1.1, without quotes: our own values are base64url, a door's own may have these as well.
const cookieValue = /^[A-Za-z0-9._~+/=-]*$/

/** The `Set-Cookie` line. Throws `TypeError` for a value that would have to be quoted. */
export const writeCookie = (rules: CookieRules, change: CookieChange): string => {
  const value = change.value ?? ""
  if (!cookieValue.test(value)) throw new TypeError(`the cookie ${change.name} has a value that needs quoting`)
  const name = change.foreign ? change.name : cookieName(rules, change.name)
  const parts = [`${name}=${value}`, "Path=/", "HttpOnly"]
  if (rules.secure || rules.sameSite === "none") parts.push("Secure")
  parts.push(`SameSite=${{ lax: "Lax", strict: "Strict", none: "None" }[rules.sameSite]}`)
  if (change.value === null) parts.push("Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:00 GMT")
  else if (change.maxAgeSeconds !== undefined) parts.push(`Max-Age=${Math.max(0, Math.floor(change.maxAgeSeconds))}`)
  if (change.value !== null && change.expiresAt !== undefined)
    parts.push(`Expires=${new Date(change.expiresAt).toUTCString()}`)
  return parts.join("; ")
}

/**
 * Reads one cookie of ours from a `Cookie` header. One that stands there twice counts as absent: with `__Host-` that
 * can't happen to a browser of good faith, without it somebody planted the second.
 */
export const readCookie = (rules: CookieRules, header: string | null, name: string): string | undefined =>
  readForeignCookie(header, cookieName(rules, name))

/** The same by the name as it stands there. */
export const readForeignCookie = (header: string | null, name: string): string | undefined => {
  if (!header) return undefined
  const wanted = `${name}=`
  const found = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(wanted))
  if (found.length !== 1) return undefined
  const value = found[0]?.slice(wanted.length) ?? ""
  return value !== "" && value.length <= 4096 && cookieValue.test(value) ? value : undefined
}
