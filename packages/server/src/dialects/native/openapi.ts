import { z } from "zod"
import type { ErrorCode } from "../../engine/errors.ts"
import { errorCodes } from "../../engine/errors.ts"
import { meanings, problemTypePrefix } from "./errors.ts"
import type { Access } from "./identity.ts"
import { accessNeeds } from "./identity.ts"
import type { Answer, Operation } from "./operation.ts"
import { groups } from "./operation.ts"
import { operations } from "./operations.ts"
import { mfaTokenParameter, requestKeyParameter } from "./request-headers.ts"
import { serviceScopes } from "./scopes.ts"

/** JSON of an OpenAPI 3.1 document. */
export type Json = { readonly [name: string]: unknown }

export const httpMethods = ["get", "post", "put", "patch", "delete"] as const

/** The part of a document that its readers here (the page, the tests) rely on. */
export type OpenApiDocument = {
  readonly openapi: "3.1.0"
  readonly info: Json & { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<(typeof httpMethods)[number], DocumentedOperation>>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: Json }
}

export type DocumentedOperation = {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Json[]
  readonly parameters: readonly {
    readonly name: string
    readonly in: "path" | "query" | "header"
    readonly required: boolean
    readonly schema: Json
  }[]
  readonly requestBody?: {
    readonly required: true
    readonly content: { readonly "application/json": { readonly schema: Json } }
  }
  readonly responses: Readonly<Record<string, DocumentedResponse>>
}

export type DocumentedResponse = {
  readonly description: string
  readonly headers?: Json
  readonly content?: Readonly<Record<string, { readonly schema: Json; readonly examples?: Json }>>
}

const problem = z
  .looseObject({
    type: z.string().describe(`\`${problemTypePrefix}\` and the code.`),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.enum([...errorCodes, "fault"]).describe("What to decide by. Texts may change, codes don't."),
    errors: z
      .array(z.strictObject({ field: z.string(), reason: z.string() }))
      .optional()
      .describe("The fields that were refused; an empty name is the body itself."),
    retryAfter: z.number().optional().describe("Seconds."),
    level: z.enum(["first_factor", "second_factor", "multi_factor"]).optional(),
    maxAgeSeconds: z.number().optional(),
    attemptsLeft: z.int().optional().describe("How often the challenge can still be answered, with a wrong code."),
    clockOffSeconds: z.number().optional().describe("By how much the phone's clock is off; negative: behind."),
    reasons: z.array(z.string()).optional().describe("Why a password was rejected."),
    minimumLength: z.int().optional(),
    scope: z.string().optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457." })

type Gathering = { readonly schemas: Record<string, Json> }

/** A schema as JSON Schema, with its named parts gathered under `components`. */
const schemaOf = (schema: z.ZodType, io: "input" | "output", { schemas }: Gathering): Json => {
  const {
    $defs = {},
    $schema: _,
    ...made
  } = z.toJSONSchema(schema, {
    io,
    override({ jsonSchema }) {
      // The format says it; the pattern that comes with it is four hundred characters long.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern
      // An answer may gain members in a later version; clients made from this document must not break on them.
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  const moved = (json: unknown): Json =>
    JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
  for (const [name, definition] of Object.entries($defs)) schemas[name] = moved(definition)
  return moved(made)
}

const securityOf = (access: Access): Json[] => {
  const { scope, user, challenge } = accessNeeds(access)
  const ways: Json[] = []
  if (user) ways.push({ session: [] }, { sessionBearer: [] })
  if (user && access !== "session") ways.push({ userKey: [] })
  if (challenge) ways.push({ challenge: [] }, { challengeBearer: [] })
  if (scope !== undefined) ways.push({ serviceKey: [scope] })
  return ways
}

/** What any operation of this access, method and limit may be refused with, beside its own refusals. */
export const refusalsOf = ({ access, method, limit, takesMfaToken, refusals = [] }: Operation): ErrorCode[] => {
  const { scope, user, challenge } = accessNeeds(access)
  const codes = new Set<ErrorCode>(refusals)
  codes.add("input_invalid")
  if (method !== "GET")
    for (const code of ["origin_refused", "unsupported_media_type", "body_too_large", "request_timeout"] as const)
      codes.add(code)
  if (user || scope !== undefined)
    for (const code of ["unauthenticated", "forbidden", "insufficient_scope"] as const) codes.add(code)
  if (challenge) codes.add("challenge_spent")
  if (takesMfaToken) codes.add("mfa_token_invalid")
  if (limit) codes.add("too_many_requests")
  codes.add("unavailable")
  return errorCodes.filter((code) => codes.has(code))
}

export const statusesOf = (code: ErrorCode): number[] => {
  if (code === "input_invalid") return [400, 422]
  if (code === "session_reverification_required") return [401, 403]
  return [meanings[code].status]
}

const problemResponses = (operation: Operation): Record<string, DocumentedResponse> => {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of refusalsOf(operation))
    for (const status of statusesOf(code)) byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(", "),
        ...(status === 429 || status === 503
          ? { headers: { "Retry-After": { description: "Seconds.", schema: { type: "integer" } } } }
          : {}),
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  )
}

const answerOf = ({ description, schema, renews }: Answer, gathering: Gathering): DocumentedResponse => ({
  description,
  ...(renews
    ? {
        headers: {
          "Countersign-Session": {
            description: "For a bearer: the session's new token. The one before ends in 30 seconds.",
            schema: { type: "string" },
          },
        },
      }
    : {}),
  ...(schema ? { content: { "application/json": { schema: schemaOf(schema, "output", gathering) } } } : {}),
})

const parametersOf = (
  { path, query, takesMfaToken, repeatable }: Operation,
  gathering: Gathering,
): DocumentedOperation["parameters"] => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path" as const,
    required: true,
    schema: { type: "string" },
  }))
  const inHeader = [...(takesMfaToken ? [mfaTokenParameter] : []), ...(repeatable ? [requestKeyParameter] : [])]
  if (!query) return [...inPath, ...inHeader]
  const { properties = {}, required = [] } = schemaOf(query, "input", gathering) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query" as const,
    required: required.includes(name),
    schema,
  }))
  return [...inPath, ...inQuery, ...inHeader]
}

const documented = (operation: Operation, gathering: Gathering): DocumentedOperation => {
  const { id, group, summary, description, access, body, answers } = operation
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(access),
    parameters: parametersOf(operation, gathering),
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(body, "input", gathering) } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer, gathering)])),
      ...problemResponses(operation),
    },
  }
}

const introduction = `Every refusal is a problem document (RFC 9457) with a stable \`code\`. Times are ISO 8601.

In a browser the session is an HttpOnly cookie; the page's origin has to be this server's or an allowed one. Everybody
else sends \`Authorization: Bearer …\`: a session's token (\`css_\`), a user's or a service's key (\`csk_\`), or an open
challenge's token (\`csc_\`), which opens nothing but what settles it. A token in the address is refused.

Where a session is given a new token, a cookie is replaced and a bearer reads it in \`Countersign-Session\`.

What asks for a fresh proof takes an MFA token in its place, in \`Countersign-MFA-Token\`. What makes a new secret takes a
name of the request in \`Idempotency-Key\`, so that one that arrives twice is done once.`

const scopeList = Object.entries(serviceScopes)
  .map(([scope, meaning]) => `\`${scope}\`: ${meaning}`)
  .join(" ")

/** The API's description, made from the schemas that check its input. */
export const openApiDocument = (publicUrl: string): OpenApiDocument => {
  const gathering: Gathering = { schemas: {} }
  schemaOf(problem, "output", gathering)
  const paths: Record<string, Record<string, DocumentedOperation>> = {}
  for (const operation of operations)
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = documented(operation, gathering)
  return {
    openapi: "3.1.0",
    info: {
      title: "Countersign",
      version: "1",
      description: introduction,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: `${publicUrl}/v1` }],
    tags: groups.map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(gathering.schemas).toSorted(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-countersign",
          description: "Set by signing in. Without the prefix on http://localhost.",
        },
        challenge: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-countersign-challenge",
          description: "Set by a sign-in that is not complete, and by a step-up.",
        },
        sessionBearer: { type: "http", scheme: "bearer", description: "A session's token (`css_…`)." },
        userKey: { type: "http", scheme: "bearer", description: "A user's API key (`csk_…`)." },
        challengeBearer: { type: "http", scheme: "bearer", description: "An open challenge's token (`csc_…`)." },
        serviceKey: {
          type: "http",
          scheme: "bearer",
          description: `A service's API key (\`csk_…\`) that holds the scope. ${scopeList}`,
        },
      },
    },
  }
}
