/**
 * The database can't answer at the moment: it is locked, full, restarting or out of reach. Whether a commit that
 * rejects with this stands is not known to the caller, so it is never repeated for him.
 * A door answers 503 (`unavailable`); any other rejection of the port is a programmer's mistake.
 */
export class DatabaseUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = "DatabaseUnavailable"
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
