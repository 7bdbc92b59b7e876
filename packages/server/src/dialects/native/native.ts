import type { Dialect } from "../dialect.ts"
import { faultProblem, problemOf } from "./errors.ts"
import { openApiDocument } from "./openapi.ts"
import { toRoute } from "./operation.ts"
import { operations } from "./operations.ts"

/** Countersign's own API, under `/v1`. */
export const native: Dialect = {
  name: "native",
  prefix: "/v1",
  routes(engine, settings) {
    // Made once, when somebody asks: a start should not wait for it.
    let document: string | undefined
    return [
      ...operations.map((operation) => toRoute(operation, engine, settings)),
      {
        method: "GET",
        path: "/openapi.json",
        handle() {
          document ??= JSON.stringify(openApiDocument(settings.publicUrl))
          return new Response(document, {
            headers: { "content-type": "application/json", "cache-control": "public, max-age=300" },
          })
        },
      },
    ]
  },
  renderError: problemOf,
  renderFault: faultProblem,
}
