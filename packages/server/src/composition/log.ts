import { pino } from "pino"
import type { Values } from "../config.ts"

/** Where the server's own words go. Facts are named one by one; nothing that was sent or sealed is ever among them. */
export type Log = {
  /** An unexpected thing worth an operator's eye. */
  readonly report: (message: string, error?: unknown) => void
  readonly info: (message: string, facts?: Readonly<Record<string, string | number | boolean>>) => void
}

/** JSON lines on standard error. */
export const startLog = (level: Values["logLevel"]): Log => {
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
  return {
    report: (message, error) =>
      error === undefined ? log.warn(message) : log.error({ error: described(error) }, message),
    info: (message, facts = {}) => log.info(facts, message),
  }
}

/** A driver's error may carry the statement's values in its own fields, so only these are taken. */
const described = (error: unknown): Record<string, unknown> =>
  error instanceof Error
    ? { name: error.name, message: error.message, ...("code" in error ? { code: error.code } : {}), stack: error.stack }
    : { message: String(error) }

/** Says nothing, for commands that speak for themselves. */
export const silent: Log = { report: () => undefined, info: () => undefined }
