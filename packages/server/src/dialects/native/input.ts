import { z } from "zod"
import { CountersignError } from "../../engine/errors.ts"
import { isStorableText } from "../../http/strict-json.ts"
import type { Call } from "../dialect.ts"

type Issue = z.core.$ZodIssue

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown => {
  let value = input
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

/** Why a field was refused, as a word. zod's own messages may quote what was sent. */
const reasonOf = (issue: Issue, input: unknown): string => {
  switch (issue.code) {
    case "invalid_type":
    case "invalid_union":
      return valueAt(input, issue.path) === undefined ? "required" : "wrong_type"
    case "too_small":
      return issue.origin === "string" ? "too_short" : "too_small"
    case "too_big":
      return issue.origin === "string" ? "too_long" : "too_large"
    case "invalid_format":
      return "wrong_format"
    case "invalid_value":
      return valueAt(input, issue.path) === undefined ? "required" : "not_allowed"
    case "unrecognized_keys":
      return "unknown_field"
    default:
      return "invalid"
  }
}

/** The names in a path are the schema's own; a key that the schema doesn't know was typed and is never among them. */
const fieldOf = (issue: Issue): string => issue.path.map(String).join(".")

const check = <S extends z.ZodType>(schema: S, input: unknown): z.output<S> => {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const fields = result.error.issues.map((issue) => ({ field: fieldOf(issue), reason: reasonOf(issue, input) }))
  throw new CountersignError("input_invalid", { fields })
}

const nothing = z.strictObject({})

/**
 * The body by its schema. An operation that takes none still refuses one that says something, or that is no JSON: what
 * a page of another site can post without asking must not pass.
 */
export const readBody = async (schema: z.ZodType | undefined, call: Call): Promise<unknown> => {
  if (schema) return check(schema, await call.body())
  if (call.request.method === "GET" || call.request.method === "HEAD") return undefined
  const sent = await call.json()
  if (sent !== undefined) check(nothing, sent)
  return undefined
}

/** The query's known names by their schema. Others are none of ours (a tracker's, a cache's) and left alone. */
export const readQuery = <S extends z.ZodObject>(schema: S, search: URLSearchParams): z.output<S> => {
  const input: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const values = search.getAll(name)
    if (values.length > 1)
      throw new CountersignError("input_invalid", { fields: [{ field: name, reason: "repeated" }] })
    const [value] = values
    if (value === undefined) continue
    if (!isStorableText(value))
      throw new CountersignError("input_invalid", { fields: [{ field: name, reason: "not_text" }] })
    input[name] = value
  }
  return check(schema, input)
}
