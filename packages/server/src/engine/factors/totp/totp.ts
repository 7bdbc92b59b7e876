/** Codes of an authenticator app (RFC 6238). */
import type { Context } from "../../context.ts"
import { CountersignError } from "../../errors.ts"
import type { Factor, FactorKind, Shown } from "../factor.ts"
import { spendCounter } from "../records.ts"
import { typedDigits } from "../typed-code.ts"
import type { User } from "../../engine.ts"
import { decodeBase32, encodeBase32 } from "./base32.ts"
import { clockOffSeconds, matchingStep, type Scheme } from "./one-time-password.ts"
import { otpauthUri } from "./otpauth-uri.ts"

/** What is sealed of one app. The scheme stands with it: a changed setting does not break what was scanned. */
export type TotpData = Scheme & { readonly secret: string }

/** RFC 4226 section 4 recommends 160 bits; longer ones only where the hash is longer (RFC 6238 section 5.1). */
const secretBytes = { "SHA-1": 20, "SHA-256": 32, "SHA-512": 64 } as const

/** RFC 4226 section 4, R6: 128 bits at least. */
const fewestSecretBytes = 16

/** Before the first step that can ever match. */
const noStep = -1

/** A key that somebody else made, as `begin` takes it for operators. Bytes, which no wire can bring. */
const givenSecret = (input: unknown): Uint8Array | undefined =>
  typeof input === "object" && input !== null && "secret" in input && input.secret instanceof Uint8Array
    ? input.secret
    : undefined

export function totpKind({ settings }: Pick<Context, "settings">): FactorKind<string> {
  const { algorithm, digits, periodSeconds, window, maximumDevices } = settings.totp
  if (![0, 1, 2].includes(window)) throw new TypeError("the window has to be 0, 1 or 2 steps")
  if (settings.issuer.includes(":") || settings.issuer.trim() === "")
    throw new TypeError("the issuer has to be a name without a colon")

  const shown = (factor: Pick<Factor, "data">, user: User): Shown => {
    const data = factor.data as TotpData
    const uri = otpauthUri({ issuer: settings.issuer, account: accountOf(user), secret: secretOf(data), scheme: data })
    return { secret: data.secret, uri }
  }

  return {
    name: "totp",
    role: "factor",
    failureClass: "code",
    maximum: maximumDevices,

    read(answer, factors) {
      const code = typedDigits(answer)
      const lengths = factors.length > 0 ? factors.map(({ data }) => (data as TotpData).digits) : [digits]
      if (code === undefined || !lengths.some((length) => length === code.length))
        throw new CountersignError("input_invalid", { field: "answer" })
      return code
    },

    async begin(user, input, draw) {
      const secret = givenSecret(input) ?? draw.random(secretBytes[algorithm])
      if (secret.byteLength < fewestSecretBytes) throw new TypeError("a key needs at least 16 bytes")
      const data: TotpData = { secret: encodeBase32(secret), algorithm, digits, periodSeconds }
      return { record: { data, counter: noStep, name: "Authenticator app" }, show: shown({ data }, user) }
    },

    reveal: shown,

    async prove(factor, _held, code, now) {
      const data = factor.data as TotpData
      const secret = secretOf(data)
      const step = matchingStep(secret, code, now, data, window)
      if (step === undefined) {
        const off = clockOffSeconds(secret, code, now, data)
        return off === undefined ? { wrong: "no_match" } : { wrong: "no_match", clockOffSeconds: off }
      }
      // RFC 6238 section 5.2: only a step later than the last accepted one. The write asks again.
      if (step <= factor.counter) return { wrong: "used" }
      return { proof: { methods: ["otp"], spend: [spendCounter(factor, step, now)] } }
    },

    describe: ({ id, kind, name, state, createdAt, confirmedAt, lastUsedAt }) => ({
      id,
      kind,
      name,
      state,
      createdAt,
      confirmedAt,
      lastUsedAt,
    }),
  }
}

function secretOf(data: TotpData): Uint8Array {
  const secret = decodeBase32(data.secret)
  if (secret === undefined) throw new Error("a stored key is no base32")
  return secret
}

/** What an app shows beside the issuer. A colon would end the label, and an app's own ids may hold one. */
const accountOf = (user: User): string =>
  (user.email ?? user.externalId ?? user.id).replaceAll(":", " ").trim() || user.id
