/** The steps of WebAuthn level 3, 7.1 and 7.2. Parsing and signatures are the library's, the rest is judged here. */
import type { AuthenticatorTransport } from "@simplewebauthn/server"
import type { Assertion, Attestation } from "./answer.ts"
import { algorithms } from "./options.ts"
import type { PasskeyData } from "./passkey.ts"

export type Expected = {
  readonly challenge: string
  readonly origins: readonly string[]
  readonly relyingPartyId: string
}

export type Bound = {
  readonly publicKey: string
  readonly counter: number
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export type Asserted = {
  readonly counter: number
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

// Loaded with the first answer: half of it is certificates that are never looked at here.
const library = () => import("@simplewebauthn/server")
const parsing = () => import("@simplewebauthn/server/helpers")

/** WebAuthn level 3, 7.1; undefined when a step fails, whichever it was. */
export async function verifyAttestation(given: Attestation, expected: Expected): Promise<Bound | undefined> {
  try {
    const ours = (await isSameOrigin(given.clientDataJSON)) && (await isPlainAttestation(given.attestationObject))
    if (!ours) return undefined
    const { id, rawId, clientDataJSON, attestationObject } = given
    const { verifyRegistrationResponse } = await library()
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type: given.type as "public-key",
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      ...expectations(expected),
      supportedAlgorithmIDs: [...algorithms],
    })
    // The id beside the signed data is what is stored as the handle: it has to be the one inside.
    if (!verified || registrationInfo === undefined || registrationInfo.credential.id !== id) return undefined
    const { credential, userVerified, credentialDeviceType, credentialBackedUp } = registrationInfo
    if (!(await isSignedByItself(attestationObject, credential.publicKey))) return undefined
    return {
      publicKey: Buffer.from(credential.publicKey).toString("base64url"),
      counter: credential.counter,
      userVerified,
      backupEligible: credentialDeviceType === "multiDevice",
      backedUp: credentialBackedUp,
    }
  } catch {
    return undefined
  }
}

/** WebAuthn level 3, 7.2, without what is compared with the stored state; undefined when a step fails. */
export async function verifyAssertion(
  given: Assertion,
  expected: Expected,
  credential: Pick<PasskeyData, "publicKey" | "transports">,
): Promise<Asserted | undefined> {
  try {
    if (!(await isSameOrigin(given.clientDataJSON))) return undefined
    const { id, rawId, clientDataJSON, authenticatorData, signature } = given
    const publicKey = bytesOf(credential.publicKey)
    if (!(await isWhole(signature, publicKey))) return undefined
    const { verifyAuthenticationResponse } = await library()
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type: given.type as "public-key",
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      ...expectations(expected),
      credential: {
        id,
        publicKey,
        // The library looks at the counter before the signature; what is not signed is no reason to suspect a copy.
        counter: 0,
        transports: credential.transports as AuthenticatorTransport[],
      },
    })
    if (!verified) return undefined
    const { newCounter, userVerified, credentialDeviceType, credentialBackedUp } = authenticationInfo
    return {
      counter: newCounter,
      userVerified,
      backupEligible: credentialDeviceType === "multiDevice",
      backedUp: credentialBackedUp,
    }
  } catch {
    return undefined
  }
}

const expectations = ({ challenge, origins, relyingPartyId }: Expected) => ({
  expectedChallenge: challenge,
  // Compared as strings: no suffix, no port or scheme more or less.
  expectedOrigin: [...origins],
  expectedRPID: relyingPartyId,
  // Preferred: without it the passkey is one factor, and never more.
  requireUserVerification: false,
})

/** Asked for in the page itself, and not in a frame that another site holds (steps 9 and 10 of 7.1). */
async function isSameOrigin(clientDataJSON: string): Promise<boolean> {
  const { decodeClientDataJSON } = await parsing()
  const { crossOrigin, topOrigin }: { crossOrigin?: unknown; topOrigin?: unknown } =
    decodeClientDataJSON(clientDataJSON)
  return (crossOrigin === undefined || crossOrigin === false) && topOrigin === undefined
}

/**
 * None was asked for, and a browser takes away all but a self-signed one. Certificates are not even parsed: what they
 * name (a list of revoked ones, for example) would be fetched from where a stranger says.
 */
async function isPlainAttestation(attestationObject: string): Promise<boolean> {
  const { format, statement } = await attestationIn(attestationObject)
  return format === "none" || (format === "packed" && statement.get("x5c") === undefined)
}

/** 8.2, self attestation: the algorithm that the statement names is the key's own. */
async function isSignedByItself(attestationObject: string, publicKey: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { format, statement } = await attestationIn(attestationObject)
  return format === "none" || statement.get("alg") === (await algorithmOf(publicKey))
}

async function attestationIn(attestationObject: string) {
  const { decodeAttestationObject } = await parsing()
  const decoded = decodeAttestationObject(bytesOf(attestationObject))
  return { format: decoded.get("fmt"), statement: decoded.get("attStmt") }
}

/** 6.5.5: an ES256 signature is DER, which the library reads with a tolerance that one form of each has no need of. */
async function isWhole(signature: string, publicKey: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [tag, length] = bytesOf(signature)
  return (await algorithmOf(publicKey)) !== es256 || (tag === 0x30 && length === bytesOf(signature).length - 2)
}

const es256 = -7
/** The member of a COSE key that says which algorithm it is for (RFC 9052, 7.1). */
const coseAlgorithm = 3

async function algorithmOf(publicKey: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const { decodeCredentialPublicKey } = await parsing()
  return decodeCredentialPublicKey(publicKey).get(coseAlgorithm)
}

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(base64url, "base64url"))
