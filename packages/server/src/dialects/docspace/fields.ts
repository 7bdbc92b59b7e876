import { CountersignError, type ErrorCode } from "../../engine/errors.ts"
import type { Complaints } from "./envelope.ts"

/** The body breaks a rule of this wire. */
export class ValidationFailed extends CountersignError {
  readonly complaints: Complaints

  constructor(complaints: Complaints) {
    super("input_invalid")
    this.name = "ValidationFailed"
    this.complaints = complaints
  }
}

/** A refusal of this wire's own, with words that the code alone would not have. */
export class WordedRefusal extends CountersignError {
  readonly words: string

  constructor(code: ErrorCode, words: string) {
    super(code)
    this.name = "WordedRefusal"
    this.words = words
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A body's properties. Null is absent; what has another type is refused and named. */
export type Fields = {
  readonly value: (name: string) => unknown
  readonly text: (name: string) => string | undefined
  /** @throws ValidationFailed when it is absent or has nothing in it but blanks. */
  readonly required: (name: string) => string
  readonly flag: (name: string) => boolean
  readonly texts: (name: string) => readonly string[]
  readonly id: (name: string) => string | undefined
  readonly ids: (name: string) => readonly string[]
}

/**
 * Takes a JSON object apart. Names of properties are compared without case, as the original binds them; what it does
 * not know is passed over. An absent body is an empty one.
 *
 * @throws ValidationFailed for anything but an object, and for a property that comes twice in two spellings.
 */
export const readFields = (body: unknown): Fields => {
  if (body !== undefined && (typeof body !== "object" || body === null || Array.isArray(body)))
    throw new ValidationFailed({ "": ["The body has to be an object."] })
  const values = new Map<string, unknown>()
  for (const [name, value] of Object.entries(body ?? {})) {
    // Whoever checks one spelling and uses the other is led astray.
    if (values.has(name.toLowerCase())) throw new ValidationFailed({ "": ["A property was sent twice."] })
    values.set(name.toLowerCase(), value)
  }

  const value = (name: string): unknown => values.get(name.toLowerCase()) ?? undefined
  const text = (name: string): string | undefined => {
    const found = value(name)
    if (found === undefined || typeof found === "string") return found
    throw complaint(name, "has to be text")
  }
  const texts = (name: string): readonly string[] => {
    const found = value(name) ?? []
    if (Array.isArray(found) && found.every((entry): entry is string => typeof entry === "string")) return found
    throw complaint(name, "has to be a list of texts")
  }
  return {
    value,
    text,
    texts,
    required(name) {
      const found = text(name)
      if (found === undefined || found.trim() === "") throw complaint(name, "is required")
      return found
    },
    flag(name) {
      const found = value(name) ?? false
      if (typeof found === "boolean") return found
      throw complaint(name, "has to be true or false")
    },
    id(name) {
      const found = text(name)
      if (found === undefined || uuid.test(found)) return found?.toLowerCase()
      throw complaint(name, "has to be an id")
    },
    ids(name) {
      const found = texts(name)
      if (found.every((entry) => uuid.test(entry))) return found.map((entry) => entry.toLowerCase())
      throw complaint(name, "has to be a list of ids")
    },
  }
}

export const complaint = (name: string, what: string): ValidationFailed =>
  new ValidationFailed({ [name]: [`The ${name} field ${what}.`] })
