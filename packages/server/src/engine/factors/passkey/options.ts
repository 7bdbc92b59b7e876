/** What the browser is asked with: the JSON forms of WebAuthn level 3, 5.1.9 and 5.1.10. */
import { createHash } from "node:crypto"
import type { User } from "../../engine.ts"
import type { Factor } from "../factor.ts"
import type { PasskeyData } from "./passkey.ts"

/** COSE numbers, as the registry calls them: ES256, EdDSA, RS256, the ones that every authenticator has one of. */
export const algorithms: readonly number[] = [-7, -8, -257]

/** How long a question can be answered. */
export const answerSeconds = 5 * 60

type Descriptor = { readonly type: "public-key"; readonly id: string; readonly transports: readonly string[] }

export type CreationOptions = {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly challenge: string
  readonly pubKeyCredParams: readonly { readonly type: "public-key"; readonly alg: number }[]
  /** Milliseconds. */
  readonly timeout: number
  readonly excludeCredentials: readonly Descriptor[]
  readonly authenticatorSelection: {
    readonly residentKey: "preferred"
    readonly requireResidentKey: false
    readonly userVerification: "preferred"
  }
  readonly attestation: "none"
}

export type RequestOptions = {
  readonly rpId: string
  readonly challenge: string
  /** Milliseconds. */
  readonly timeout: number
  readonly allowCredentials: readonly Descriptor[]
  readonly userVerification: "preferred"
}

export const creationOptions = (of: {
  issuer: string
  relyingPartyId: string
  user: User
  challenge: string
  owned: readonly Factor[]
}): CreationOptions => {
  const { user } = of
  const name = user.email ?? user.externalId ?? user.id
  return {
    rp: { id: of.relyingPartyId, name: of.issuer },
    user: {
      id: userHandleOf(user.id),
      name,
      displayName: [user.firstName, user.lastName].filter(Boolean).join(" ") || name,
    },
    challenge: of.challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
    timeout: answerSeconds * 1000,
    excludeCredentials: of.owned.flatMap(descriptorOf),
    authenticatorSelection: {
      residentKey: "preferred",
      requireResidentKey: false,
      userVerification: "preferred",
    },
    attestation: "none",
  }
}

export const requestOptions = (of: {
  relyingPartyId: string
  challenge: string
  factors: readonly Factor[]
}): RequestOptions => ({
  rpId: of.relyingPartyId,
  challenge: of.challenge,
  timeout: answerSeconds * 1000,
  allowCredentials: of.factors.flatMap(descriptorOf),
  userVerification: "preferred",
})

const descriptorOf = ({ handle, data }: Factor): Descriptor[] =>
  handle === null ? [] : [{ type: "public-key", id: handle, transports: (data as PasskeyData).transports }]

/**
 * The same for all passkeys of a user, so that an authenticator tells accounts apart. Whoever holds the authenticator
 * can read it, so it is not the id itself (WebAuthn level 3, 14.6.1).
 */
export const userHandleOf = (userId: string): string =>
  createHash("sha256").update(`countersign user handle ${userId}`).digest("base64url")
