/**
 * A passkey authenticator and the browser in front of it, for tests: real key pairs, real attestations ("none") and
 * assertions (WebAuthn level 3, 6), made with code of its own. Every field of an answer can be changed before it is
 * signed, and the answer itself afterwards.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import { type Cbor, encodeCbor } from "./cbor.ts"

export type PasskeyAlgorithm = "ES256" | "EdDSA" | "RS256" | "RS1"

/** The form of `PublicKeyCredential.toJSON()`, of either ceremony. */
export type PasskeyAnswer = {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly authenticatorAttachment?: string
  readonly clientExtensionResults: Readonly<Record<string, unknown>>
  readonly response: Readonly<Record<string, unknown>>
}

/** What is different about one answer. What is left out is as it should be. */
export type PasskeyChange = {
  /** The members of the client data. `clientData` sees them last. */
  readonly type?: string
  readonly challenge?: string
  readonly origin?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly clientData?: (members: Record<string, unknown>) => unknown
  /** Stands before the client data: a byte order mark, for example. */
  readonly clientDataPrefix?: string
  /** The domain whose hash is in the authenticator's data. */
  readonly relyingPartyId?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly counter?: number
  /** Extensions that the authenticator adds on its own. */
  readonly extensions?: ReadonlyMap<string, Cbor>
  /** The last word on the authenticator's data, before it is signed. */
  readonly authenticatorData?: (bytes: Buffer) => Buffer
  /** Registration only. `packed`: signed by the new key itself. */
  readonly attestation?: "none" | "packed"
  readonly attestationStatement?: (statement: Map<string, Cbor>) => ReadonlyMap<string, Cbor>
  readonly attestationFormat?: string
  readonly algorithm?: PasskeyAlgorithm
  readonly credentialId?: Uint8Array
  /** Assertion only; null: none. */
  readonly userHandle?: string | null
  readonly signature?: (bytes: Buffer) => Buffer
  /** The last word on what the browser hands over. */
  readonly answer?: (answer: PasskeyAnswer) => unknown
}

type Descriptor = { readonly id: string }
/** As much of the options as an authenticator reads. */
type CreationOptions = {
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
  readonly challenge: string
  readonly excludeCredentials?: readonly Descriptor[]
}
type RequestOptions = {
  readonly rpId: string
  readonly challenge: string
  readonly allowCredentials?: readonly Descriptor[]
}

export type VirtualPasskey = {
  /** Base64url. */
  readonly id: string
  readonly userHandle: string
  counter: number
}

export type PasskeyAuthenticator = {
  readonly passkeys: readonly VirtualPasskey[]
  /**
   * What `navigator.credentials.create` gives for the options that the server showed.
   * @throws Error (`InvalidStateError`) where one of the excluded credentials is here already
   */
  readonly create: (options: unknown, change?: PasskeyChange) => PasskeyAnswer
  /**
   * What `navigator.credentials.get` gives: of the first allowed credential that is here.
   * @throws Error (`NotAllowedError`) where none is
   */
  readonly get: (options: unknown, change?: PasskeyChange) => PasskeyAnswer
}

export type PasskeyAuthenticatorOptions = {
  /** Of the page that asks, for example `http://localhost:3000`. */
  readonly origin: string
  /** False: a security key without a PIN. */
  readonly verifiesUser?: boolean
  /** Copied to the person's other devices, which then don't count. */
  readonly synced?: boolean
  /** False where not said for synced ones, and true for others: whether the signature counter grows. */
  readonly counts?: boolean
}

type Kept = VirtualPasskey & { readonly key: KeyObject; readonly algorithm: PasskeyAlgorithm; readonly rpId: string }

const flags = { up: 0x01, uv: 0x04, be: 0x08, bs: 0x10, at: 0x40, ed: 0x80 } as const
const set = (flag: keyof typeof flags, on: boolean): number => (on ? flags[flag] : 0)
const coseAlgorithms = { ES256: -7, EdDSA: -8, RS256: -257, RS1: -65_535 } as const

export const createPasskeyAuthenticator = (about: PasskeyAuthenticatorOptions): PasskeyAuthenticator => {
  const { origin, verifiesUser = true, synced = false, counts = !synced } = about
  const kept: Kept[] = []

  const clientDataOf = (type: string, challenge: string, change: PasskeyChange): Buffer => {
    const members = {
      type: change.type ?? type,
      challenge: change.challenge ?? challenge,
      origin: change.origin ?? origin,
      crossOrigin: change.crossOrigin ?? false,
      ...(change.topOrigin !== undefined && { topOrigin: change.topOrigin }),
    }
    const text = JSON.stringify(change.clientData ? change.clientData(members) : members)
    return Buffer.from((change.clientDataPrefix ?? "") + text)
  }

  const authenticatorDataOf = (
    passkey: Pick<Kept, "rpId" | "counter">,
    attested: Buffer | undefined,
    change: PasskeyChange,
  ): Buffer => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(change.counter ?? passkey.counter)
    const bytes = Buffer.concat([
      sha256(change.relyingPartyId ?? passkey.rpId),
      Buffer.from([
        set("up", change.userPresent ?? true) |
          set("uv", change.userVerified ?? verifiesUser) |
          set("be", change.backupEligible ?? synced) |
          set("bs", change.backedUp ?? synced) |
          set("at", attested !== undefined) |
          set("ed", change.extensions !== undefined),
      ]),
      counter,
      attested ?? Buffer.alloc(0),
      change.extensions ? encodeCbor(change.extensions) : Buffer.alloc(0),
    ])
    return change.authenticatorData?.(bytes) ?? bytes
  }

  return {
    passkeys: kept,

    create(given, change = {}) {
      const options = given as CreationOptions
      if (options.excludeCredentials?.some(({ id }) => kept.some((passkey) => passkey.id === id)))
        throw named("InvalidStateError", "one of the excluded credentials is here already")
      const algorithm = change.algorithm ?? "ES256"
      const { key, cose } = newKey(algorithm)
      const credentialId = Buffer.from(change.credentialId ?? randomBytes(32))
      const rpId = options.rp.id
      const passkey: Kept = {
        id: credentialId.toString("base64url"),
        userHandle: options.user.id,
        counter: change.counter ?? 0,
        key,
        algorithm,
        rpId,
      }
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, encodeCbor(cose)])
      const clientDataJSON = clientDataOf("webauthn.create", options.challenge, change)
      const authData = authenticatorDataOf(passkey, attested, change)
      const statement = new Map<string, Cbor>()
      if (change.attestation === "packed") {
        statement.set("alg", coseAlgorithms[algorithm])
        statement.set("sig", signed(passkey, Buffer.concat([authData, sha256(clientDataJSON)])))
      }
      const attestationObject = encodeCbor(
        new Map<string, Cbor>([
          ["fmt", change.attestationFormat ?? change.attestation ?? "none"],
          ["attStmt", change.attestationStatement?.(statement) ?? statement],
          ["authData", authData],
        ]),
      )
      kept.push(passkey)
      return answerOf(
        passkey.id,
        {
          clientDataJSON: clientDataJSON.toString("base64url"),
          attestationObject: attestationObject.toString("base64url"),
          transports: synced ? ["hybrid", "internal"] : ["internal"],
        },
        change,
      )
    },

    get(given, change = {}) {
      const options = given as RequestOptions
      const allowed = options.allowCredentials ?? []
      const passkey = kept.find(
        ({ id, rpId }) => rpId === options.rpId && (allowed.length === 0 || allowed.some((one) => one.id === id)),
      )
      if (passkey === undefined) throw named("NotAllowedError", "none of the allowed credentials is here")
      if (counts) passkey.counter++
      const clientDataJSON = clientDataOf("webauthn.get", options.challenge, change)
      const authenticatorData = authenticatorDataOf(passkey, undefined, change)
      const signature = signed(passkey, Buffer.concat([authenticatorData, sha256(clientDataJSON)]))
      const userHandle = change.userHandle === undefined ? passkey.userHandle : change.userHandle
      return answerOf(
        passkey.id,
        {
          clientDataJSON: clientDataJSON.toString("base64url"),
          authenticatorData: authenticatorData.toString("base64url"),
          signature: (change.signature?.(signature) ?? signature).toString("base64url"),
          ...(userHandle !== null && { userHandle }),
        },
        change,
      )
    },
  }
}

const answerOf = (id: string, response: Record<string, unknown>, change: PasskeyChange): PasskeyAnswer => {
  const answer: PasskeyAnswer = {
    id,
    rawId: id,
    type: "public-key",
    authenticatorAttachment: "platform",
    clientExtensionResults: {},
    response,
  }
  return (change.answer?.(answer) ?? answer) as PasskeyAnswer
}

const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest()

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })

const signed = ({ key, algorithm }: Pick<Kept, "key" | "algorithm">, data: Buffer): Buffer =>
  sign(algorithm === "EdDSA" ? undefined : algorithm === "RS1" ? "sha1" : "sha256", data, key)

/** A key pair, and its public half as COSE writes it (RFC 9053). */
const newKey = (algorithm: PasskeyAlgorithm): { key: KeyObject; cose: ReadonlyMap<number, Cbor> } => {
  const alg: [number, Cbor] = [3, coseAlgorithms[algorithm]]
  if (algorithm === "ES256") {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const { x, y } = publicKey.export({ format: "jwk" })
    return { key: privateKey, cose: new Map<number, Cbor>([[1, 2], alg, [-1, 1], [-2, bytesOf(x)], [-3, bytesOf(y)]]) }
  }
  if (algorithm === "EdDSA") {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519")
    return {
      key: privateKey,
      cose: new Map<number, Cbor>([[1, 1], alg, [-1, 6], [-2, bytesOf(publicKey.export({ format: "jwk" }).x)]]),
    }
  }
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const { n, e } = publicKey.export({ format: "jwk" })
  return { key: privateKey, cose: new Map<number, Cbor>([[1, 3], alg, [-1, bytesOf(n)], [-2, bytesOf(e)]]) }
}

const bytesOf = (text = ""): Buffer => Buffer.from(text, "base64url")
