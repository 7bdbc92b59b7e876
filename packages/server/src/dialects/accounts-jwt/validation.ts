import { CountersignError } from "../../engine/errors.ts"

/** What the client shows below a form, by the property's name as the API it was written for spells it. */
export type Complaints = Readonly<Record<string, readonly string[]>>

/** The input breaks a rule of this wire. Rendered as a map of sentences, which the client joins and prints. */
export class ValidationFailed extends CountersignError {
  readonly complaints: Complaints

  constructor(complaints: Complaints) {
    super("input_invalid")
    this.name = "ValidationFailed"
    this.complaints = complaints
  }
}

/** Reads a body's or query's properties and gathers every complaint, so that a form shows all of them at once. */
export type Fields = {
  /**
   * The text of a property; undefined where it is absent or null. `name` as the wire spells it, in any case of letters.
   */
  readonly text: (name: string) => string | undefined
  /** As `text`, and complains when there is nothing in it but blanks. */
  readonly required: (name: string, sentence: string) => string
  readonly complain: (name: string, sentence: string) => void
  /** Call once everything was read. @throws ValidationFailed */
  readonly settle: () => void
}

/**
 * Takes a JSON object apart. Names of properties are compared without case, as the original binds them; what it does
 * not know is passed over.
 *
 * @throws ValidationFailed for anything but an object, and for a property that comes twice in two spellings.
 */
export const readFields = (body: unknown): Fields => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ValidationFailed({ "": ["A non-empty request body is required."] })
  }
  return gather(Object.entries(body))
}

/** The same for a query. */
export const readQuery = (query: URLSearchParams): Fields => gather([...query.entries()])

const gather = (entries: readonly (readonly [string, unknown])[]): Fields => {
  const values = new Map<string, unknown>()
  for (const [name, value] of entries) {
    const key = name.toLowerCase()
    // Whoever checks one spelling and uses the other is led astray.
    if (values.has(key)) throw new ValidationFailed({ "": ["A property was sent twice."] })
    values.set(key, value)
  }
  const complaints: Record<string, string[]> = {}
  const complain = (name: string, sentence: string): void => {
    ;(complaints[name] ??= []).push(sentence)
  }
  const text = (name: string): string | undefined => {
    const value = values.get(name.toLowerCase()) ?? undefined
    if (value === undefined || typeof value === "string") return value
    complain(name, `The ${name} field has to be text.`)
    return undefined
  }

  return {
    text,
    complain,
    required(name, sentence) {
      const value = text(name)
      if (value !== undefined && value.trim() !== "") return value
      if (complaints[name] === undefined) complain(name, sentence)
      return ""
    },
    settle() {
      if (Object.keys(complaints).length > 0) throw new ValidationFailed(complaints)
    },
  }
}
