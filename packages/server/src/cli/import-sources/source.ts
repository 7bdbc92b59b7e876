import type { IncomingUser } from "../../engine/engine.ts"

/** What only the source can tell of a user. */
export type Remark =
  | "user_name_differs"
  | "no_password"
  | "second_factor_without_key"
  | "passkeys_left"
  | "external_sign_in_left"
  | "lockout_unreadable"

/** One user of a source. `at`: where it stands there, for the report. */
export type Found = { readonly at: string; readonly user: IncomingUser; readonly remarks: readonly Remark[] }

/** A source that was looked through once and can be read to its end. */
export type Source = {
  readonly total: number
  /** A few at a time, however many there are. */
  users(): AsyncIterable<Found>
  close(): Promise<void>
}

/** A record that is not of the documented form. `line`: where it begins. */
export type Mistake = { readonly line: number; readonly says: string }

export const nobody: IncomingUser = {
  email: null,
  emailConfirmed: false,
  externalId: null,
  passwordHash: null,
  firstName: null,
  lastName: null,
  locale: null,
  roles: [],
  disabled: false,
  lockedUntil: null,
  failedSignIns: 0,
  authenticators: [],
  recoveryCodes: [],
}
