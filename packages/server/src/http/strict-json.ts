import { CountersignError } from "../engine/errors.ts"
import { UnreadableRequest } from "./unreadable-request.ts"

/** More than any body of ours needs (a passkey's answer has four levels), and far below what a stack could overflow on. */
const maximumDepth = 16

const whitespace = /[ \t\n\r]/

type Container = { readonly keys: Set<string> | undefined; expectsKey: boolean }

/** The end (exclusive) of the string token that begins at `start`, in text that is known to be valid JSON. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1
  return at + 1
}

/**
 * Walks valid JSON text and refuses what `JSON.parse` passes in silence: a key that comes twice in one object (two
 * readers may each believe another one, RFC 8259, section 4) and deep nesting.
 */
const refuseDuplicatesAndDepth = (text: string): void => {
  const open: Container[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    const inside = open.at(-1)
    if (character === '"') {
      const end = endOfString(text, at)
      if (inside?.keys && inside.expectsKey) {
        const key = JSON.parse(text.slice(at, end)) as string
        if (inside.keys.has(key)) throw refusal("duplicate_key")
        inside.keys.add(key)
        inside.expectsKey = false
      }
      at = end - 1
    } else if (character === "{" || character === "[") {
      open.push({ keys: character === "{" ? new Set() : undefined, expectsKey: true })
      if (open.length > maximumDepth) throw refusal("too_deep")
    } else if (character === "}" || character === "]") open.pop()
    else if (character === "," && inside) inside.expectsKey = true
  }
}

const refusal = (reason: string): CountersignError =>
  new CountersignError("input_invalid", { fields: [{ field: "", reason }] })

/** Text that every store can hold: no half of a surrogate pair, and no NUL, which PostgreSQL refuses in text. */
export const isStorableText = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

/** The top-level field in which a text stands that no store could hold; the empty string for a key or a bare value. */
const fieldOfUnstorableText = (value: unknown, field = ""): string | undefined => {
  if (typeof value === "string") return isStorableText(value) ? undefined : field
  if (typeof value !== "object" || value === null) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (!isStorableText(key)) return field
    const found = fieldOfUnstorableText(member, field === "" && !Array.isArray(value) ? key : field)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Reads JSON strictly. Throws `UnreadableRequest` (malformed) or `input_invalid` (a duplicate key, more than 16 levels,
 * a text with a lone surrogate or NUL, or nothing but blanks).
 */
export const readJson = (text: string): unknown => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes what was sent.
    throw new UnreadableRequest("malformed_json")
  }
  refuseDuplicatesAndDepth(text)
  const field = fieldOfUnstorableText(value)
  // The name of a field was typed too; a schema that knows it names it, this reader doesn't.
  if (field !== undefined)
    throw new CountersignError("input_invalid", { fields: [{ field: knownShape(field), reason: "not_text" }] })
  return value
}

/** A field's name is only told where it looks like one of ours: a short word of letters. */
const knownShape = (field: string): string => (/^[A-Za-z][A-Za-z0-9]{0,39}$/.test(field) ? field : "")

/** Is there anything but blanks? */
export const isBlank = (text: string): boolean => {
  for (const character of text) if (!whitespace.test(character)) return false
  return true
}
