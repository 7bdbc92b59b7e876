/**
 * What `/v1` says, as JSON: the shapes of its OpenAPI document, written by hand so that they read well.
 * Times are ISO 8601 strings.
 */

/** What has to be proved again. `multi_factor` is both. */
export type Level = "first_factor" | "second_factor" | "multi_factor"

/** Names of authenticator kinds. A newer server may know more. */
export type Kind = "password" | "totp" | "recovery-code" | "email-code" | "passkey"

export type RecoveryCodesStatus = {
  readonly left: number
  readonly total: number
  readonly createdAt: string | null
  /** The person said that they saved them; before that the session that made them can read them again. */
  readonly acknowledged: boolean
}

export type User = {
  readonly id: string
  readonly email: string | null
  readonly emailConfirmed: boolean
  /** The app's own id, where the app keeps its own users. */
  readonly externalId: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly roles: readonly string[]
  readonly locale: string | null
  readonly hasPassword: boolean
  /** Grows with every change of this user. The store keeps the object's identity while it stands still. */
  readonly revision: number
  readonly createdAt: string
  readonly secondFactorEnabled: boolean
  readonly defaultFactorId: string | null
  /** Kinds of the confirmed factors that are on, such as `["totp"]`. */
  readonly factorKinds: readonly string[]
  /** Null: there is no set of recovery codes. */
  readonly recoveryCodes: RecoveryCodesStatus | null
}

export type Session = {
  readonly id: string
  readonly aal: "aal1" | "aal2"
  /** RFC 8176. */
  readonly amr: readonly string[]
  readonly acr: string
  readonly authTime: string
  readonly firstFactorAt: string | null
  readonly secondFactorAt: string | null
  /** Whole minutes since the first and the second factor were proved; -1: never in this session. */
  readonly factorAges: readonly [number, number]
  readonly createdAt: string
  readonly expiresAt: string
  readonly lastUsedAt: string
  /** The second factor was not asked for, because this device was remembered. */
  readonly deviceRemembered: boolean
  readonly agent: string | null
  readonly address: string | null
  readonly current?: boolean
}

/** What a live session still owes. */
export type Task = "enrol_second_factor"

export type Factor = {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly state: "pending" | "on" | "off"
  readonly createdAt: string
  readonly confirmedAt: string | null
  readonly lastUsedAt: string | null
  /** For example the masked address that a mailed code goes to. */
  readonly hint?: string
}

export type ChallengeKind = { readonly kind: string; readonly factors: readonly Factor[]; readonly sentAt?: string }

/** Something that has to be answered: to sign in, to enrol where policy demands it, or to step up. */
export type Challenge = {
  readonly id: string
  readonly purpose: "sign_in" | "enrol" | "step_up"
  /** Whom it is about: no more than what was typed to get here. */
  readonly user: { readonly id: string; readonly email: string | null }
  /** What can settle it, best first; for `enrol` what may be enrolled. */
  readonly kinds: readonly ChallengeKind[]
  readonly level: Level | null
  readonly attemptsLeft: number
  readonly expiresAt: string
  readonly returnTo: string | null
  /** `enrol` only: until when it can be put off; null: not at all. */
  readonly postponableUntil: string | null
}

export type SignIn = {
  readonly status: "complete" | "second_factor" | "enrolment"
  readonly session?: Session
  readonly user?: User
  readonly challenge?: Challenge
  /** Only for bearer clients. The client keeps it; nobody else has to. */
  readonly token?: string
  readonly deviceToken?: string
  /** After a recovery code was used. */
  readonly recoveryCodesLeft?: number
}

export type SessionAnswer = {
  readonly session: Session | null
  readonly user: User | null
  readonly tasks: readonly Task[]
  readonly challenge?: Challenge | null
}

/** What a person needs to see to enrol. */
export type Shown = {
  /** Base32, for typing into an app by hand. */
  readonly secret?: string
  /** `otpauth://…`, for a QR code or a link on the same device. */
  readonly uri?: string
  readonly [more: string]: unknown
}

export type Begun = {
  readonly factor: Factor
  readonly show: Shown
  readonly expiresAt: string | null
}

export type Confirmed = {
  readonly factor: Factor
  /** The first factor brings recovery codes with it. */
  readonly recoveryCodes?: readonly string[]
  /** Where the enrolment was demanded and is now settled. */
  readonly signIn?: SignIn
}

export type Started = { readonly show?: Shown; readonly hint?: string; readonly resendAfter?: number }

export type MfaToken = {
  readonly token: string
  readonly expiresAt: string
  readonly singleUse: boolean
  readonly action: string | null
}

export type Policy = {
  readonly secondFactor: "off" | "optional" | "required"
  /** Kinds on offer, best first. */
  readonly factors: readonly string[]
  readonly recoveryCodes: boolean
  readonly rememberedDevices: boolean
  readonly stepUpSeconds: number
  readonly maximumDevices: number
  readonly minimumPasswordLength: number
  /** The app's own actions that need a proof. */
  readonly actions: Readonly<Record<string, { level: Level; seconds: number; singleUse: boolean }>>
  readonly enrolmentOwed: boolean
  readonly postponableUntil: string | null
}

export type RememberedDevice = {
  readonly id: string
  readonly agent: string | null
  readonly address: string | null
  readonly createdAt: string
  readonly lastUsedAt: string
  readonly expiresAt: string
  readonly current: boolean
}

export type Activity = {
  readonly id: string
  readonly at: string
  readonly userId: string | null
  readonly event: string
  readonly outcome: string
  readonly door: string | null
  readonly address: string | null
  readonly agent: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export type ApiKey = {
  readonly id: string
  readonly name: string
  /** The last characters, to tell keys apart. */
  readonly postfix: string
  readonly userId: string | null
  readonly service: string | null
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

/** A user as a service key sees one: what it may know of factors hangs on another scope. */
export type UserRecord = Omit<User, "secondFactorEnabled" | "factorKinds" | "recoveryCodes"> & {
  readonly disabled: boolean
}

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null }
