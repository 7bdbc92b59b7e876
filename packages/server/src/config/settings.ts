import type { Settings } from "../engine/settings.ts"
import { isLoopback } from "./compound.ts"
import type { Config } from "./read.ts"

/** What the engine reads, made from the options. */
export const settingsOf = (config: Config): Settings => ({
  issuer: config.issuer,
  publicUrl: config.publicUrl,
  allowedOrigins: [...new Set([...ownOrigins(config), ...config.allowedOrigins])],
  profile: config.profile,
  confirmEmail: config.confirmEmail,
  password: {
    minimumLength: config.passwordMinLength,
    maximumLength: config.passwordMaxLength,
    minimumLengthWithRequiredFactor: config.passwordMinLengthWithFactor,
    refuseCommon: config.passwordRefuseCommon,
    requireDigit: config.passwordRequireDigit,
    requireLowercase: config.passwordRequireLowercase,
    requireUppercase: config.passwordRequireUppercase,
    requireNonAlphanumeric: config.passwordRequireNonAlphanumeric,
    requireUniqueCharacters: config.passwordRequireUniqueCharacters,
  },
  passwordHashing: {
    memoryKiB: config.passwordHashMemory,
    passes: config.passwordHashPasses,
    concurrency: config.passwordHashConcurrency,
  },
  lockout: {
    attempts: config.lockoutAttempts,
    seconds: config.lockoutSeconds,
    grows: config.lockoutGrows,
    sharedWithFactors: config.lockoutShared,
  },
  secondFactor: { rule: config.secondFactor, roles: config.secondFactorRoles, from: config.secondFactorFrom },
  factors: config.secondFactor === "off" ? [] : config.factors,
  totp: {
    algorithm: config.totpAlgorithm,
    digits: config.totpDigits as Settings["totp"]["digits"],
    periodSeconds: config.totpPeriodSeconds,
    window: config.totpWindow as Settings["totp"]["window"],
    maximumDevices: config.totpMaxDevices,
  },
  recoveryCodes: {
    offered: config.recoveryCodes,
    count: config.recoveryCodesCount,
    length: config.recoveryCodesLength,
    hashing: config.recoveryCodesHash,
  },
  mailedCode: { digits: config.mailedCodeDigits, seconds: config.mailedCodeSeconds },
  pendingFactor: { seconds: config.pendingFactorSeconds, maximum: config.pendingFactorMax },
  challenge: { seconds: config.challengeSeconds, attempts: config.challengeAttempts },
  factorWaits: {
    afterFailures: config.factorWaitAttempts,
    seconds: config.factorWaitSeconds,
    maximumSeconds: config.factorWaitMaxSeconds,
    deadAfter: config.factorDeadAfter,
  },
  session: {
    seconds: config.sessionSeconds,
    idleSeconds: config.sessionIdleSeconds,
    // Written too seldom, a session in use would look idle.
    touchSeconds: Math.min(config.sessionTouchSeconds, Math.floor(config.sessionIdleSeconds / 4)),
  },
  stepUpSeconds: config.stepUpSeconds,
  rememberedDevice: { offered: config.rememberedDevices, seconds: config.rememberedDeviceSeconds },
  mfaToken: { singleUseSeconds: config.mfaTokenSeconds, reusableSeconds: config.mfaTokenReusableSeconds },
  links: { resetSeconds: config.linkResetSeconds, confirmationSeconds: config.linkConfirmationSeconds },
  actions: config.actions,
  relyingParty: {
    id: config.relyingPartyId,
    origins: [...new Set([new URL(config.publicUrl).origin, ...config.relyingPartyOrigins])],
  },
  looseDoors: config.looseDoors,
  signUpRoles: config.signUpRoles,
  locale: config.locale,
})

/** In development a person may type 127.0.0.1 as well as localhost; both are this server. */
const ownOrigins = ({ publicUrl, development }: Config): string[] => {
  const url = new URL(publicUrl)
  if (!development) return [url.origin]
  const port = url.port === "" ? "" : `:${url.port}`
  const aliases = ["localhost", "127.0.0.1", "[::1]"].map((host) => `${url.protocol}//${host}${port}`)
  return isLoopback(url.hostname) ? [url.origin, ...aliases.filter((alias) => alias !== url.origin)] : [url.origin]
}
