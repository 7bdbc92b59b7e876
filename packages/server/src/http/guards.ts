import { CountersignError } from "../engine/errors.ts"
import type { Credential } from "./credentials.ts"

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"])

/**
 * Refuses a request that another site makes a browser send with our cookies (OWASP ASVS 3.5.1). A request that carries
 * a bearer passes: no browser adds one by itself. With neither header the caller is no browser, or an old one; JSON
 * then protects itself by its content type, and a page's form by its token.
 */
export const refuseForeignOrigin = (
  request: Request,
  credential: Credential | undefined,
  allowed: ReadonlySet<string>,
): void => {
  if (safeMethods.has(request.method) || credential?.via === "bearer") return
  const origin = request.headers.get("origin")
  if (origin !== null) {
    if (!allowed.has(origin)) throw new CountersignError("origin_refused")
    return
  }
  const site = request.headers.get("sec-fetch-site")
  if (site !== null && site !== "same-origin" && site !== "none") throw new CountersignError("origin_refused")
}

/** Headers of an answer that an allowed app on another origin may read. Never `*`: cookies travel along. */
export const crossOriginHeaders = (request: Request, allowed: ReadonlySet<string>): Record<string, string> => {
  const origin = request.headers.get("origin")
  if (origin === null || !allowed.has(origin)) return {}
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "retry-after, www-authenticate, countersign-session",
  }
}

/** The headers that were asked for: an app that may call may also say who called it, or trace its calls. */
const namesIn = (asked: string | null): string =>
  asked !== null && /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/.test(asked)
    ? asked
    : "authorization, content-type"

/** What a preflight is told beside `crossOriginHeaders`. A foreign origin gets none of it, and its browser stops there. */
export const preflightHeaders = (
  request: Request,
  methods: readonly string[],
  allowed: ReadonlySet<string>,
): Record<string, string> => {
  const origin = request.headers.get("origin")
  if (origin === null || !allowed.has(origin) || !request.headers.has("access-control-request-method")) return {}
  return {
    "access-control-allow-methods": methods.join(", "),
    "access-control-allow-headers": namesIn(request.headers.get("access-control-request-headers")),
    "access-control-max-age": "600",
  }
}

/**
 * Headers that every answer leaves with, unless its door set the same one itself (a page needs another policy than
 * data). OWASP ASVS 3.4.1 to 3.4.8 and 14.3.2. `strict` makes HSTS cover subdomains: ASVS level 2 asks for it, but a
 * server that is mounted in somebody's app doesn't speak for the rest of their domain.
 */
export const securityHeaders = (publicUrl: string, strict: boolean): Readonly<Record<string, string>> => ({
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
  ...(publicUrl.startsWith("https:")
    ? { "strict-transport-security": `max-age=31536000${strict ? "; includeSubDomains" : ""}` }
    : {}),
})
