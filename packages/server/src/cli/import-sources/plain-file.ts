/** Files in the plain form: looked through once to their end, so that nothing is taken from one that is broken. */
import { Refused } from "../refusals.ts"
import type { Found, Mistake, Source } from "./source.ts"

/** Longer than any record that makes sense. */
export const longestRecord = 1_000_000
const mistakesTold = 10

/**
 * @param rows reads the file from its beginning; called twice.
 * @throws Refused with the lines of what is not of the form.
 */
export async function openPlainFile(rows: () => AsyncIterable<Found | Mistake>): Promise<Source> {
  const mistakes: Mistake[] = []
  let total = 0
  for await (const row of rows()) {
    if ("says" in row) mistakes.push(row)
    else total++
    if (mistakes.length === mistakesTold) break
  }
  if (mistakes.length > 0)
    throw new Refused(mistakes.map(({ line, says }) => `line ${line}: ${says}`).join("\n       "))
  return {
    total,
    async *users() {
      for await (const row of rows()) {
        if ("says" in row) throw new Refused(`line ${row.line}: the file was changed while it was read`)
        yield row
      }
    },
    close: async () => {},
  }
}
