import { authOf, signInPage } from "./auth.ts"
import type { Auth } from "./auth.ts"
import { mountPath } from "./session-of-headers.ts"

export type MiddlewareAuth = (() => Promise<Auth>) & {
  /** Lets only the signed-in pass: a page leads to the sign-in page and back, anything else is 401. */
  readonly protect: () => Promise<void>
}

export type MiddlewareHandler = (auth: MiddlewareAuth, request: Request) => unknown

/** Countersign's own places, where it shares the app's origin: whoever goes there is not signed in yet. */
const atRoot = /^\/(v1|account|identity|api\/accounts|api\/2\.0|healthz|readyz|docs|dev\/mailbox|\.well-known)(\/|$)/

const isOwn = (pathname: string): boolean => {
  const path = mountPath()
  return path === "" ? atRoot.test(pathname) : pathname === path || pathname.startsWith(`${path}/`)
}

class Refused extends Error {}

const refusal = (request: Request): Response => {
  const { pathname, search } = new URL(request.url)
  const isPage = request.method === "GET" && (request.headers.get("accept") ?? "").includes("text/html")
  if (isPage)
    return new Response(null, {
      status: 307,
      headers: { location: new URL(signInPage(`${pathname}${search}`), request.url).href },
    })
  const problem = {
    type: "urn:countersign:error:unauthenticated",
    title: "Not signed in",
    status: 401,
    code: "unauthenticated",
  }
  return Response.json(problem, { status: 401, headers: { "content-type": "application/problem+json" } })
}

/**
 * For `proxy.ts` (before Next.js 16: `middleware.ts`). Without a handler everything passes. It is a first look, not the
 * guard: what a page or a route does is checked there, by `auth()`.
 */
export function countersignMiddleware(
  handler?: MiddlewareHandler,
): (request: Request) => Promise<Response | undefined> {
  return async (request) => {
    if (!handler || isOwn(new URL(request.url).pathname)) return undefined
    const current = (): Promise<Auth> => authOf(request)
    const protect = async (): Promise<void> => {
      if (!(await current()).isAuthenticated) throw new Refused()
    }
    try {
      const answer = await handler(Object.assign(current, { protect }), request)
      return answer instanceof Response ? answer : undefined
    } catch (error) {
      if (error instanceof Refused) return refusal(request)
      throw error
    }
  }
}

/** Whether a request goes to one of these paths: `/account`, `/admin(.*)`, `/team/:id/settings`. */
export function createRouteMatcher(patterns: readonly string[]): (request: { readonly url: string }) => boolean {
  const expressions = patterns.map((pattern) => {
    const literal = pattern
      .split(/(\(\.\*\)|:[a-z]\w*)/i)
      .map((part) =>
        part === "(.*)" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
      )
      .join("")
    return new RegExp(`^${literal}/?$`)
  })
  return ({ url }) => {
    const { pathname } = new URL(url)
    return expressions.some((expression) => expression.test(pathname))
  }
}
