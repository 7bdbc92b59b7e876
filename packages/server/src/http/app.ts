import type { Engine } from "../engine/engine.ts"
import { CountersignError } from "../engine/errors.ts"
import type { Database } from "../store/database.ts"
import { DatabaseUnavailable } from "../store/database.ts"
import { addressLimits } from "./address-limits.ts"
import type { AddressFigures } from "./address-limits.ts"
import { callOf, sourceOf } from "./call.ts"
import type { TrustedProxies } from "./client-address.ts"
import { clientAddressReader } from "./client-address.ts"
import type { CookieRules } from "./cookies.ts"
import { cookieRulesFor } from "./cookies.ts"
import { readCredentials } from "./credentials.ts"
import { crossOriginHeaders, preflightHeaders, refuseForeignOrigin, securityHeaders } from "./guards.ts"
import { databaseAnswers } from "./health.ts"
import { within } from "./deadline.ts"
import type { MountedDoor } from "./mount.ts"
import { mount } from "./mount.ts"
import { bareProblem } from "./problem.ts"
import { withoutDeadSession, toResponse } from "./reply.ts"
import type { Asked, Door, Route } from "./route.ts"

export type AppOptions = {
  readonly engine: Engine
  readonly database: Database
  /** Epoch milliseconds. */
  readonly now: () => number
  /** An unexpected fault, for the operator's log. Never carries what was sent. */
  readonly report: (message: string, error?: unknown) => void
  readonly doors: readonly Door[]
  /** `lax` where not said. */
  readonly cookieSameSite?: CookieRules["sameSite"] | undefined
  readonly trustedProxies?: TrustedProxies | undefined
  /** Limits on the client's address; on where not said. */
  readonly addressLimits?: boolean | undefined
  /** Default: 60 refused tries in 5 minutes, 20 mails in an hour. */
  readonly addressFigures?: AddressFigures | undefined
  /** Default 16 KiB. A door or a route may say otherwise. */
  readonly bodyLimitBytes?: number | undefined
  /** How long a body may take to arrive; default 10. */
  readonly bodySeconds?: number | undefined
  /** How long an answer may take; default 30. */
  readonly answerSeconds?: number | undefined
}

/** What the host knows of a connection: node-server's bindings, or the client's address where the app passes it. */
export type Environment = {
  readonly address?: string | undefined
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } | undefined } | undefined
}

export type App = {
  /** Never rejects: every fault becomes an answer. */
  readonly fetch: (request: Request, environment?: Environment) => Promise<Response>
}

const defaultBodyLimitBytes = 16 * 1024

/**
 * The whole server as one function of a request: finds the door by its prefix, lets the guards look, hands the rest to
 * one route, and turns every refusal into the door's own form of answer at one place.
 *
 * @throws TypeError for a trusted proxy that is no address.
 */
export const createApp = (options: AppOptions): App => {
  const { engine, database, now, report } = options
  const { publicUrl, allowedOrigins, profile } = engine.settings
  const basePath = new URL(publicUrl).pathname.replace(/\/+$/, "")
  const allowed: ReadonlySet<string> = new Set([new URL(publicUrl).origin, ...allowedOrigins])
  const cookieRules = cookieRulesFor(publicUrl, options.cookieSameSite ?? "lax")
  const standingHeaders = Object.entries(securityHeaders(publicUrl, profile === "asvs"))
  const clientAddress = clientAddressReader(options.trustedProxies ?? [])
  const limits = addressLimits({
    database,
    now,
    report,
    on: options.addressLimits ?? true,
    figures: options.addressFigures,
  })
  // The longest prefix first, so that the root's few files come last.
  const mounted = options.doors.map(mount).toSorted((a, b) => b.door.prefix.length - a.door.prefix.length)

  /** The path below the public URL's own. A proxy may have taken that off already, so both spellings are served. */
  const pathBelow = (pathname: string): string =>
    basePath !== "" && `${pathname}/`.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) || "/" : pathname

  /** The error boundary: a refusal is the door's to render, a silent database is 503, anything else 500 without a word. */
  const answerFault = async (error: unknown, door: Door, asked: Asked): Promise<Response> => {
    if (error instanceof CountersignError) return door.renderError(error, asked)
    if (error instanceof DatabaseUnavailable || !(await databaseAnswers(database))) {
      report("the database does not answer", error)
      return door.renderError(new CountersignError("unavailable", { retryAfter: 5 }), asked)
    }
    report(`unexpected fault at ${door.name}`, error)
    return door.renderFault?.(asked) ?? bareProblem(500, "Internal Server Error")
  }

  /** One request to one route: guards, limits, the route itself. Rejects with refusals and faults. */
  const serve = async (visit: Visit, route: Route, params: Readonly<Record<string, string>>): Promise<Response> => {
    const { request, url, door, address } = visit
    if (request.method === "HEAD" && route.head === false) throw new CountersignError("method_not_allowed")
    const credentials = readCredentials(request, url, cookieRules)
    visit.credential = credentials.credential
    if (door.cookies !== false) refuseForeignOrigin(request, credentials.credential, allowed)

    const bytes = route.bodyLimitBytes ?? door.bodyLimitBytes ?? options.bodyLimitBytes ?? defaultBodyLimitBytes
    const bodyLimits = { bytes, seconds: options.bodySeconds ?? 10 }
    const source = sourceOf(request, door.name, address)
    const { call, cookieIsDead } = callOf({
      engine,
      request,
      url,
      params,
      source,
      credentials,
      cookieRules,
      bodyLimits,
      countMail: async () => await limits.countMail(address),
    })
    visit.cookieIsDead = cookieIsDead
    return toResponse(await limits.around(route.limit, address, async () => await route.handle(call)), cookieRules)
  }

  const visitDoor = async (
    visit: Visit,
    { door, methodsAt, dispatch }: MountedDoor,
    path: string,
  ): Promise<Response> => {
    const { request } = visit
    const methods = methodsAt(path)
    const allow = [...methods, "OPTIONS"].join(", ")
    const attempt = async (): Promise<Response> => {
      if (methods.length === 0) throw new CountersignError("not_found")
      if (request.method === "OPTIONS")
        return new Response(null, { status: 204, headers: { allow, ...preflightHeaders(request, methods, allowed) } })
      if (!methods.includes(request.method)) throw new CountersignError("method_not_allowed")
      return await within(
        options.answerSeconds ?? 30,
        dispatch(request, path, async (route, params) => await serve(visit, route, params)),
        () => {
          report(`no answer in time at ${door.name}`)
          return new CountersignError("unavailable", { retryAfter: 5 })
        },
      )
    }
    let response: Response
    try {
      response = await attempt()
    } catch (error) {
      response = await answerFault(error, door, visit)
      if (response.status === 405) response.headers.set("allow", allow)
    }
    return visit.cookieIsDead?.() ? withoutDeadSession(response, cookieRules) : response
  }

  /** Headers that every answer leaves with; a door's own of the same name stand. */
  const finish = (request: Request, response: Response): Response => {
    const headers = new Headers(response.headers)
    for (const [name, value] of standingHeaders) if (!headers.has(name)) headers.set(name, value)
    for (const [name, value] of Object.entries(crossOriginHeaders(request, allowed))) headers.set(name, value)
    headers.append("vary", "Origin")
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
  }

  return {
    async fetch(request, environment = {}) {
      try {
        const url = new URL(request.url)
        const path = pathBelow(url.pathname)
        const candidates = mounted.filter((candidate) => candidate.belongs(path))
        // Several doors may stand at the root: the one that has something at the path, else the nearest for its 404.
        const found = candidates.find((candidate) => candidate.methodsAt(path).length > 0) ?? candidates[0]
        if (!found) return finish(request, bareProblem(404, "Not Found"))
        const peer = environment.address ?? environment.incoming?.socket?.remoteAddress
        const address = clientAddress(peer, request.headers.get("x-forwarded-for"))
        const visit: Visit = { request, url, door: found.door, address, credential: undefined }
        return finish(request, await visitDoor(visit, found, path))
      } catch (error) {
        report("unexpected fault before or behind every door", error)
        return finish(request, bareProblem(500, "Internal Server Error"))
      }
    },
  }
}

/** One request on its way, with what the guards found out. */
type Visit = {
  readonly request: Request
  readonly url: URL
  readonly door: Door
  readonly address: string | undefined
  credential: Asked["credential"]
  /** Was a session cookie shown that is no session? Known after the route has asked. */
  cookieIsDead?: () => boolean
}
