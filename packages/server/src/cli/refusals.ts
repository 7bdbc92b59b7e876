import { CommanderError } from "commander"
import { ConfigurationError } from "../config/read.ts"
import { CountersignError } from "../engine/errors.ts"
import type { ErrorCode } from "../engine/errors.ts"
import { say } from "./say.ts"

/** A command that can't be done, in words for the person who typed it. */
export class Refused extends Error {}

const words: Partial<Record<ErrorCode, string>> = {
  address_taken: "another user has that address",
  conflict: "that is taken, or was changed at the same moment: look and try again",
  not_found: "there is nothing of that name",
  kind_not_offered: "this installation does not offer that kind of factor (COUNTERSIGN_FACTORS)",
  factor_limit_reached: "the user has as many factors of that kind as are allowed (COUNTERSIGN_TOTP_MAX_DEVICES)",
  factor_required: "policy demands that one factor stays",
  address_unconfirmed: "the user's address is not confirmed yet",
  already_enrolled: "the user has a factor of that kind already",
  unavailable: "the database does not answer",
}

const reasons: Readonly<Record<string, string>> = {
  too_short: "it is too short",
  too_long: "it is too long",
  common: "it is one of the most common passwords",
  contains_context: "it holds the service's name or the user's address",
}

/** Says why a command failed and gives the exit code: 1 refused, 2 wrongly typed. */
export const explain = (error: unknown): number => {
  // Commander has said its own words already; --help and --version arrive here as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ConfigurationError) {
    for (const { message } of error.warnings) say(`warning: ${message}`)
    for (const { message } of error.mistakes) say(`error: ${message}`)
    return 1
  }
  say(`error: ${sentence(error)}`)
  return 1
}

const sentence = (error: unknown): string => {
  if (error instanceof CountersignError) return refusal(error)
  if (!(error instanceof Error)) return "something failed that should not"
  const { code } = error as NodeJS.ErrnoException
  if (code === "EADDRINUSE") return "the port is taken by another program: set COUNTERSIGN_PORT to a free one"
  if (code === "EACCES" && /listen/.test(error.message))
    return "this user may not listen on that port: set COUNTERSIGN_PORT to one from 1024 on"
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `COUNTERSIGN_HOST is no address of this machine (${code})`
  // A mistake of ours, not of whoever typed: its place helps to mend it.
  const ours = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return ours ? (error.stack ?? error.message) : error.message
}

const refusal = ({ code, details }: CountersignError): string => {
  if (code === "password_rejected") {
    const why = (details.reasons ?? []).map((reason) => reasons[reason] ?? `it ${reason.replaceAll("_", " ")}`)
    const least = details.minimumLength === undefined ? "" : ` (at least ${details.minimumLength} characters)`
    return `the password is refused: ${why.join(", ")}${least}`
  }
  if (code === "input_invalid") {
    const fields = details.fields?.map(({ field, reason }) => `${field} (${reason})`) ?? [details.field ?? "the input"]
    return `not usable: ${fields.join(", ")}`
  }
  return words[code] ?? `refused: ${code}`
}
