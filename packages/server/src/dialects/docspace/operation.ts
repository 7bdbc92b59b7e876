import type { Engine } from "../../engine/engine.ts"
import type { Call, CookieChange, DialectSettings, Route } from "../dialect.ts"
import { contentType, type Link, succeeded } from "./envelope.ts"

/** Below which everything of this wire stands. */
export const prefix = "/api/2.0"

/** One request, with what every operation needs. */
export type Visit = { readonly engine: Engine; readonly settings: DialectSettings; readonly call: Call }

/** What an operation comes to: the envelope's `response`, and what travels beside it. */
export type Answer = {
  readonly response: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly cookies?: readonly CookieChange[] | undefined
}

export type Operation = Pick<Route, "method" | "path" | "limit"> & {
  readonly handle: (visit: Visit) => Promise<Answer>
}

/** The operation as a route, its answer in the envelope. */
export const routeOf = (
  { method, path, limit, handle }: Operation,
  parts: Pick<Visit, "engine" | "settings">,
): Route => ({
  method,
  path,
  limit,
  async handle(call) {
    const { response, headers, cookies } = await handle({ ...parts, call })
    const json = succeeded(response, linkTo(call.url, parts.settings.publicUrl, method))
    // Keys, codes and tokens are in these answers: nothing on the way may keep one.
    return {
      status: 200,
      json,
      cookies,
      headers: { "content-type": contentType, "cache-control": "no-store", ...headers },
    }
  },
})

/**
 * Where the request went, on the public URL and not on a Host header that anybody writes. A code that stands in the
 * path is left out, as nothing that was typed comes back.
 */
export const linkTo = ({ pathname }: Pick<URL, "pathname">, publicUrl: string, method: string): Link => {
  const path = pathname.slice(Math.max(0, pathname.indexOf(prefix)))
  return { href: publicUrl + path.replace(typedCode, "$1"), action: method }
}

const typedCode = /^(\/api\/2\.0\/authentication)\/(?!(?:logout|confirm)$).*$/
