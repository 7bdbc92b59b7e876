/** Every route that the server has: the native ones from its own document, the others from the contracts of their wires. */
import type { Ground, Json } from "./ground.ts"

export type Route = {
  readonly method: string
  /** With ids as `{id}`. */
  readonly path: string
  /** A body that fits, where one is taken. */
  readonly body?: Json | undefined
  /** How the document says that it is opened; empty: by anybody. */
  readonly security: readonly string[]
  /** A page's form. */
  readonly form?: true
}

type Schema = {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Record<string, Schema>
  readonly format?: string
  readonly minLength?: number
}

/** A value that the schema takes. */
const fitting = (schema: Schema): unknown => {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf?.[0]) return fitting(schema.anyOf[0])
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0]
  if (type === "boolean") return true
  if (type === "integer" || type === "number") return 1
  if (type === "array") return []
  if (type === "object")
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, fitting(each)]))
  return schema.format === "date-time" ? "2031-01-01T00:00:00Z" : "a".repeat(schema.minLength ?? 1)
}

type Documented = {
  readonly security: readonly Record<string, unknown>[]
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } }
}

/** The operations of `/v1/openapi.json`. */
export const nativeRoutes = async (ground: Ground): Promise<Route[]> => {
  const { json } = await ground.client().get<{ paths: Record<string, Record<string, Documented>> }>("/v1/openapi.json")
  return Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, requestBody }]) => ({
      method: method.toUpperCase(),
      path: `/v1${path}`,
      security: security.flatMap((way) => Object.keys(way)),
      body: requestBody && (fitting(requestBody.content["application/json"].schema) as Json),
    })),
  )
}

const page = (method: string, paths: readonly string[]): Route[] =>
  paths.map((path) => ({ method, path: `/account${path}`, security: ["session"], form: true }))

/** The pages that only somebody signed in may use. */
export const personPages: readonly Route[] = [
  ...page("GET", [
    "",
    "/activity",
    "/password",
    "/address",
    "/profile",
    "/recovery-codes",
    "/recovery-codes/file",
    "/recovery-codes/new",
  ]),
  ...page("GET", ["/factors/app", "/factors/mail", "/factors/{id}", "/factors/{id}/remove"]),
  ...page("POST", ["/factors", "/factors/app", "/factors/mail", "/factors/{id}/rename", "/factors/{id}/remove"]),
  ...page("POST", ["/password", "/address", "/profile", "/recovery-codes/new", "/recovery-codes/saved"]),
  ...page("POST", ["/sessions/{id}/end", "/sessions/end-others", "/browsers/{id}/forget", "/browsers/forget-all"]),
  ...page("POST", ["/step-up", "/step-up/with", "/step-up/start"]),
]

const wire = (security: readonly string[], routes: readonly (readonly [string, string, Json?])[]): Route[] =>
  routes.map(([method, path, body]) => ({ method, path, body, security }))

/** Those of the other doors that need somebody who is signed in, as their contracts list them. */
export const otherRoutes: readonly Route[] = [
  ...wire(
    ["session"],
    [
      ["POST", "/identity/manage/2fa", {}],
      ["POST", "/identity/manage/2fa", { enable: false, resetSharedKey: true }],
      ["POST", "/identity/manage/2fa", { resetRecoveryCodes: true }],
      ["GET", "/identity/manage/info"],
      [
        "POST",
        "/identity/manage/info",
        { newEmail: "thief@example.com", newPassword: "Thief-Pass-1", oldPassword: "x" },
      ],
      ["GET", "/identity/roles"],
      ["POST", "/identity/logout", {}],
      ["GET", "/api/2.0/settings/tfaapp"],
      ["PUT", "/api/2.0/settings/tfaapp", { type: "None" }],
      ["PUT", "/api/2.0/settings/tfaappwithlink", { type: "None" }],
      ["GET", "/api/2.0/settings/tfaapp/setup"],
      ["POST", "/api/2.0/settings/tfaapp/validate", { code: "123456" }],
      ["GET", "/api/2.0/settings/tfaapp/confirm"],
      ["GET", "/api/2.0/settings/tfaappcodes"],
      ["PUT", "/api/2.0/settings/tfaappnewcodes"],
      ["PUT", "/api/2.0/settings/tfaappnewapp", {}],
      ["GET", "/api/2.0/people/@self"],
      ["POST", "/api/2.0/keys", { name: "thief" }],
      ["GET", "/api/2.0/keys"],
      ["GET", "/api/2.0/keys/@self"],
    ],
  ),
]

export const routeAt = (route: Route, id: string): string => route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(id))

export type Sent = { readonly status: number; readonly text: string; readonly headers: Headers }

/** What the forms of all pages ask for together. */
const pageFields = {
  kind: "totp",
  code: "123456",
  name: "Thief",
  saved: "yes",
  email: "thief@example.com",
  current: "x",
  password: "a new pass phrase of a thief",
  firstName: "Thief",
  goal: "POST /recovery-codes/new",
}

/** One request to a route with headers of one's own, from nowhere in particular. */
export const callRoute = async (
  ground: Ground,
  route: Route,
  {
    id = "x",
    headers = {},
    body,
    form = "",
  }: { id?: string; headers?: Record<string, string>; body?: string; form?: string } = {},
): Promise<Sent> => {
  const type = route.form ? "application/x-www-form-urlencoded" : "application/json"
  const text =
    body ?? (route.form ? new URLSearchParams({ form, ...pageFields }).toString() : JSON.stringify(route.body ?? {}))
  const sends = route.method !== "GET"
  const request = new Request(new URL(routeAt(route, id), ground.server.url), {
    method: route.method,
    redirect: "manual",
    headers: { ...(sends ? { "content-type": type } : {}), ...headers },
    ...(sends ? { body: text } : {}),
  })
  const response = await ground.server.fetch(request, { address: "192.0.2.77" })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** Was the caller taken for nobody? Pages lead to the sign-in; a door that is not there knows nobody either. */
export const tookForNobody = ({ status, headers }: Sent): boolean =>
  [401, 404, 410].includes(status) ||
  status === 403 ||
  (status === 303 && /\/account\/(sign-in|second-step|enrol)/.test(headers.get("location") ?? ""))
