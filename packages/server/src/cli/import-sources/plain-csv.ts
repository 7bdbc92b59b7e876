import { pipeline, Readable } from "node:stream"
import { CsvError, parse, type Info } from "csv-parse"
import { Refused } from "../refusals.ts"
import { longestRecord, openPlainFile } from "./plain-file.ts"
import { fieldOf, readPlainUser, type Field } from "./plain-record.ts"
import type { Found, Mistake, Source } from "./source.ts"
import { lineBreaks, textOf } from "./text-file.ts"

/** @throws Refused for a file that is not of the form. */
export const openCsv = (path: string): Promise<Source> => openPlainFile(() => rowsOf(path))

type Line = { readonly record: string[]; readonly info: Info }

async function* rowsOf(path: string): AsyncGenerator<Found | Mistake> {
  const parser = parse({ info: true, skip_empty_lines: true, max_record_size: longestRecord })
  pipeline(Readable.from(withPlainBreaks(textOf(path))), parser, () => {})
  let fields: readonly Field[] | undefined
  try {
    for await (const { record, info } of parser as AsyncIterable<Line>) {
      // The parser tells the line that a record ends on.
      const line = info.lines - record.reduce((sum, text) => sum + lineBreaks(text), 0)
      if (fields === undefined) {
        fields = headOf(record, line)
        continue
      }
      const named = fields
      const read = readPlainUser(new Map(record.map((text, column) => [named[column] ?? "email", text])))
      yield "says" in read ? { line, says: read.says } : { at: `line ${line}`, user: read.user, remarks: [] }
    }
  } catch (error) {
    throw error instanceof CsvError ? refusalOf(error) : error
  }
  if (fields === undefined) throw new Refused("the file is empty")
}

/** The parser takes a line break of two characters inside quotes for two lines. */
async function* withPlainBreaks(text: AsyncIterable<string>): AsyncGenerator<string> {
  let held = ""
  for await (const piece of text) {
    const all = held + piece
    held = all.endsWith("\r") ? "\r" : ""
    yield all.slice(0, all.length - held.length).replaceAll("\r\n", "\n")
  }
  yield held
}

/** The first line names the columns. */
function headOf(record: readonly string[], line: number): Field[] {
  const [only = ""] = record
  if (record.length === 1 && /[;\t]/.test(only)) throw new Refused(`line ${line}: columns have to be parted by commas`)
  const fields = record.map((name) => {
    const field = fieldOf(name)
    if (typeof field === "object") throw new Refused(`line ${line}: ${field.says}`)
    return field
  })
  const twice = fields.find((field, column) => fields.indexOf(field) !== column)
  if (twice) throw new Refused(`line ${line}: ${twice} stands there twice`)
  if (!fields.includes("email") && !fields.includes("external_id"))
    throw new Refused(`line ${line}: the first line has to name the columns, email or external_id among them`)
  return fields
}

const words: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: "it has more or fewer columns than the first line",
  CSV_QUOTE_NOT_CLOSED: "a quoted text that began before has no end",
  INVALID_OPENING_QUOTE: "a quote stands inside a text that is not quoted",
  CSV_INVALID_CLOSING_QUOTE: "something follows a closing quote",
  CSV_MAX_RECORD_SIZE: "a text that began before is too long; a quote may be missing",
}

/** The parser's own words repeat what stands in the file. */
const refusalOf = (error: CsvError): Refused =>
  new Refused(`line ${String(error["lines"])}: ${words[error.code] ?? "that is no CSV"}`)
