import { CountersignError } from "../errors.ts"

/** In code points. */
const longestName = 60

/** A name that a person gives to a factor, without blanks around it. @throws CountersignError `input_invalid` */
export function readFactorName(name: unknown): string {
  const text = typeof name === "string" ? name.normalize("NFC").trim() : ""
  // No control or format characters, and nothing that a database could not keep.
  if (
    text === "" ||
    Array.from(text).length > longestName ||
    !text.isWellFormed() ||
    /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
  )
    throw new CountersignError("input_invalid", { field: "name" })
  return text
}

/** The kind's own name for it, with a number where the user has one of that name already. */
export function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted
  for (let number = 2; taken.includes(name); number++) name = `${wanted} ${number}`
  return name
}
