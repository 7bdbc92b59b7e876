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
  totp: {
    algorithm: "SHA-1" | "SHA-256" | "SHA-512"
    digits: 6 | 7 | 8
    periodSeconds: number
    window: 0 | 1 | 2
    maximumDevices: number
  }
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
  actions: Readonly<
    Record<string, { level: "first_factor" | "second_factor" | "multi_factor"; seconds: number; singleUse: boolean }>
  >
  relyingParty: { id: string; origins: readonly string[] }
  /** Where a factor may be removed or codes made without a fresh proof, because the door's wire can't ask for one. */
  looseDoors: readonly string[]
  /** The role that a fresh sign-up is given, by door. */
  signUpRoles: Readonly<Record<string, readonly string[]>>
  /** Language of mails where the user has none: `en`, `de`. */
  locale: string
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** The figures that hold where nobody decides otherwise; lives and waits in seconds. */
export const defaultSettings: Settings = {
  issuer: "Countersign",
  publicUrl: "http://localhost:3000",
  allowedOrigins: [],
  profile: "default",
  confirmEmail: "required",
  password: {
    minimumLength: 8,
    maximumLength: 1024,
    minimumLengthWithRequiredFactor: 8,
    refuseCommon: true,
    requireDigit: false,
    requireLowercase: false,
    requireUppercase: false,
    requireNonAlphanumeric: false,
    requireUniqueCharacters: 1,
  },
  passwordHashing: { memoryKiB: 19 * 1024, passes: 2, concurrency: 2 },
  lockout: { attempts: 5, seconds: 5 * minute, grows: true, sharedWithFactors: false },
  secondFactor: { rule: "optional", roles: [], from: undefined },
  factors: ["passkey", "totp", "email-code"],
  totp: { algorithm: "SHA-1", digits: 6, periodSeconds: 30, window: 1, maximumDevices: 5 },
  recoveryCodes: { offered: true, count: 10, length: 10, hashing: "hmac" },
  mailedCode: { digits: 6, seconds: 10 * minute },
  pendingFactor: { seconds: 15 * minute, maximum: 3 },
  challenge: { seconds: 10 * minute, attempts: 5 },
  factorWaits: { afterFailures: 5, seconds: minute, maximumSeconds: hour, deadAfter: 100 },
  session: { seconds: 30 * day, idleSeconds: 14 * day, touchSeconds: 5 * minute },
  stepUpSeconds: 10 * minute,
  rememberedDevice: { offered: true, seconds: 30 * day },
  mfaToken: { singleUseSeconds: 5 * minute, reusableSeconds: 10 * minute },
  links: { resetSeconds: hour, confirmationSeconds: day },
  actions: {},
  relyingParty: { id: "localhost", origins: ["http://localhost:3000"] },
  looseDoors: ["identity", "docspace"],
  signUpRoles: {},
  locale: "en",
}
