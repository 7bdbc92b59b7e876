import type { z } from "zod"
import type { Engine } from "../../engine/engine.ts"
import type { ErrorCode } from "../../engine/errors.ts"
import type { Call, DialectSettings, Reply, Route } from "../dialect.ts"
import type { Access, Identity } from "./identity.ts"
import { identify } from "./identity.ts"
import { readBody, readQuery } from "./input.ts"
import { mfaTokenOf, requestKeyOf } from "./request-headers.ts"

/** What an operation's handler is given: everything read and checked. */
export type Given<A extends Access, Body, Query> = {
  readonly call: Call
  readonly engine: Engine
  readonly settings: DialectSettings
  readonly params: Readonly<Record<string, string>>
  readonly body: Body
  readonly query: Query
  readonly who: Identity<A>
}

/** `renews`: a bearer may read a new token of its session in `Countersign-Session`. */
export type Answer = { readonly description: string; readonly schema?: z.ZodType; readonly renews?: true }

/** One operation as data: what the document says of it is what the route does. */
type Spec<A extends Access, Body extends z.ZodType, Query extends z.ZodObject> = {
  readonly id: string
  readonly group: Group
  readonly summary: string
  readonly description?: string
  readonly method: Route["method"]
  /** With parameters as `{id}`. */
  readonly path: string
  readonly access: A
  /** Takes an MFA token in `Countersign-MFA-Token`, in place of a fresh second factor. */
  readonly takesMfaToken?: true
  /** Takes a name of the request in `Idempotency-Key`; sent again with it, the request is answered and not done again. */
  readonly repeatable?: true
  readonly limit?: Route["limit"]
  readonly body?: Body
  readonly query?: Query
  readonly answers: Readonly<Record<number, Answer>>
  /** Beside those that any operation of its access, body and limit may meet. */
  readonly refusals?: readonly ErrorCode[]
  readonly handle: (given: Given<A, z.output<Body>, z.output<Query>>) => Promise<Reply>
}

export const groups = [
  "Sign-up",
  "Sign-in",
  "Session",
  "Account",
  "Factors",
  "Recovery codes",
  "Remembered devices",
  "Step-up",
  "API keys",
  "Users",
  "Installation",
] as const

export type Group = (typeof groups)[number]

/** An operation whose types have been checked, as the router and the document take it. */
export type Operation = Omit<Spec<Access, z.ZodType, z.ZodObject>, "handle"> & {
  readonly serve: (call: Call, engine: Engine, settings: DialectSettings) => Promise<Reply>
}

/** Credentials are looked at first, then the query, then the body: nobody learns a schema by guessing at it. */
export const operation = <
  A extends Access,
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodObject = z.ZodObject,
>(
  spec: Spec<A, Body, Query>,
): Operation => {
  const { handle, ...told } = spec
  return {
    ...told,
    async serve(call, engine, settings) {
      const identity = await identify(spec.access, call, engine)
      const who = {
        ...identity,
        ...(spec.takesMfaToken ? { mfaToken: mfaTokenOf(call) } : {}),
        ...(spec.repeatable ? { requestKey: requestKeyOf(call) } : {}),
      }
      const query = (spec.query ? readQuery(spec.query, call.url.searchParams) : {}) as z.output<Query>
      const body = (await readBody(spec.body, call)) as z.output<Body>
      return await handle({ call, engine, settings, params: call.params, body, query, who })
    },
  }
}

/** The operation as a route of the door. */
export const toRoute = (
  { method, path, limit, serve }: Operation,
  engine: Engine,
  settings: DialectSettings,
): Route => ({
  method,
  path: path.replaceAll(/\{(\w+)\}/g, ":$1"),
  limit,
  handle: async (call) => await serve(call, engine, settings),
})
