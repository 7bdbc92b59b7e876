/**
 * Every option of the server, once: what it is called, what it takes, what it is when nothing is said, and one
 * sentence. The environment, the command line's flags, the options of `createCountersign` and
 * `docs/reference/configuration.md` are all made from this list, and nothing else reads the environment.
 */
import { actions, instant, rolesByDoor } from "./config/compound.ts"
import { judgeSigningKey, readRing, writeRing } from "./config/keys.ts"
import type { RingKey } from "./config/keys.ts"
import { choice, flag, form, list, optionalText, readOrigin, readRange, seconds, text, whole } from "./config/option.ts"
import type { Option } from "./config/option.ts"
import { oneOf, judgeHost, judgeMailbox, judgePublicUrl, judgeSmtpUrl, judgeDatabaseUrl } from "./config/judges.ts"

const hour = 3_600
const day = 24 * hour

const listening = {
  port: whole({ default: 3000, from: 0, to: 65_535, says: "The port to listen on; 0 takes any free one." }),
  host: text({ default: "127.0.0.1", check: judgeHost, says: "The address to listen on; `0.0.0.0` for all." }),
  publicUrl: optionalText({
    defaultSays: "`http://localhost:<PORT>`, only where HOST is loopback",
    type: "URL",
    check: judgePublicUrl,
    says: "Where browsers reach the server: every link in a mail is built from it, never from a request.",
  }),
  allowedOrigins: list({
    default: [],
    type: "origins",
    each: readOrigin,
    says: "Exact origins of apps that may call with cookies, be linked to from mails and be returned to.",
  }),
  doors: list({
    default: ["native", "account", "identity", "accounts", "docspace"],
    type: "list of `native`, `account`, `identity`, `accounts`, `docspace`",
    each: oneOf(["native", "account", "identity", "accounts", "docspace"]),
    says: "Which front doors are served: `/v1`, `/account`, `/identity`, `/api/accounts`, `/api/2.0`.",
  }),
  trustedProxies: list({
    default: [],
    type: "addresses",
    each: readRange,
    says: "Proxies whose `X-Forwarded-For` is believed, as addresses, ranges or `loopback`; without any, none is.",
  }),
  tlsCert: optionalText({
    type: "path",
    says: "A certificate chain in PEM, to serve https without a proxy; needs TLS_KEY.",
  }),
  tlsKey: optionalText({ type: "path", says: "The certificate's private key in PEM." }),
  cookieSameSite: choice(["lax", "strict", "none"], {
    default: "lax",
    says: "`SameSite` of the cookies; `none` lets an app on another site use them, and needs https.",
  }),
  logLevel: choice(["silent", "error", "warn", "info", "debug"], {
    default: "info",
    says: "How much is logged, as JSON lines on standard error; never a secret or what was typed.",
  }),
}

const storing = {
  databaseUrl: text({
    default: "sqlite:.countersign/countersign.sqlite",
    type: "URL",
    check: judgeDatabaseUrl,
    secret: true,
    says: "`sqlite:<path>`, `sqlite::memory:` or `postgres://user:password@host/name`.",
  }),
  databaseConnections: whole({ default: 10, from: 1, to: 500, says: "PostgreSQL: connections to keep at most." }),
  keys: form<readonly RingKey[]>(
    "`id:base64`, …",
    {
      default: [],
      defaultSays: "made and kept beside the SQLite file in development; needed everywhere else",
      secret: true,
      says: "The ring that seals what is stored, each 32 random bytes; the first seals, all open.",
    },
    readRing,
    writeRing,
  ),
  sweepSeconds: seconds({ default: 600, from: 1, to: day, says: "How often expired records are cleared away." }),
}

const mailing = {
  smtpUrl: optionalText({
    defaultSays: "the mailbox page in development; needed everywhere else",
    type: "URL",
    check: judgeSmtpUrl,
    secret: true,
    says: "`smtp://user:password@host:587` (STARTTLS, demanded where there is a password; `?tls=required`, `optional` or `off` decides otherwise) or `smtps://…:465`.",
  }),
  mailFrom: optionalText({
    defaultSays: "`no-reply@` and PUBLIC_URL's host",
    type: "address",
    check: judgeMailbox,
    says: "The sender: `no-reply@app.example` or `App <no-reply@app.example>`.",
  }),
  locale: choice(["en", "de"], { default: "en", says: "The language of mails to users who have not chosen one." }),
  issuer: text({
    default: "Countersign",
    check: (name) =>
      /[:\p{Cc}]/u.test(name) || name.length > 100 ? "a name of at most 100 characters, without a colon" : undefined,
    says: "The app's name in authenticator apps, mails and pages; phones cut what is over 30 characters.",
  }),
}

const signingIn = {
  profile: choice(["default", "aspnet-identity", "nist-aal2", "asvs"], {
    default: "default",
    says: "A named set of the rules below; each rule can still be set alone.",
  }),
  confirmEmail: choice(["required", "optional"], {
    default: "required",
    says: "Whether an address has to be confirmed before its owner can sign in.",
  }),
  signUpRoles: rolesByDoor({
    default: { accounts: ["Viewer"] },
    says: "Roles that a fresh sign-up is given, by door.",
  }),
  takenAddress: choice(["told", "silent"], {
    default: "told",
    says: "Signing up with a taken address at `/identity` and `/api/accounts`: refused as clients expect, or answered like a new one.",
  }),
  lockoutAttempts: whole({ default: 5, from: 1, to: 100, says: "Wrong passwords until an account is locked." }),
  lockoutSeconds: seconds({ default: 300, from: 1, to: day, says: "How long the first lock lasts." }),
  lockoutGrows: flag({ default: true, says: "Each further lock lasts twice as long, up to an hour." }),
  lockoutShared: flag({ default: false, says: "Count wrong passwords and wrong codes together." }),
  addressLimits: flag({
    default: true,
    says: "Limit what one address may try; `off` is refused unless HOST is loopback.",
  }),
  addressSignIns: whole({ default: 60, from: 1, to: 100_000, says: "Failed sign-ins from one address in a window." }),
  addressSignInsSeconds: seconds({ default: 300, from: 1, to: day, says: "The window for failed sign-ins." }),
  addressMails: whole({ default: 20, from: 1, to: 100_000, says: "Mails that one address may cause in a window." }),
  addressMailsSeconds: seconds({ default: hour, from: 1, to: day, says: "The window for mails." }),
}

const passwords = {
  passwordMinLength: whole({ default: 8, from: 6, to: 64, says: "The shortest password, in characters." }),
  passwordMinLengthWithFactor: whole({
    default: 8,
    from: 6,
    to: 64,
    says: "The shortest password where a second factor is required of the user (NIST SP 800-63B-4, 3.1.1.2).",
  }),
  passwordMaxLength: whole({ default: 1_024, from: 64, to: 4_096, says: "The longest password, in characters." }),
  passwordRefuseCommon: flag({
    default: true,
    says: "Refuse common passwords and ones with the app's or user's name.",
  }),
  passwordRequireDigit: flag({ default: false, says: "Demand a digit." }),
  passwordRequireLowercase: flag({ default: false, says: "Demand a lower-case letter." }),
  passwordRequireUppercase: flag({ default: false, says: "Demand an upper-case letter." }),
  passwordRequireNonAlphanumeric: flag({
    default: false,
    says: "Demand a character that is neither letter nor digit.",
  }),
  passwordRequireUniqueCharacters: whole({ default: 1, from: 1, to: 64, says: "How many different characters." }),
  passwordHashMemory: whole({ default: 19_456, from: 1_024, to: 1_048_576, unit: "KiB", says: "Memory of argon2id." }),
  passwordHashPasses: whole({ default: 2, from: 1, to: 16, says: "Passes of argon2id." }),
  passwordHashConcurrency: whole({ default: 2, from: 1, to: 64, says: "How many passwords are hashed at once." }),
}

const factors = {
  secondFactor: choice(["off", "optional", "required"], {
    default: "optional",
    says: "Whether a second factor is offered, and whether it is demanded before anybody passes.",
  }),
  secondFactorRoles: list({
    default: [],
    each: (role) => (/^[\w .-]{1,64}$/.test(role) ? { value: role } : { mend: "names of roles, with commas between" }),
    says: "With `required`: only users with one of these roles; none: everybody.",
  }),
  secondFactorFrom: instant({ default: undefined, says: "Until when a demanded second factor can be put off." }),
  factors: list({
    default: ["passkey", "totp", "email-code"],
    type: "list of `passkey`, `totp`, `email-code`",
    each: oneOf(["passkey", "totp", "email-code"]),
    says: "The kinds of second factor that can be added, best first.",
  }),
  emailCodeDefault: flag({ default: false, says: "Sign-ups at `/api/accounts` get the mailed code as second factor." }),
  recoveryCodes: flag({ default: true, says: "Give recovery codes with the first factor." }),
  recoveryCodesCount: whole({ default: 10, from: 5, to: 50, says: "How many recovery codes a set has." }),
  recoveryCodesLength: whole({ default: 10, from: 8, to: 32, says: "Characters of a recovery code." }),
  recoveryCodesHash: choice(["hmac", "argon2id"], {
    default: "hmac",
    says: "How recovery codes are stored; argon2id is what standards demand below 112 bits.",
  }),
  totpMaxDevices: whole({ default: 5, from: 1, to: 50, says: "Authenticator apps that one user may have." }),
  totpWindow: whole({ default: 1, from: 0, to: 2, says: "Time steps before and after now whose codes are accepted." }),
  totpAlgorithm: choice(["SHA-1", "SHA-256", "SHA-512"], {
    default: "SHA-1",
    says: "The hash; most apps read no other and then show wrong codes.",
  }),
  totpDigits: whole({ default: 6, from: 6, to: 8, says: "Digits of a code; many apps make only 6." }),
  totpPeriodSeconds: seconds({ default: 30, from: 15, to: 60, says: "The time step; many apps know only 30." }),
  mailedCodeDigits: whole({ default: 6, from: 6, to: 10, says: "Digits of a mailed code." }),
  mailedCodeSeconds: seconds({ default: 600, from: 1, to: 600, says: "How long a mailed code is good." }),
  pendingFactorSeconds: seconds({ default: 900, from: 1, to: day, says: "How long a factor waits to be confirmed." }),
  pendingFactorMax: whole({ default: 3, from: 1, to: 10, says: "Unconfirmed factors for one user and session." }),
  relyingPartyId: optionalText({
    defaultSays: "PUBLIC_URL's host",
    type: "host",
    says: "The domain that passkeys are bound to; changing it makes all of them useless.",
  }),
  relyingPartyOrigins: list({
    default: [],
    type: "origins",
    each: readOrigin,
    says: "Further origins on which passkeys of this server may be used, beside PUBLIC_URL's.",
  }),
}

const proving = {
  challengeSeconds: seconds({ default: 600, from: 1, to: hour, says: "How long a second step may take." }),
  challengeAttempts: whole({ default: 5, from: 1, to: 20, says: "Wrong answers until a challenge is spent." }),
  factorWaitAttempts: whole({ default: 5, from: 1, to: 20, says: "Wrong codes of a user until a wait begins." }),
  factorWaitSeconds: seconds({ default: 60, from: 1, to: hour, says: "The first wait; each further one doubles." }),
  factorWaitMaxSeconds: seconds({ default: hour, from: 1, to: day, says: "The longest wait." }),
  factorDeadAfter: whole({
    default: 100,
    from: 10,
    to: 100,
    says: "Wrong codes without a right one until a factor is dead (NIST SP 800-63B-4, 3.2.2: at most 100).",
  }),
  stepUpSeconds: seconds({ default: 600, from: 1, to: day, says: "How fresh a proof has to be for a change." }),
  mfaTokenSeconds: seconds({ default: 300, from: 1, to: day, says: "Life of a single-use token." }),
  mfaTokenReusableSeconds: seconds({ default: 600, from: 1, to: day, says: "Life of a token for several uses." }),
  actions: actions({
    default: {},
    says: "The app's own actions, what each demands, and how long a token for it lives.",
  }),
  looseDoors: list({
    default: ["identity", "docspace"],
    type: "list of `identity`, `docspace`",
    each: oneOf(["identity", "docspace"]),
    says: "Doors whose sessions may remove a factor without a fresh proof, as their wire can't ask for one.",
  }),
}

const sessions = {
  sessionSeconds: seconds({ default: 30 * day, from: 1, to: 30 * day, says: "The longest life of a session." }),
  sessionIdleSeconds: seconds({ default: 14 * day, from: 1, to: 30 * day, says: "A session ends unused after this." }),
  sessionTouchSeconds: seconds({ default: 300, from: 1, to: hour, says: "Last use is written at most this often." }),
  rememberedDevices: flag({ default: true, says: "Offer to remember a device, so that it is not asked for a code." }),
  rememberedDeviceSeconds: seconds({ default: 30 * day, from: 1, to: 90 * day, says: "How long it is remembered." }),
  linkResetSeconds: seconds({ default: hour, from: 1, to: day, says: "Life of a link to reset a password." }),
  linkConfirmationSeconds: seconds({
    default: day,
    from: 1,
    to: 7 * day,
    says: "Life of a link to confirm an address.",
  }),
  identityAccessSeconds: seconds({ default: hour, from: 1, to: day, says: "`/identity`: life of an access token." }),
  identityRefreshSeconds: seconds({
    default: 14 * day,
    from: 1,
    to: 30 * day,
    says: "`/identity`: of a refresh token.",
  }),
  identityLiveKey: choice(["shown", "hidden"], {
    default: "shown",
    says: "`/identity`: whether `manage/2fa` goes on showing the key of an app that is on.",
  }),
  identityConfirmLink: choice(["direct", "page"], {
    default: "direct",
    says: "`/identity`: a mailed link confirms at once, or leads to a page of `/account` with a button, which no link scanner presses.",
  }),
  jwtSeconds: seconds({ default: 300, from: 1, to: hour, says: "`/api/accounts`: life of a JWT." }),
  jwtIssuer: optionalText({ defaultSays: "PUBLIC_URL", says: "A JWT's `iss`." }),
  jwtAudience: optionalText({ defaultSays: "PUBLIC_URL", says: "A JWT's `aud`." }),
  jwtKey: optionalText({
    defaultSays: "ES256 with keys at `/.well-known/jwks.json`",
    secret: true,
    check: judgeSigningKey,
    says: "An HS256 key of at least 32 bytes, as text or `base64:…`, for servers that can't read a key set.",
  }),
}

/** The list by headings, in the order of the reference page. */
export const sections = {
  Listening: listening,
  "Storing and sealing": storing,
  Mail: mailing,
  "Signing in": signingIn,
  Passwords: passwords,
  "Second factors": factors,
  "Proofs and limits": proving,
  "Sessions, links and tokens": sessions,
} as const

/** Every option by its name in code; `environmentName` gives the variable's. */
export const options = {
  ...listening,
  ...storing,
  ...mailing,
  ...signingIn,
  ...passwords,
  ...factors,
  ...proving,
  ...sessions,
}

export type OptionName = keyof typeof options
export type Values = { readonly [Name in OptionName]: (typeof options)[Name] extends Option<infer T> ? T : never }

/** `totpMaxDevices` → `COUNTERSIGN_TOTP_MAX_DEVICES`. */
export const environmentName = (name: string): string =>
  `COUNTERSIGN_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** `totpMaxDevices` → `--totp-max-devices`. */
export const flagName = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`
