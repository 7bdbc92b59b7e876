import type { Dialect } from "../dialect.ts"
import { problemOf, faultProblem } from "./errors.ts"

/** Countersign's own API, under `/v1`. */
export const native: Dialect = {
  name: "native",
  prefix: "/v1",
  routes: () => [],
  renderError: problemOf,
  renderFault: faultProblem,
}
