/**
 * Signed access tokens (JWT, RFC 7519) for doors and resource servers that want them. A token names its session, and
 * is good here only while that lives; a resource server that checks it alone learns of the end when it expires.
 */
import { generateKeyPairSync } from "node:crypto"
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT, type CryptoKey, type JWK } from "jose"
import { any, sql } from "../../store/database.ts"
import type { Context } from "../context.ts"
import type { Actor, Engine, JwtSigning, Session, User } from "../engine.ts"
import { bounds } from "../vault.ts"
import { newId } from "../tokens.ts"
import { actorOf, isSessionId } from "./authentication.ts"
import { isAlive, readSession } from "./records.ts"

const shortestSecret = 32
const longestToken = 8192
type Algorithm = "ES256" | "EdDSA"
const algorithms: readonly Algorithm[] = ["ES256", "EdDSA"]

/** What a door's tokens say of themselves (RFC 7519, section 5.1). */
const usualType = "JWT"

/** Claims that say who, when and how strongly; a door adds its own beside them and replaces none. */
const claimsOf = (session: Session, user: User) => ({
  sub: user.id,
  sid: session.id,
  auth_time: Math.floor(session.authenticatedAt / 1000),
  amr: [...new Set([...session.methods.map(({ method }) => method), ...(session.aal === 2 ? ["mfa"] : [])])],
})

/**
 * A token for a living session, signed with HS256 under the door's secret, else with our key pair.
 * @throws TypeError for a secret under 32 bytes.
 */
export async function issueAccessToken(
  ctx: Context,
  session: Session,
  user: User,
  options: JwtSigning & {
    seconds: number
    claims?: Readonly<Record<string, unknown>> | undefined
    acr?: string
    type?: string
  },
): Promise<{ token: string; expiresIn: number }> {
  const now = Math.floor(ctx.now() / 1000)
  const expires = Math.min(now + options.seconds, Math.floor(session.expiresAt / 1000))
  const { key, algorithm, keyId } = await signingKey(ctx, options)
  const claims = { ...options.claims, ...claimsOf(session, user), acr: options.acr ?? `aal${session.aal}` }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: options.type ?? usualType, ...(keyId !== undefined && { kid: keyId }) })
    .setIssuer(options.issuer)
    .setAudience(options.audience)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(expires)
    .setJti(newId(ctx))
    .sign(key)
  return { token, expiresIn: expires - now }
}

/** The actor of a token of ours: signature, algorithm, issuer, audience and times, and then the session itself. */
export async function verifyAccessToken(ctx: Context, token: string, expected: JwtSigning): Promise<Actor | undefined> {
  if (token.length > longestToken) return undefined
  const { check, algorithm } = await signingKey(ctx, expected)
  const verified = await jwtVerify(token, check, {
    // RFC 8725 section 3.1: the caller, not the token, says which algorithm.
    algorithms: [algorithm],
    typ: usualType,
    issuer: expected.issuer,
    audience: expected.audience,
    currentDate: new Date(ctx.now()),
    requiredClaims: ["sub", "sid", "exp"],
  }).catch(() => undefined)
  const { sid, sub } = verified?.payload ?? {}
  if (!isSessionId(sid)) return undefined
  const found = await readSession(ctx, sid)
  if (!found || found.user.id !== sub || !isAlive(found.row, found.user, ctx.now())) return undefined
  return actorOf(ctx, found.row, found.user)
}

/** The public keys of our key pairs. Makes the usual one where there is none yet, so that the list is never empty. */
export async function jwks(ctx: Context): Promise<{ keys: JWK[] }> {
  const pairs = await Promise.all(algorithms.map((algorithm) => readPair(ctx, algorithm)))
  const known = pairs.filter((pair) => pair !== undefined)
  return { keys: (known.length > 0 ? known : [await keyPair(ctx, "ES256")]).map(({ publicJwk }) => publicJwk) }
}

export const accessTokensOf = (ctx: Context): Pick<Engine["sessions"], "authenticateJwt" | "jwks"> => ({
  authenticateJwt: (token, signing) => verifyAccessToken(ctx, token, signing),
  jwks: () => jwks(ctx),
})

type Signing = {
  key: CryptoKey | Uint8Array
  check: CryptoKey | Uint8Array
  algorithm: string
  keyId: string | undefined
}
type KeyPair = { keyId: string; privateJwk: JWK; publicJwk: JWK }

async function signingKey(ctx: Context, { secret, algorithm = "ES256" }: JwtSigning): Promise<Signing> {
  if (secret) {
    // RFC 7518 section 3.2: a key of at least the hash's size.
    if (secret.byteLength < shortestSecret)
      throw new TypeError("the secret of signed tokens has to have 32 bytes or more")
    return { key: secret, check: secret, algorithm: "HS256", keyId: undefined }
  }
  if (!algorithms.includes(algorithm)) throw new TypeError("signed tokens are made with ES256 or EdDSA")
  const name = settingName(algorithm)
  const cache = (imported.get(ctx) ?? imported.set(ctx, new Map()).get(ctx))!
  const known = cache.get(name) ?? importPair(ctx, algorithm)
  cache.set(name, known)
  // A read that failed is tried again by the next caller.
  known.catch(() => cache.delete(name))
  return known
}

const imported = new WeakMap<Context, Map<string, Promise<Signing>>>()

async function importPair(ctx: Context, algorithm: Algorithm): Promise<Signing> {
  const { keyId, privateJwk, publicJwk } = await keyPair(ctx, algorithm)
  const [key, check] = await Promise.all([importJWK(privateJwk, algorithm), importJWK(publicJwk, algorithm)])
  return { key, check, algorithm, keyId }
}

/** Settings of this form are sealed and never read or written by name from outside. */
export const sealedSettingPrefix = "sealed:"
const settingName = (algorithm: Algorithm): string => `${sealedSettingPrefix}access-token-key:${algorithm}`

async function readPair(ctx: Context, algorithm: Algorithm): Promise<KeyPair | undefined> {
  const name = settingName(algorithm)
  const [row] = await ctx.database.query<{ value: string }>(sql`select value from settings where name = ${name}`)
  return row && (JSON.parse(await ctx.vault.open(row.value, bounds.setting(name))) as KeyPair)
}

/** The installation's key pair for the algorithm. Of nodes that make one at the same time, the first one's is used. */
async function keyPair(ctx: Context, algorithm: Algorithm): Promise<KeyPair> {
  const known = await readPair(ctx, algorithm)
  if (known) return known
  const name = settingName(algorithm)
  const sealed = await ctx.vault.seal(JSON.stringify(await makePair(algorithm)), bounds.setting(name))
  await ctx.database.commit([
    any(sql`
      insert into settings (name, value, changed_at) values (${name}, ${sealed}, ${ctx.now()})
      on conflict (name) do nothing`),
  ])
  const made = await readPair(ctx, algorithm)
  if (made === undefined) throw new Error("the key pair of signed tokens was not stored")
  return made
}

async function makePair(algorithm: Algorithm): Promise<KeyPair> {
  const { publicKey, privateKey } =
    algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519")
  const publicJwk = publicKey.export({ format: "jwk" }) as JWK
  const privateJwk = privateKey.export({ format: "jwk" }) as JWK
  const keyId = await calculateJwkThumbprint(publicJwk)
  const about = { kid: keyId, alg: algorithm, use: "sig" }
  return { keyId, privateJwk: { ...privateJwk, ...about }, publicJwk: { ...publicJwk, ...about } }
}
