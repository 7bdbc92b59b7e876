/** Reads what a browser answered (`PublicKeyCredential.toJSON()`) into the few fields that are looked at, each bounded. */
import { CountersignError } from "../../errors.ts"

/** Made by `navigator.credentials.create()`. */
export type Attestation = {
  readonly is: "attestation"
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly clientDataJSON: string
  readonly attestationObject: string
  readonly transports: readonly string[]
}

/** Made by `navigator.credentials.get()`. */
export type Assertion = {
  readonly is: "assertion"
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly clientDataJSON: string
  readonly authenticatorData: string
  readonly signature: string
  readonly userHandle: string | undefined
}

export type PasskeyAnswer = Attestation | Assertion

/** In characters of base64url. Twice what the largest key on offer (RSA) needs with a long credential id. */
const longest = {
  /** 1023 bytes (WebAuthn level 3, 7.1). */
  id: 1364,
  clientDataJSON: 4096,
  attestationObject: 8192,
  authenticatorData: 4096,
  signature: 1400,
  /** 64 bytes (WebAuthn level 3, 5.4.3). */
  userHandle: 86,
} as const

const mostTransports = 8

/** @throws CountersignError `input_invalid` for what is no such answer, before anything is counted. */
export function readPasskeyAnswer(answer: unknown): PasskeyAnswer {
  const credential = membersOf(answer)
  const response = membersOf(credential["response"])
  const type = credential["type"]
  if (typeof type !== "string") throw malformed()
  const both = {
    id: bytesIn(credential, "id", longest.id),
    rawId: bytesIn(credential, "rawId", longest.id),
    type,
    clientDataJSON: bytesIn(response, "clientDataJSON", longest.clientDataJSON),
  }
  if (response["attestationObject"] !== undefined)
    return {
      is: "attestation",
      ...both,
      attestationObject: bytesIn(response, "attestationObject", longest.attestationObject),
      transports: transportsIn(response["transports"]),
    }
  const { userHandle } = response
  return {
    is: "assertion",
    ...both,
    authenticatorData: bytesIn(response, "authenticatorData", longest.authenticatorData),
    signature: bytesIn(response, "signature", longest.signature),
    // An authenticator that keeps none gives null, or an empty one.
    userHandle:
      userHandle === undefined || userHandle === null || userHandle === ""
        ? undefined
        : bytesIn(response, "userHandle", longest.userHandle),
  }
}

const malformed = (): CountersignError => new CountersignError("input_invalid", { field: "answer" })

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed()
  return value as Record<string, unknown>
}

function bytesIn(members: Readonly<Record<string, unknown>>, name: string, atMost: number): string {
  const text = members[name]
  // One character over a group of four stands for no byte at all.
  if (typeof text !== "string" || text.length > atMost || text.length % 4 === 1 || !/^[A-Za-z0-9_-]+$/.test(text))
    throw malformed()
  return text
}

/** Ways to reach an authenticator, hints for the browser. New ones come up, so their form is all that is looked at. */
function transportsIn(given: unknown): string[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw malformed()
  const named = given.filter((one): one is string => typeof one === "string" && /^[a-z][a-z-]{1,31}$/.test(one))
  return [...new Set(named)].slice(0, mostTransports)
}
