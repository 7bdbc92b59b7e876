/** The named sets of rules: what each changes in the defaults. An option that is set alone wins over its profile. */
import type { Values } from "../config.ts"

const hour = 3_600
const day = 24 * hour

export const profiles: Readonly<Record<Values["profile"], Partial<Values>>> = {
  default: {},

  // The defaults of ASP.NET Core Identity, where they don't contradict single use and the window of one step.
  "aspnet-identity": {
    confirmEmail: "optional",
    passwordMinLength: 6,
    passwordMinLengthWithFactor: 6,
    passwordRefuseCommon: false,
    passwordRequireDigit: true,
    passwordRequireLowercase: true,
    passwordRequireUppercase: true,
    passwordRequireNonAlphanumeric: true,
    lockoutAttempts: 5,
    lockoutSeconds: 300,
    lockoutGrows: false,
    lockoutShared: true,
    totpMaxDevices: 1,
    rememberedDeviceSeconds: 14 * day,
  },

  // NIST SP 800-63B-4: 2.2.3 (24 h, 1 h), 3.1.1.2 (15 characters), 3.1.2.2 and 4.2.1.1 (codes), 3.1.3.1 (no mailed
  // code), 5.1 (no remembered browser in place of a factor).
  "nist-aal2": {
    passwordMinLength: 15,
    passwordMinLengthWithFactor: 8,
    sessionSeconds: day,
    sessionIdleSeconds: hour,
    factors: ["passkey", "totp"],
    recoveryCodesLength: 16,
    recoveryCodesHash: "argon2id",
    rememberedDevices: false,
    looseDoors: [],
  },

  // OWASP ASVS 5.0.0: 6.5.5 (a code lives 30 s), 6.5.2 (codes hashed slowly), 6.3.6 (no mail as a factor), 7.5.1.
  asvs: {
    totpWindow: 0,
    factors: ["passkey", "totp"],
    recoveryCodesLength: 16,
    recoveryCodesHash: "argon2id",
    rememberedDevices: false,
    looseDoors: [],
  },
}
