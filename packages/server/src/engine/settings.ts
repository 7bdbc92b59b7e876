/** What an installation decides, as the engine reads it. `config.ts` makes it from options and environment. */
export type Settings = {
  /** Shown in authenticator apps and mails. */
  issuer: string
  /** No slash at the end. Links are built from it, never from a request. */
  publicUrl: string
  /** Exact origins of apps that may call with cookies and be returned to. `publicUrl`'s own is always among them. */
  allowedOrigins: readonly string[]
  profile: "default" | "aspnet-identity" | "nist-aal2" | "asvs"
  confirmEmail: "required" | "optional"

  password: {
    minimumLength: number
    maximumLength: number
    /** What applies instead where policy demands a second factor of the user (NIST SP 800-63B-4, 3.1.1.2). */
    minimumLengthWithRequiredFactor: number
    /** Refuse common passwords and those that contain the service's or the account's name. */
    refuseCommon: boolean
    /** ASP.NET Core Identity's composition rules; only its profile sets them. */
    requireDigit: boolean
    requireLowercase: boolean
    requireUppercase: boolean
    requireNonAlphanumeric: boolean
    requireUniqueCharacters: number
  }
  /** argon2id's cost, and how many hashes may run at once. */
  passwordHashing: { memoryKiB: number; passes: number; concurrency: number }

  lockout: {
    attempts: number
    seconds: number
    /** Each further lock lasts twice as long, up to an hour. */
    grows: boolean
    /** One count for password and authenticator (ASP.NET Core Identity). */
    sharedWithFactors: boolean
  }
  secondFactor: {
    rule: "off" | "optional" | "required"
    /** With `required`: only users with one of these roles; empty: everybody. */
    roles: readonly string[]
    /** Epoch milliseconds until which a demanded enrolment can be put off. */
    from: number | undefined
  }
  /** Kinds that can be enrolled, best first: `passkey`, `totp`, `email-code`. */
  factors: readonly string[]
  totp: { algorithm: "SHA-1" | "SHA-256" | "SHA-512"; digits: 6 | 7 | 8; periodSeconds: number; window: 0 | 1 | 2; maximumDevices: number }
  recoveryCodes: { offered: boolean; count: number; length: number; hashing: "hmac" | "argon2id" }
  mailedCode: { digits: number; seconds: number }
  pendingFactor: { seconds: number; maximum: number }
  challenge: { seconds: number; attempts: number }
  factorWaits: { afterFailures: number; seconds: number; maximumSeconds: number; deadAfter: number }
  session: { seconds: number; idleSeconds: number; touchSeconds: number }
  stepUpSeconds: number
  rememberedDevice: { offered: boolean; seconds: number }
  mfaToken: { singleUseSeconds: number; reusableSeconds: number }
  links: { resetSeconds: number; confirmationSeconds: number }
  /** The app's own actions: what each demands and how long a token for it lives. */
  actions: Readonly<Record<string, { level: "first_factor" | "second_factor" | "multi_factor"; seconds: number; singleUse: boolean }>>
  relyingParty: { id: string; origins: readonly string[] }
  /** Where a factor may be removed or codes made without a fresh proof, because the door's wire can't ask for one. */
  looseDoors: readonly string[]
  /** The role that a fresh sign-up is given, by door. */
  signUpRoles: Readonly<Record<string, readonly string[]>>
  /** Language of mails where the user has none: `en`, `de`. */
  locale: string
}
