import type { ChallengeView } from "../../engine/engine.ts"
import type { Reply, Route } from "../../http/route.ts"
import type { Person, Visit } from "./visit.ts"

export type Holder = { readonly token: string; readonly view: ChallengeView }

/** Who may open a page. Printed as data, so that it can be reviewed as a table. */
export type PageRoute = { readonly path: string; readonly limit?: Route["limit"] } & (
  | { readonly method: "GET" | "POST"; readonly for: "anybody"; readonly handle: (visit: Visit) => Promise<Reply> }
  /** Who is signed in already goes on to where they wanted. */
  | { readonly method: "GET" | "POST"; readonly for: "guest"; readonly handle: (visit: Visit) => Promise<Reply> }
  /** Half-way through signing in; without a live challenge it begins anew. */
  | {
      readonly method: "GET" | "POST"
      readonly for: "challenge"
      readonly purpose: ChallengeView["purpose"]
      readonly handle: (visit: Visit, challenge: Holder) => Promise<Reply>
    }
  /** Signed in; a demanded fresh proof is asked for, then the page goes on as if nothing had been. */
  | {
      readonly method: "GET" | "POST"
      readonly for: "person"
      readonly handle: (visit: Visit, person: Person) => Promise<Reply>
    }
)

/** The route that serves a path, with its parameters; for going on after a proof. Only `:name` parts are patterns. */
export const routeAt = (
  routes: readonly PageRoute[],
  method: PageRoute["method"],
  path: string,
): { route: PageRoute; params: Record<string, string> } | undefined => {
  for (const route of routes) {
    if (route.method !== method) continue
    const params = paramsOf(route.path, path)
    if (params !== undefined) return { route, params }
  }
  return undefined
}

const paramsOf = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split("/")
  const given = path.split("/")
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ""
    if (!part.startsWith(":")) {
      if (part !== value) return undefined
    } else if (value === "") return undefined
    else {
      try {
        params[part.slice(1)] = decodeURIComponent(value)
      } catch {
        return undefined
      }
    }
  }
  return params
}
