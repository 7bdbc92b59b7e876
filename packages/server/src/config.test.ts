import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { environmentName, flagName, options } from "./config.ts"
import { ConfigurationError, environmentOf, readConfig } from "./config/read.ts"
import type { Environment, Finding } from "./config/read.ts"
import { settingsOf } from "./config/settings.ts"
import { defaultSettings } from "./engine/settings.ts"

const key = (fill: number) =>
  Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37 + index ** 2 * 11 + fill) & 255))
const ring = `k1:${key(3).toString("base64")}`

/** What a public installation needs at least. */
const production = {
  COUNTERSIGN_HOST: "0.0.0.0",
  COUNTERSIGN_PUBLIC_URL: "https://auth.example.com",
  COUNTERSIGN_KEYS: ring,
  COUNTERSIGN_SMTP_URL: "smtp://mail.example.com:587",
}

const mistakesOf = (environment: Environment): readonly Finding[] => {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes
    throw error
  }
  return []
}
const wrong = (environment: Environment): string[] => mistakesOf(environment).map(({ option }) => option)

test("with nothing set the server is in development on loopback", () => {
  const config = readConfig({})
  expect(config).toMatchObject({
    development: true,
    host: "127.0.0.1",
    port: 3000,
    publicUrl: "http://localhost:3000",
    databaseUrl: "sqlite:.countersign/countersign.sqlite",
    warnings: [],
  })
})

test("the figures of the default profile are the ones that the documentation promises", () => {
  expect(settingsOf(readConfig({}))).toMatchObject({
    password: { minimumLength: 8, maximumLength: 1024, refuseCommon: true, requireDigit: false },
    passwordHashing: { memoryKiB: 19_456, passes: 2 },
    lockout: { attempts: 5, seconds: 300, grows: true, sharedWithFactors: false },
    secondFactor: { rule: "optional", roles: [], from: undefined },
    totp: { algorithm: "SHA-1", digits: 6, periodSeconds: 30, window: 1, maximumDevices: 5 },
    recoveryCodes: { offered: true, count: 10, length: 10, hashing: "hmac" },
    mailedCode: { digits: 6, seconds: 600 },
    pendingFactor: { seconds: 900, maximum: 3 },
    challenge: { attempts: 5 },
    factorWaits: { afterFailures: 5, seconds: 60, maximumSeconds: 3600, deadAfter: 100 },
    session: { seconds: 30 * 86_400, idleSeconds: 14 * 86_400, touchSeconds: 300 },
    stepUpSeconds: 600,
    rememberedDevice: { offered: true, seconds: 30 * 86_400 },
    mfaToken: { singleUseSeconds: 300, reusableSeconds: 600 },
    links: { resetSeconds: 3600, confirmationSeconds: 86_400 },
  })
})

describe("outside development", () => {
  test("a complete configuration is taken without a word", () => {
    expect(readConfig(production)).toMatchObject({ development: false, warnings: [] })
  })

  test("every mistake is told at once, each with the way to mend it", () => {
    const mistakes = mistakesOf({ COUNTERSIGN_HOST: "0.0.0.0", COUNTERSIGN_PORT: "lots", COUNTERSIGN_TOTP_WINDOW: "3" })
    expect(mistakes.map(({ option }) => option)).toEqual([
      "COUNTERSIGN_PORT",
      "COUNTERSIGN_TOTP_WINDOW",
      "COUNTERSIGN_PUBLIC_URL",
      "COUNTERSIGN_KEYS",
      "COUNTERSIGN_SMTP_URL",
    ])
    expect(mistakes.map(({ message }) => message).join("\n")).toMatch(
      /"lots": it has to be a whole number from 0 to 65535[^]*from 0 to 2[^]*openssl rand -base64 32[^]*smtp:\/\//,
    )
  })

  test("a command that sends no mail runs without SMTP_URL", () => {
    const { COUNTERSIGN_SMTP_URL: _, ...rest } = production
    expect(readConfig(rest, "command")).toMatchObject({ development: false })
    expect(wrong(rest)).toEqual(["COUNTERSIGN_SMTP_URL"])
  })

  test("a loopback HOST with a public URL is not development, and a public HOST with a loopback URL is not either", () => {
    expect(wrong({ COUNTERSIGN_PUBLIC_URL: "https://auth.example.com" })).toContain("COUNTERSIGN_KEYS")
    expect(wrong({ COUNTERSIGN_HOST: "0.0.0.0", COUNTERSIGN_PUBLIC_URL: "http://localhost:3000" })).toContain(
      "COUNTERSIGN_KEYS",
    )
  })

  test.each(["127.0.0.1.example.com", "localhost.example.com", "0.0.0.0", "127.1.example", "::", "10.0.0.1"])(
    "the host %s is no loopback",
    (host) => expect(wrong({ COUNTERSIGN_HOST: host })).toContain("COUNTERSIGN_KEYS"),
  )

  test.each(["localhost", "127.0.0.1", "127.8.9.10", "::1", "app.localhost"])("the host %s is loopback", (host) =>
    expect(readConfig({ COUNTERSIGN_HOST: host }).development).toBe(true),
  )

  test("a public URL without TLS is refused", () => {
    expect(wrong({ ...production, COUNTERSIGN_PUBLIC_URL: "http://auth.example.com" })).toEqual([
      "COUNTERSIGN_PUBLIC_URL",
    ])
  })
})

describe("keys", () => {
  const samples = {
    "all zero": Buffer.alloc(32),
    "one byte again and again": Buffer.alloc(32, 0x61),
    "counting up": Buffer.from(Array.from({ length: 32 }, (_, index) => index)),
    "words of an example": Buffer.from("change-me-change-me-change-me-ok"),
  }
  test.each(Object.entries(samples))("a sample key (%s) is refused also in development", (_, bytes) => {
    expect(wrong({ COUNTERSIGN_KEYS: `k1:${bytes.toString("base64")}` })).toEqual(["COUNTERSIGN_KEYS"])
  })

  test("typed text is no key outside development", () => {
    const typed = `k1:${Buffer.from("Tr0ub4dor&3-correct-horse-batter").toString("base64")}`
    expect(wrong({ ...production, COUNTERSIGN_KEYS: typed })).toEqual(["COUNTERSIGN_KEYS"])
  })

  test.each([
    "k1",
    "k1:",
    ":AAAA",
    `k1:${key(1).subarray(1).toString("base64")}`,
    `a b:${key(1).toString("base64")}`,
    `${ring},${ring}`,
  ])("a malformed ring (%#) is refused and not repeated", (text) => {
    const [mistake] = mistakesOf({ ...production, COUNTERSIGN_KEYS: text })
    expect(mistake?.option).toBe("COUNTERSIGN_KEYS")
    expect(mistake?.message).not.toContain(key(1).toString("base64"))
    expect(mistake?.message).not.toContain(key(3).toString("base64"))
  })

  test("the first key of the ring is the first one written", () => {
    const config = readConfig({ COUNTERSIGN_KEYS: `new:${key(9).toString("base64")}, ${ring}` })
    expect(config.keys.map(({ id }) => id)).toEqual(["new", "k1"])
    expect(Buffer.from(config.keys[0]!.key)).toEqual(key(9))
  })

  test("a signing key of less than 32 bytes, or a known sample, is refused", () => {
    for (const weak of ["CodeMazeSecretKey", "a-string-secret-at-least-256-bits-long", "x".repeat(64)])
      expect(wrong({ COUNTERSIGN_JWT_KEY: weak })).toEqual(["COUNTERSIGN_JWT_KEY"])
    expect(readConfig({ COUNTERSIGN_JWT_KEY: key(5).toString("base64") }).jwtKey).toBe(key(5).toString("base64"))
  })

  test("mailed links of Identity's door lead to a page only where that page is served", () => {
    const asked = { COUNTERSIGN_IDENTITY_CONFIRM_LINK: "page" }
    expect(readConfig(asked).identityConfirmLink).toBe("page")
    expect(wrong({ ...asked, COUNTERSIGN_DOORS: "identity" })).toEqual(["COUNTERSIGN_IDENTITY_CONFIRM_LINK"])
  })

  test("a secret that can't be read is not repeated in the refusal", () => {
    const [mistake] = mistakesOf({ COUNTERSIGN_SMTP_URL: "http://user:hunter2hunter2@mail.example" })
    expect(mistake?.message).not.toContain("hunter2")
  })
})

describe("limits and origins", () => {
  test("address limits can be off on loopback only", () => {
    expect(readConfig({ COUNTERSIGN_ADDRESS_LIMITS: "off" }).addressLimits).toBe(false)
    expect(wrong({ ...production, COUNTERSIGN_ADDRESS_LIMITS: "off" })).toEqual(["COUNTERSIGN_ADDRESS_LIMITS"])
  })

  test.each([
    "*",
    "https://*.example.com",
    "https://app.example/path",
    "app.example",
    "javascript:alert(1)",
    "null",
    "https://u:p@app.example",
  ])("%s is no origin", (origin) =>
    expect(wrong({ COUNTERSIGN_ALLOWED_ORIGINS: origin })).toEqual(["COUNTERSIGN_ALLOWED_ORIGINS"]),
  )

  test("origins are kept in the form that a browser sends, with the server's own among them", () => {
    const config = readConfig({
      ...production,
      COUNTERSIGN_ALLOWED_ORIGINS: "https://App.Example:443/, http://localhost:4200",
    })
    expect(settingsOf(config).allowedOrigins).toEqual([
      "https://auth.example.com",
      "https://app.example",
      "http://localhost:4200",
    ])
  })

  test("in development the server is itself under all names of loopback, elsewhere under one", () => {
    expect(settingsOf(readConfig({})).allowedOrigins).toEqual([
      "http://localhost:3000",
      "http://127.0.0.1:3000",
      "http://[::1]:3000",
    ])
    expect(settingsOf(readConfig(production)).allowedOrigins).toEqual(["https://auth.example.com"])
  })

  test.each(["10.0.0.0/33", "10.0.0/8", "proxy.internal", "::1/129", "10.0.0.0/8/8"])(
    "%s is no proxy's range",
    (range) => expect(wrong({ COUNTERSIGN_TRUSTED_PROXIES: range })).toEqual(["COUNTERSIGN_TRUSTED_PROXIES"]),
  )

  test("a range that holds every address is refused", () => {
    expect(wrong({ COUNTERSIGN_TRUSTED_PROXIES: "0.0.0.0/0" })).toEqual(["COUNTERSIGN_TRUSTED_PROXIES"])
  })

  test("cookies for other sites need https", () => {
    expect(wrong({ COUNTERSIGN_COOKIE_SAME_SITE: "none" })).toEqual(["COUNTERSIGN_COOKIE_SAME_SITE"])
    expect(readConfig({ ...production, COUNTERSIGN_COOKIE_SAME_SITE: "none" }).cookieSameSite).toBe("none")
  })

  test("a certificate without its key is refused, and with both the URL is https", () => {
    expect(wrong({ COUNTERSIGN_TLS_CERT: "cert.pem" })).toEqual(["COUNTERSIGN_TLS_KEY"])
    expect(
      readConfig({ COUNTERSIGN_TLS_CERT: "c.pem", COUNTERSIGN_TLS_KEY: "k.pem", COUNTERSIGN_PORT: "5001" }).publicUrl,
    ).toBe("https://localhost:5001")
  })
})

describe("profiles", () => {
  test("nist-aal2 has the figures of SP 800-63B-4", () => {
    expect(settingsOf(readConfig({ COUNTERSIGN_PROFILE: "nist-aal2" }))).toMatchObject({
      password: { minimumLength: 15, minimumLengthWithRequiredFactor: 8 },
      session: { seconds: 86_400, idleSeconds: 3600 },
      factors: ["passkey", "totp"],
      recoveryCodes: { length: 16, hashing: "argon2id" },
      rememberedDevice: { offered: false },
      looseDoors: [],
    })
  })

  test("asvs accepts a code in its own step only", () => {
    expect(settingsOf(readConfig({ COUNTERSIGN_PROFILE: "asvs" })).totp.window).toBe(0)
  })

  test("aspnet-identity has that system's password rules and one count of failures", () => {
    expect(settingsOf(readConfig({ COUNTERSIGN_PROFILE: "aspnet-identity" }))).toMatchObject({
      password: { minimumLength: 6, requireDigit: true, requireNonAlphanumeric: true, refuseCommon: false },
      lockout: { attempts: 5, seconds: 300, grows: false, sharedWithFactors: true },
      confirmEmail: "optional",
    })
  })

  test("an option that is set alone wins over its profile", () => {
    const config = readConfig({ COUNTERSIGN_PROFILE: "nist-aal2", COUNTERSIGN_PASSWORD_MIN_LENGTH: "20" })
    expect(config).toMatchObject({ passwordMinLength: 20, sessionIdleSeconds: 3600 })
  })
})

describe("single forms", () => {
  test("actions have a level, a life and say whether a token is used once", () => {
    const config = readConfig({ COUNTERSIGN_ACTIONS: "transfer, export:multi_factor:60:reusable" })
    expect(config.actions).toEqual({
      transfer: { level: "second_factor", seconds: 300, singleUse: true },
      export: { level: "multi_factor", seconds: 60, singleUse: false },
    })
  })

  test.each([
    "a:third_factor",
    "a:second_factor:0",
    "a:second_factor:99999999",
    "a b",
    ":second_factor",
    "a:second_factor:5:twice",
  ])("the action %s is refused", (text) =>
    expect(wrong({ COUNTERSIGN_ACTIONS: text })).toEqual(["COUNTERSIGN_ACTIONS"]),
  )

  test("a date is a day or an instant, and has to exist", () => {
    const from = (text: string) =>
      readConfig({ COUNTERSIGN_SECOND_FACTOR: "required", COUNTERSIGN_SECOND_FACTOR_FROM: text })
    expect(from("2027-01-31").secondFactorFrom).toBe(Date.UTC(2027, 0, 31))
    expect(from("2027-01-31T09:30+02:00").secondFactorFrom).toBe(Date.UTC(2027, 0, 31, 7, 30))
    for (const text of ["2027-02-30", "tomorrow", "31.01.2027", "2027"])
      expect(wrong({ COUNTERSIGN_SECOND_FACTOR_FROM: text })).toEqual(["COUNTERSIGN_SECOND_FACTOR_FROM"])
  })

  test("a sender with a line break is refused", () => {
    expect(wrong({ COUNTERSIGN_MAIL_FROM: "App\nBcc: x@y.example <a@b.example>" })).toEqual(["COUNTERSIGN_MAIL_FROM"])
    expect(readConfig({ COUNTERSIGN_MAIL_FROM: "App <no-reply@app.example>" }).mailFrom).toBe(
      "App <no-reply@app.example>",
    )
  })

  test("an empty variable counts as not set", () => {
    expect(readConfig({ COUNTERSIGN_PORT: "", COUNTERSIGN_SMTP_URL: "  " })).toMatchObject({
      port: 3000,
      smtpUrl: undefined,
    })
  })

  test("a list can be emptied with none", () => {
    expect(readConfig({ COUNTERSIGN_LOOSE_DOORS: "none" }).looseDoors).toEqual([])
  })

  test("no second factor means that no kind is offered", () => {
    expect(settingsOf(readConfig({ COUNTERSIGN_SECOND_FACTOR: "off" })).factors).toEqual([])
  })
})

describe("warnings", () => {
  const warningsOf = (environment: Environment) => readConfig(environment).warnings.map(({ message }) => message)

  test("a name that is close to an option's is asked about", () => {
    expect(warningsOf({ COUNTERSIGN_PROT: "1", COUNTERSIGN_TOTP_MAX_DEVICE: "2" })).toEqual([
      expect.stringContaining("is COUNTERSIGN_PORT meant?"),
      expect.stringContaining("is COUNTERSIGN_TOTP_MAX_DEVICES meant?"),
    ])
  })

  test("a name like no option's is ignored without a guess", () => {
    expect(warningsOf({ COUNTERSIGN_COFFEE_MACHINE: "on", PORT: "80" })).toEqual([expect.not.stringContaining("meant")])
  })

  test("a bare address, on which no browser has passkeys, where they are offered", () => {
    const at = { COUNTERSIGN_PUBLIC_URL: "http://127.0.0.1:3000" }
    expect(warningsOf(at)).toEqual([expect.stringContaining("none are offered")])
    expect(warningsOf({ ...at, COUNTERSIGN_FACTORS: "totp" })).toEqual([])
    expect(warningsOf({ COUNTERSIGN_PUBLIC_URL: "http://localhost:3000" })).toEqual([])
  })

  test("an issuer that phones would cut, and parameters that apps ignore, are warned about", () => {
    expect(warningsOf({ COUNTERSIGN_ISSUER: "x".repeat(31) })).toHaveLength(1)
    expect(warningsOf({ COUNTERSIGN_ISSUER: "x".repeat(30) })).toHaveLength(0)
    expect(warningsOf({ COUNTERSIGN_TOTP_ALGORITHM: "SHA-256", COUNTERSIGN_TOTP_DIGITS: "8" })).toHaveLength(2)
  })
})

describe("the list of options", () => {
  test("every default can be written as text and reads as itself", () => {
    for (const [name, option] of Object.entries(options)) {
      if (option.default === undefined || (Array.isArray(option.default) && option.default.length === 0)) continue
      const written = (option.write as (value: unknown) => string)(option.default)
      expect([name, option.read(written || "none")]).toEqual([name, { value: option.default }])
    }
  })

  test("options in code say the same as the environment", () => {
    const inCode = environmentOf({
      port: 8080,
      allowedOrigins: ["https://app.example"],
      recoveryCodes: false,
      actions: { pay: { level: "second_factor", seconds: 30, singleUse: true } },
      looseDoors: [],
    })
    expect(inCode).toEqual({
      COUNTERSIGN_PORT: "8080",
      COUNTERSIGN_ALLOWED_ORIGINS: "https://app.example",
      COUNTERSIGN_RECOVERY_CODES: "off",
      COUNTERSIGN_ACTIONS: "pay:second_factor:30",
      COUNTERSIGN_LOOSE_DOORS: "none",
    })
    expect(() => environmentOf(JSON.parse('{"prot":1}'))).toThrow(TypeError)
  })

  test("names of variables and flags follow from the name in code", () => {
    expect(environmentName("totpMaxDevices")).toBe("COUNTERSIGN_TOTP_MAX_DEVICES")
    expect(flagName("totpMaxDevices")).toBe("--totp-max-devices")
  })
})

test("the engine's own defaults are those of the list, but for what belongs to one installation", () => {
  const { allowedOrigins: _origins, signUpRoles: _roles, ...rest } = settingsOf(readConfig({}))
  const { allowedOrigins: _none, signUpRoles: _nobody, ...defaults } = defaultSettings
  expect(rest).toEqual(defaults)
})

test("every variable that the documentation names is an option", () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url))
  const pages = ["README.md", "SECURITY.md", "CONTRIBUTING.md"].concat(
    readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  )
  // Read by an app on its own side, through `@countersign/react/next` or an example.
  const ofApps = ["COUNTERSIGN_URL", "COUNTERSIGN_PATH", "COUNTERSIGN_AUDIENCE"]
  const known = new Set([...Object.keys(options).map(environmentName), ...ofApps])
  const unknown = pages.flatMap((page) =>
    (readFileSync(root + page, "utf8").match(/\bCOUNTERSIGN_[A-Z0-9_]*[A-Z0-9]/g) ?? [])
      .filter((name) => !known.has(name))
      .map((name) => `${page}: ${name}`),
  )
  expect(unknown).toEqual([])
})
