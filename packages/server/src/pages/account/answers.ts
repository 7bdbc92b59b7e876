import type { ErrorCode } from "../../engine/errors.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { CookieChange } from "../../http/cookies.ts"
import type { Reply } from "../../http/route.ts"
import type { View } from "./frame.ts"
import { documentOf } from "./frame.ts"
import type { Visit } from "./visit.ts"

/** The policy of a page: nothing from elsewhere, nothing inline. Chromium holds redirects after a form to `form-action`. */
export const pageHeaders = (allowedOrigins: readonly string[]): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    // The grammar of a source has no place for an IPv6 address.
    ["form-action 'self'", ...allowedOrigins.filter((origin) => !origin.includes("["))].join(" "),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  // With no-referrer a browser would post our own forms with `Origin: null`. No other site is told anything.
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
})

/** A page, with the cookies that it sets. */
export const show = async (
  visit: Visit,
  view: View,
  of: { status?: number; cookies?: readonly CookieChange[] } = {},
): Promise<Reply> => ({
  status: of.status ?? 200,
  headers: pageHeaders(visit.engine.settings.allowedOrigins),
  html: documentOf(visit.frame, view),
  cookies: merge(visit.cookies, of.cookies ?? []),
})

/** On to another page with GET, so that a reload repeats nothing. A path below the pages' own, or a checked target. */
export const go = (visit: Visit, to: string, cookies: readonly CookieChange[] = []): Reply => ({
  status: 303,
  headers: { ...pageHeaders(visit.engine.settings.allowedOrigins), location: to },
  cookies: merge(visit.cookies, cookies),
})

/** Of two changes of one cookie the later one stands. */
export const merge = (...changes: (readonly CookieChange[])[]): CookieChange[] => [
  ...new Map(changes.flat().map((change) => [change.name, change])).values(),
]

/**
 * A refusal that brings its page along: thrown and not returned, so that limits see it, and answered at the one place
 * where this door answers refusals.
 */
export class RefusedPage extends CountersignError {
  readonly reply: Reply

  constructor(error: CountersignError, reply: Reply) {
    super(error.code, error.details)
    this.name = "RefusedPage"
    this.reply = reply
  }
}

/** Refuses, with the page on which it can be mended. */
export const refuse = async (visit: Visit, error: CountersignError, view: View): Promise<never> => {
  const { retryAfter } = error.details
  const reply = await show(visit, view, { status: statusOf(error.code) })
  const headers = retryAfter === undefined ? reply.headers : { ...reply.headers, "retry-after": String(retryAfter) }
  throw new RefusedPage(error, { ...reply, headers })
}

const statuses: Partial<Record<ErrorCode, number>> = {
  too_many_attempts: 429,
  too_many_requests: 429,
  not_found: 404,
  method_not_allowed: 405,
  forbidden: 403,
  insufficient_scope: 403,
  origin_refused: 403,
  account_disabled: 403,
  unsupported_media_type: 415,
  body_too_large: 413,
  request_timeout: 408,
  conflict: 409,
  link_invalid: 410,
  challenge_spent: 410,
  enrolment_expired: 410,
  unavailable: 503,
}

/** What a form was refused for is 422 where nothing says it better; 401 would make a browser ask for a password itself. */
export const statusOf = (code: ErrorCode): number => statuses[code] ?? 422
