import type { Statement, Write } from "./database.ts"

/**
 * Refuses what a driver would bend or choke on, alike for both databases. Neither keeps a number beyond 2^53 or a
 * fraction in a `bigint` column, PostgreSQL refuses U+0000 in text, and both replace half a surrogate pair, so that
 * what is read back is not what was written.
 *
 * @throws TypeError naming the place, never the value.
 */
export function checkStatement(statement: Statement, what = "statement"): void {
  if (typeof statement !== "object" || statement === null) throw new TypeError(`${what} is not tagged SQL`)
  const { template, values } = statement
  if (!Array.isArray(template) || !Array.isArray(values)) throw new TypeError(`${what} is not tagged SQL`)
  if (template.length !== values.length + 1)
    throw new TypeError(`${what} has ${values.length} values for ${template.length - 1} places`)
  for (let place = 0; place < values.length; place++) {
    const value: unknown = values[place]
    if (value === null) continue
    if (typeof value === "string") {
      if (value.includes("\0")) throw new TypeError(`${what}: value ${place} has a NUL character`)
      if (!value.isWellFormed()) throw new TypeError(`${what}: value ${place} is not well-formed Unicode`)
    } else if (typeof value === "number") {
      if (!Number.isSafeInteger(value)) throw new TypeError(`${what}: value ${place} is not a safe integer`)
    } else {
      throw new TypeError(`${what}: value ${place} is neither text, an integer nor null`)
    }
  }
}

/** @throws TypeError for a write that no database could be asked to do. */
export function checkWrites(writes: readonly Write[]): void {
  if (!Array.isArray(writes)) throw new TypeError("writes is not a list")
  for (const [index, write] of (writes as readonly Write[]).entries()) {
    if (typeof write !== "object" || write === null) throw new TypeError(`write ${index} is not a write`)
    checkStatement(write.statement, `write ${index}`)
    if (write.rows !== undefined && !(Number.isSafeInteger(write.rows) && write.rows >= 0))
      throw new TypeError(`write ${index}: rows is not a count`)
  }
}
