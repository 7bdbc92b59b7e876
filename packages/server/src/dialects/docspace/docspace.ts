import type { Dialect } from "../dialect.ts"
import { newApp, newCodes, readCodes } from "./app-codes.ts"
import { readLink, readPolicy, switchPolicy, switchPolicyWithLink } from "./app-policy.ts"
import { setup, validate } from "./app-setup.ts"
import { renderError, renderFault } from "./errors.ts"
import { keyOperations } from "./keys.ts"
import { type Operation, prefix, routeOf } from "./operation.ts"
import { readSelf } from "./people.ts"
import { checkLink, isSignedIn, logout, signIn, signInWithCode } from "./sign-in.ts"

// A path without a parameter before one that has it: `authentication/logout` is no code.
const operations: readonly Operation[] = [
  setup,
  validate,
  readPolicy,
  switchPolicy,
  switchPolicyWithLink,
  readLink,
  readCodes,
  newCodes,
  newApp,
  isSignedIn,
  signIn,
  logout,
  checkLink,
  signInWithCode,
  ...keyOperations,
  readSelf,
]

/**
 * The two-factor part of ONLYOFFICE DocSpace's API: scripts that hold nothing but a base URL and a key set an app up, and
 * clients sign in with one.
 */
export const docspace: Dialect = {
  name: "docspace",
  prefix,
  routes: (engine, settings) => operations.map((operation) => routeOf(operation, { engine, settings })),
  renderError,
  renderFault,
}
