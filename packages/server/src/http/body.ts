import { CountersignError } from "../engine/errors.ts"
import { within } from "./deadline.ts"
import { isBlank, isStorableText, readJson } from "./strict-json.ts"
import { UnreadableRequest } from "./unreadable-request.ts"

export type BodyLimits = { readonly bytes: number; readonly seconds: number }

export type Body = {
  readonly text: () => Promise<string>
  readonly json: () => Promise<unknown>
  readonly object: () => Promise<Record<string, unknown>>
  readonly form: () => Promise<Record<string, string>>
}

const mediaType = (request: Request): string =>
  (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""

/** UTF-8 is the only encoding of JSON (RFC 8259, section 8.1) and the one that our forms declare. */
const hasForeignCharset = (request: Request): boolean => {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers.get("content-type") ?? "")?.[1]
  return charset !== undefined && !/^utf-?8$/i.test(charset)
}

const isJson = (request: Request): boolean =>
  /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json$/.test(mediaType(request)) && !hasForeignCharset(request)

const isForm = (request: Request): boolean =>
  mediaType(request) === "application/x-www-form-urlencoded" && !hasForeignCharset(request)

type Reader = { readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> }

/** Reads a stream that did not say how long it is, and stops at the limit. */
const readStream = async (reader: Reader, limit: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done || !value) return Buffer.concat(chunks)
    length += value.byteLength
    if (length > limit) throw new CountersignError("body_too_large")
    chunks.push(value)
  }
}

/** Reads at most `limits.bytes`, in at most `limits.seconds`, however slowly they come. */
const readBytes = async (request: Request, limits: BodyLimits): Promise<Uint8Array> => {
  const told = request.headers.get("content-length")
  if (Number(told ?? 0) > limits.bytes) throw new CountersignError("body_too_large")
  // Mounted behind a parser that has eaten the stream: a mistake of the mounting, but the request can't be read.
  if (request.bodyUsed) throw new UnreadableRequest("body_already_read")

  // HTTP holds a sender to the length that was told; then no stream has to be made.
  const reader = told === null ? request.body?.getReader() : undefined
  const readAll = async (): Promise<Uint8Array> => {
    if (reader) return await readStream(reader, limits.bytes)
    return told === null ? new Uint8Array() : new Uint8Array(await request.arrayBuffer())
  }
  try {
    const bytes = await within(limits.seconds, readAll(), () => new CountersignError("request_timeout"))
    // A request that was made by hand may have told anything.
    if (bytes.byteLength > limits.bytes) throw new CountersignError("body_too_large")
    return bytes
  } catch (error) {
    void reader?.cancel().catch(() => undefined)
    // Anything else: the client went away in the middle, or the stream is broken.
    throw error instanceof CountersignError ? error : new UnreadableRequest("malformed_text")
  }
}

const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new UnreadableRequest("malformed_text")
  }
}

/** Percent escapes and plus signs of one side of a pair; strict, since a lenient reader invents replacement characters. */
const decodeFormText = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    throw new UnreadableRequest("malformed_form")
  }
}

/** Reads a urlencoded form. A field that comes twice is refused. */
export const readForm = (text: string): Record<string, string> => {
  const fields = new Map<string, string>()
  for (const pair of text.split("&")) {
    if (pair === "") continue
    const split = pair.includes("=") ? pair.indexOf("=") : pair.length
    const name = decodeFormText(pair.slice(0, split))
    const value = decodeFormText(pair.slice(split + 1))
    if (fields.has(name))
      throw new CountersignError("input_invalid", { fields: [{ field: "", reason: "duplicate_key" }] })
    if (!isStorableText(name) || !isStorableText(value))
      throw new CountersignError("input_invalid", { fields: [{ field: "", reason: "not_text" }] })
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

/** The body of a request, read at most once, in the form that is asked for. */
export const bodyOf = (request: Request, limits: BodyLimits): Body => {
  let reading: Promise<string> | undefined
  const text = (): Promise<string> => (reading ??= readBytes(request, limits).then(decode))

  const json = async (): Promise<unknown> => {
    const content = await text()
    if (content === "") return undefined
    if (!isJson(request)) throw new CountersignError("unsupported_media_type")
    if (isBlank(content)) throw new UnreadableRequest("malformed_json")
    return readJson(content)
  }
  const object = async (): Promise<Record<string, unknown>> => {
    // Also for an empty body: a form that was posted with no fields is still no JSON.
    if (!isJson(request)) throw new CountersignError("unsupported_media_type")
    const value = await json()
    if (value === undefined) throw new UnreadableRequest("malformed_json")
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new CountersignError("input_invalid", { fields: [{ field: "", reason: "not_an_object" }] })
    return value as Record<string, unknown>
  }
  const form = async (): Promise<Record<string, string>> => {
    if (!isForm(request)) throw new CountersignError("unsupported_media_type")
    return readForm(await text())
  }
  return { text, json, object, form }
}
