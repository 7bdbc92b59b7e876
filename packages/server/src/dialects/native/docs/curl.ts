import type { DocumentedOperation, Json } from "../openapi.ts"

const samples: Readonly<Record<string, unknown>> = {
  email: "ada@example.com",
  password: "a long phrase of your own",
  current: "the password until now",
  kind: "totp",
  answer: "123456",
  token: "…",
  level: "second_factor",
  name: "My phone",
  externalId: "4711",
}

const sampleOf = (name: string, schema: Json): unknown => {
  if (name in samples) return samples[name]
  const { enum: choices, type } = schema
  if (Array.isArray(choices)) return choices[0]
  if (type === "boolean") return true
  if (type === "array") return []
  return "…"
}

/** Fields worth showing although they may be left out. */
const worthShowing = new Set(["externalId"])

const bodyOf = ({ requestBody }: DocumentedOperation): string | undefined => {
  if (!requestBody) return undefined
  const { properties = {}, required = [] } = requestBody.content["application/json"].schema as {
    properties?: Record<string, Json>
    required?: string[]
  }
  const shown = Object.entries(properties).filter(([name]) => required.includes(name) || worthShowing.has(name))
  return JSON.stringify(Object.fromEntries(shown.map(([name, schema]) => [name, sampleOf(name, schema)])))
}

const bearerOf = (security: readonly Json[]): string | undefined => {
  const names = new Set(security.flatMap((way) => Object.keys(way)))
  if (names.has("sessionBearer")) return "$TOKEN"
  if (names.has("challengeBearer")) return "$CHALLENGE"
  return names.has("serviceKey") ? "$SERVICE_KEY" : undefined
}

/** A command that works once the variables are set. */
export const curlOf = (server: string, method: string, path: string, operation: DocumentedOperation): string => {
  const bearer = bearerOf(operation.security)
  const body = bodyOf(operation)
  const verb = method === "get" || (method === "post" && body !== undefined) ? "" : `-X ${method.toUpperCase()} `
  const lines = [
    `curl ${verb}${server}${path.replaceAll(/\{(\w+)\}/g, "$$$1")}`,
    ...(bearer === undefined ? [] : [`  -H "Authorization: Bearer ${bearer}"`]),
    ...(body === undefined ? [] : [`  --json '${body.replaceAll("'", String.raw`'\''`)}'`]),
  ]
  return lines.join(" \\\n")
}
