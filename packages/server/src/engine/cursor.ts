/** Paging: a cursor is the last row's time and id, so that rows that come meanwhile shift nothing. */
import { CountersignError } from "./errors.ts"

const longestPage = 200

/** @throws CountersignError `input_invalid` for what is no number of rows from 1 to 200. */
export function readLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > longestPage)
    throw new CountersignError("input_invalid", { field: "limit" })
  return limit
}

export const writeCursor = (at: number, id: string): string => `${at}.${id}`

/** Where a page begins; without a cursor before everything, or with `fromEnd` behind everything. */
export function readCursor(after: string | undefined, fromEnd = false): { at: number; id: string } {
  if (after === undefined || after === "") return fromEnd ? { at: Number.MAX_SAFE_INTEGER, id: "" } : { at: -1, id: "" }
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(after)
  if (match === null) throw new CountersignError("input_invalid", { field: "after" })
  return { at: Number(match[1]), id: match[2] ?? "" }
}
