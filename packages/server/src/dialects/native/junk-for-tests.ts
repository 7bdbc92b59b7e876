/** Junk for every operation, made from the document: what somebody sends who has read it and means no good. */
import type { DocumentedOperation, Json, OpenApiDocument } from "./openapi.ts"
import { httpMethods } from "./openapi.ts"

/** Whatever is typed holds this, so that a test can see whether it comes back. */
export const marker = "zqMARKERqz"

export type Documented = { readonly method: string; readonly path: string; readonly operation: DocumentedOperation }

export const documentedOperations = ({ paths }: OpenApiDocument): Documented[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    httpMethods.flatMap((method) => {
      const operation = methods[method]
      return operation ? [{ method: method.toUpperCase(), path, operation }] : []
    }),
  )

/** A value that the schema takes, as far as a schema can say. */
const fitting = (schema: Json): unknown => {
  const { const: only, enum: choices, anyOf, type, properties, minLength, format } = schema
  if (only !== undefined) return only
  if (Array.isArray(choices)) return choices[0]
  if (Array.isArray(anyOf)) return fitting(anyOf[0] as Json)
  switch (Array.isArray(type) ? type[0] : type) {
    case "boolean":
      return true
    case "integer":
    case "number":
      return 1
    case "array":
      return []
    case "object":
      return properties
        ? Object.fromEntries(
            Object.entries(properties as Record<string, Json>).map(([name, each]) => [name, fitting(each)]),
          )
        : {}
    default:
      return format === "date-time" ? "2031-01-01T00:00:00Z" : "a".repeat(Math.max(1, Number(minLength ?? 1)))
  }
}

export const bodySchema = ({ requestBody }: DocumentedOperation): Json | undefined =>
  requestBody?.content["application/json"].schema

export const fittingBody = (operation: DocumentedOperation): Record<string, unknown> => {
  const schema = bodySchema(operation)
  return schema ? (fitting(schema) as Record<string, unknown>) : {}
}

/** Values as JSON text, since some can't be made by `JSON.stringify`. */
const values: readonly string[] = [
  "null",
  "true",
  "0",
  "-1",
  "1e400",
  "123456789012345678901234567890",
  '""',
  '" "',
  "[]",
  "{}",
  "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]",
  `[${JSON.stringify(marker)}]`,
  `{${JSON.stringify(marker)}:1}`,
  '{"__proto__":{"admin":true},"constructor":{"prototype":{}}}',
  JSON.stringify(marker),
  JSON.stringify(marker.repeat(60)),
  JSON.stringify(marker.repeat(600)),
  JSON.stringify(`${marker}' or 1=1; --`),
  JSON.stringify(`${marker}\r\nBcc: x@example.com\r\n`),
  JSON.stringify(`${marker}😀\u202Eتجربة\u0301`),
  JSON.stringify(`${marker}\0`),
  String.raw`"\ud800${marker}"`,
  '"１２３４５６"',
  '"../../etc/passwd"',
  '"<script>alert(1)</script>"',
]

/** Bodies that are wrong as a whole, with their content type. */
const wholeBodies: readonly { type: string | undefined; body: string }[] = [
  ...["", " ", "{", "null", "1", '"x"', "[]", "[{}]", "{}", `{"${marker}":1}`, `{"a":1,"a":2}`].map((body) => ({
    type: "application/json",
    body,
  })),
  { type: "application/json", body: "[".repeat(9000) },
  { type: "application/json", body: `{"a":"${marker.repeat(2000)}"}` },
  { type: "application/json; charset=utf-16", body: "{}" },
  { type: "text/plain", body: `{"${marker}":1}` },
  { type: "application/x-www-form-urlencoded", body: `email=${marker}` },
  { type: "multipart/form-data; boundary=x", body: `--x\r\n\r\n${marker}\r\n--x--` },
  { type: undefined, body: "{}" },
]

const json = (body: string) => ({ type: "application/json", body })

const raw = (members: Record<string, string>): string =>
  `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(",")}}`

export const junkBodies = (operation: DocumentedOperation): { type: string | undefined; body: string }[] => {
  const good = Object.fromEntries(
    Object.entries(fittingBody(operation)).map(([name, value]) => [name, JSON.stringify(value)]),
  )
  const spoilt = Object.keys(good).flatMap((name) => {
    const { [name]: _, ...without } = good
    return [
      json(raw(without)),
      json(`${raw(good).slice(0, -1)},${JSON.stringify(name)}:${good[name]}}`),
      ...values.map((value) => json(raw({ ...good, [name]: value }))),
    ]
  })
  return [...wholeBodies, json(raw({ ...good, [marker]: "1" })), ...spoilt]
}

/** Ids for a path, encoded. */
export const junkIds: readonly string[] = [
  "x",
  "0",
  encodeURIComponent(marker),
  "%00",
  "%ff",
  "%2e%2e%2f",
  encodeURIComponent("' or 1=1; --"),
  encodeURIComponent("😀"),
  "a".repeat(299),
  "a".repeat(2000),
  "external:",
  `external:${marker}`,
]

export const junkQueries: readonly string[] = [
  "limit=-1",
  "limit=1e999",
  "limit=%00",
  `limit=${marker}`,
  "limit=5&limit=6",
  "after=",
  `after=${marker}`,
  `after=${"a".repeat(5000)}`,
  "after=%00",
  "after=%ff%fe",
  "after=eyJhIjoxfQ",
  `search=${marker}`,
  "search=%25%25%25_",
  "search=%00",
  "access_token=css_x",
]
