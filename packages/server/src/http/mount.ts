import { Hono } from "hono"
import type { Door, Route } from "./route.ts"

/** What is done with the route that was found, given to each request on its way through hono. */
type Handle = (route: Route, params: Readonly<Record<string, string>>) => Promise<Response>
type Bindings = { readonly path: string; readonly handle: Handle }

export type MountedDoor = {
  readonly door: Door
  readonly belongs: (path: string) => boolean
  /** Methods that are served at a whole path, HEAD with GET; empty: there is nothing. */
  readonly methodsAt: (path: string) => string[]
  /** Finds the route of the method and path and hands it over. Rejects with whatever `handle` rejects with. */
  readonly dispatch: (request: Request, path: string, handle: Handle) => Promise<Response>
}

/** Makes a door's table of routes. Routing is hono's; the path is the one below the installation's own base path. */
export const mount = (door: Door): MountedDoor => {
  const { prefix, caseInsensitive = false, routes } = door
  const hono = new Hono<{ Bindings: Bindings }>({
    getPath: (_request, options) => (options as { env: Bindings }).env.path,
  })
  // hono would answer a fault with a text of its own; the app's boundary is the one place that may.
  hono.onError((error) => {
    throw error
  })
  for (const route of routes)
    hono.on(route.method, caseInsensitive ? route.path.toLowerCase() : route.path, (context) =>
      context.env.handle(route, context.req.param() as Record<string, string>),
    )

  const compared = (path: string): string => (caseInsensitive ? path.toLowerCase() : path)
  const below = (path: string): string => compared(path).slice(prefix.length) || "/"
  const methods = [...new Set(routes.map((route) => route.method))]
  return {
    door,
    belongs: (path) => compared(path) === prefix || compared(path).startsWith(`${prefix}/`),
    methodsAt(path) {
      const found: string[] = methods.filter((method) => hono.router.match(method, below(path))[0].length > 0)
      return found.includes("GET") ? ["HEAD", ...found] : found
    },
    dispatch: async (request, path, handle) => await hono.fetch(request, { path: below(path), handle }),
  }
}
