import { Refused } from "../refusals.ts"

/** One object with the line that it begins on. */
export type JsonValue = { readonly line: number; readonly value: Readonly<Record<string, unknown>> }

const blank = /\s/

/**
 * The objects of a JSON text one by one: those of a list, or those that follow one another (one a line, or as they come).
 * Never more than one is held, and none of more than `longest` characters.
 * @throws Refused for what is neither, with the line.
 */
export async function* jsonValues(text: AsyncIterable<string>, longest: number): AsyncGenerator<JsonValue> {
  let line = 1
  let shape: "unknown" | "list" | "stream" = "unknown"
  // What may come between two objects: in a list an object, a comma or the end of the list.
  let expects: "object" | "comma" | "nothing" = "object"
  let found = 0
  let held = ""
  let began = 0
  let depth = 0
  let inText = false
  let escaped = false

  for await (const piece of text) {
    let from = 0
    for (let at = 0; at < piece.length; at++) {
      const sign = piece.charAt(at)
      if (sign === "\n") line++
      if (depth > 0) {
        if (inText) {
          if (escaped) escaped = false
          else if (sign === "\\") escaped = true
          else if (sign === '"') inText = false
        } else if (sign === '"') inText = true
        else if (sign === "{" || sign === "[") depth++
        else if (sign === "}" || sign === "]") {
          depth--
          if (depth > 0) continue
          yield { line: began, value: parse(held + piece.slice(from, at + 1), began) }
          held = ""
          found++
          expects = shape === "list" ? "comma" : "object"
        }
        continue
      }
      if (blank.test(sign)) continue
      if (sign === "{" && expects === "object") {
        if (shape === "unknown") shape = "stream"
        ;[depth, began, from] = [1, line, at]
      } else if (sign === "[" && shape === "unknown") shape = "list"
      else if (sign === "," && expects === "comma") expects = "object"
      else if (sign === "]" && shape === "list" && (expects === "comma" || found === 0)) {
        expects = "nothing"
        found = Math.max(found, 1)
      } else
        throw new Refused(`line ${line}: ${shape === "unknown" ? "that is no JSON" : "an object was expected here"}`)
    }
    if (depth > 0) held += piece.slice(from)
    if (held.length > longest) throw new Refused(`line ${began}: this object has more than ${longest} characters`)
  }
  if (depth > 0) throw new Refused(`line ${began}: the object that begins here has no end`)
  if (shape === "unknown") throw new Refused("the file is empty")
  if (shape === "list" && expects !== "nothing") throw new Refused(`line ${line}: the list has no end`)
}

function parse(text: string, line: number): JsonValue["value"] {
  try {
    return JSON.parse(text) as JsonValue["value"]
  } catch {
    throw new Refused(`line ${line}: the object that begins here is no JSON`)
  }
}
