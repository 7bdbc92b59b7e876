import type { Engine } from "../engine/engine.ts"
import { bareProblem } from "./problem.ts"
import type { Door } from "./route.ts"

/** `/.well-known/jwks.json`: the public keys with which anybody checks tokens that this installation signed (RFC 7517). */
export const jwksDoor = (engine: Engine): Door => ({
  name: "jwks",
  prefix: "",
  cookies: false,
  routes: [
    {
      method: "GET",
      path: "/.well-known/jwks.json",
      async handle() {
        const keys = await engine.sessions.jwks()
        return { status: 200, json: keys, headers: { "cache-control": "public, max-age=300" } }
      },
    },
  ],
  renderError({ code }) {
    if (code === "unavailable") return bareProblem(503, "Service Unavailable")
    return code === "method_not_allowed" ? bareProblem(405, "Method Not Allowed") : bareProblem(404, "Not Found")
  },
})
