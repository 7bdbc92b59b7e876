import type { Database } from "../store/database.ts"
import { sql } from "../store/database.ts"
import { within } from "./deadline.ts"
import { problemResponse } from "./problem.ts"
import type { Door } from "./route.ts"

const probeSeconds = 2

/** Does the database answer a trivial read in time? */
export const databaseAnswers = async (database: Database): Promise<boolean> => {
  try {
    await within(probeSeconds, database.query(sql`select 1 as one`), () => new Error("the database is silent"))
    return true
  } catch {
    return false
  }
}

export type HealthOptions = {
  readonly database: Database
  /** True from the moment on when the server was asked to stop: no balancer sends it new work. */
  readonly isStopping: () => boolean
}

/**
 * `/healthz`: the process lives. `/readyz`: it can do its work; 503 while it stops or the database is silent. Neither
 * tells a version or a reason to strangers.
 */
export const healthDoor = ({ database, isStopping }: HealthOptions): Door => ({
  name: "health",
  prefix: "",
  cookies: false,
  routes: [
    { method: "GET", path: "/healthz", handle: () => ({ status: 200, json: { status: "ok" } }) },
    {
      method: "GET",
      path: "/readyz",
      async handle() {
        const ready = !isStopping() && (await databaseAnswers(database))
        return { status: ready ? 200 : 503, json: { status: ready ? "ready" : "unavailable" } }
      },
    },
  ],
  renderError: (error) =>
    problemResponse({
      type: "about:blank",
      ...(error.code === "not_found"
        ? { status: 404, title: "Not Found" }
        : error.code === "method_not_allowed"
          ? { status: 405, title: "Method Not Allowed" }
          : { status: 400, title: "Bad Request" }),
    }),
})
