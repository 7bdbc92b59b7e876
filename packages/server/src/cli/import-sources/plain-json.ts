import { jsonValues } from "./json-values.ts"
import { longestRecord, openPlainFile } from "./plain-file.ts"
import { fieldOf, readPlainUser, type Field } from "./plain-record.ts"
import type { Found, Mistake, Source } from "./source.ts"
import { textOf } from "./text-file.ts"

/** A list of objects, or one object after the other. @throws Refused for a file that is not of the form. */
export const openJson = (path: string): Promise<Source> => openPlainFile(() => rowsOf(path))

async function* rowsOf(path: string): AsyncGenerator<Found | Mistake> {
  for await (const { line, value } of jsonValues(textOf(path), longestRecord)) {
    const given = new Map<Field, unknown>()
    const wrong: string[] = []
    for (const [name, content] of Object.entries(value)) {
      const field = fieldOf(name)
      if (typeof field === "object") wrong.push(field.says)
      else if (given.has(field)) wrong.push(`${field} stands there twice`)
      else given.set(field, content)
    }
    const read = readPlainUser(given)
    if ("says" in read) wrong.push(read.says)
    if (wrong.length > 0 || "says" in read) yield { line, says: wrong.join("; ") }
    else yield { at: `line ${line}`, user: read.user, remarks: [] }
  }
}
