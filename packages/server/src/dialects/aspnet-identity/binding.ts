import { CountersignError } from "../../engine/errors.ts"
import type { Call } from "../dialect.ts"

/** The request does not fit the endpoint's shape. Answered 400 without a word, as the original's binding does. */
export class BindingFailed extends CountersignError {
  constructor() {
    super("input_invalid")
    this.name = "BindingFailed"
  }
}

/** Values by name, without regard to case; what is not asked for is passed over. All throw `BindingFailed`. */
export type Bound = {
  /** A text that may be left out; null counts as left out. */
  text(name: string): string | undefined
  /** A text that has to be there, though it may be null: each endpoint has its own answer to that. */
  required(name: string): string | null
  /** A boolean that may be left out or null. */
  optionalFlag(name: string): boolean | undefined
  /** A boolean that may be left out, but is no null. */
  flag(name: string): boolean
}

/**
 * The body as one of the API's requests. A name that comes in two spellings is refused: whoever checks one of them and
 * uses the other is led astray.
 *
 * @throws BindingFailed for anything but a JSON object, and what `call.json` throws.
 */
export const readBody = async (call: Call): Promise<Bound> => {
  const body = await call.json()
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new BindingFailed()
  const values = byName(Object.entries(body))
  const optional = (name: string): unknown => values.get(name.toLowerCase()) ?? undefined
  return {
    text: (name) => textOf(optional(name)),
    required(name) {
      if (!values.has(name.toLowerCase())) throw new BindingFailed()
      return textOf(optional(name)) ?? null
    },
    optionalFlag: (name) => flagOf(optional(name)),
    flag: (name) => (values.has(name.toLowerCase()) ? (flagOf(values.get(name.toLowerCase())) ?? false) : false),
  }
}

/** Any JSON value but null, which is all that signing out asks for. */
export const demandAnyBody = async (call: Call): Promise<void> => {
  if (((await call.json()) ?? undefined) === undefined) throw new BindingFailed()
}

/** The query's values. Booleans are spelled out there. */
export type BoundQuery = {
  text(name: string): string | undefined
  required(name: string): string
  flag(name: string): boolean
}

/** @throws BindingFailed for a name that comes twice. */
export const readQuery = ({ url }: Call): BoundQuery => {
  const values = byName([...url.searchParams.entries()])
  const text = (name: string): string | undefined => textOf(values.get(name.toLowerCase()))
  return {
    text,
    required(name) {
      const value = text(name)
      if (value === undefined) throw new BindingFailed()
      return value
    },
    flag(name) {
      const value = text(name)?.toLowerCase()
      if (value === undefined || value === "false") return false
      if (value === "true") return true
      throw new BindingFailed()
    },
  }
}

const byName = (entries: readonly (readonly [string, unknown])[]): Map<string, unknown> => {
  const values = new Map(entries.map(([name, value]) => [name.toLowerCase(), value]))
  if (values.size !== entries.length) throw new BindingFailed()
  return values
}

const textOf = (value: unknown): string | undefined => {
  if (value === undefined || typeof value === "string") return value
  throw new BindingFailed()
}

const flagOf = (value: unknown): boolean | undefined => {
  if (value === undefined || typeof value === "boolean") return value
  throw new BindingFailed()
}
