import { CountersignClientError } from "./client-error.ts"
import type { Fetch } from "./transport.ts"

/** What a session's short token says. */
export type SessionClaims = {
  readonly sub: string
  readonly sid: string
  readonly iss: string
  readonly aud: string
  readonly iat: number
  readonly exp: number
  readonly auth_time: number
  readonly amr: readonly string[]
  readonly acr: string
  /** Whole minutes since the first and the second factor when it was made; -1: there is none. */
  readonly fva: readonly [number, number]
}

export type VerifierOptions = {
  /** Where the keys are read: Countersign's address, maybe one inside the network. */
  url: string
  /** Countersign's public URL, which the token names as its issuer; `url` where not said. */
  publicUrl?: string | undefined
  /** Whom a token has to be for: the app's origin. The public URL's own origin where not said. */
  audience?: string | readonly string[] | undefined
  fetch?: Fetch | undefined
  /** Epoch milliseconds. */
  now?: (() => number) | undefined
}

type Key = { readonly kid?: string; readonly alg?: string } & Record<string, unknown>

/** The kind of token that this is: others that the same keys sign are no sessions. */
const type = "countersign-session+jwt"
const leewaySeconds = 30
const quietMilliseconds = 60_000

const algorithms: Readonly<Record<string, [imported: object, verified: object]>> = {
  ES256: [
    { name: "ECDSA", namedCurve: "P-256" },
    { name: "ECDSA", hash: "SHA-256" },
  ],
  EdDSA: [{ name: "Ed25519" }, { name: "Ed25519" }],
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.codePointAt(0) ?? 0)
const objectOf = (text: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(bytesOf(text))) as Record<string, unknown>

/**
 * Checks the tokens of `getToken` on an app's own server, with the keys that Countersign publishes; they are read once
 * and again when a token names another. Null: not a token to trust.
 * @throws CountersignClientError `network_error` while the keys can't be read
 */
export function createSessionTokenVerifier(options: VerifierOptions): (token: string) => Promise<SessionClaims | null> {
  const { url, publicUrl = url, now = Date.now } = options
  const call: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const issuer = publicUrl.replace(/\/+$/, "")
  const audiences = new Set([options.audience ?? new URL(publicUrl).origin].flat())
  let keys: readonly Key[] = []
  let readAt = Number.NEGATIVE_INFINITY

  async function read(): Promise<void> {
    try {
      const response = await call(`${url.replace(/\/+$/, "")}/.well-known/jwks.json`, { method: "GET" })
      if (!response.ok) throw new TypeError(`the keys were answered with ${response.status}`)
      keys = ((await response.json()) as { keys: readonly Key[] }).keys
      readAt = now()
    } catch (cause) {
      throw new CountersignClientError({ code: "network_error" }, undefined, cause)
    }
  }
  async function keyFor(kid: unknown, alg: string): Promise<Key | undefined> {
    const find = (): Key | undefined => keys.find((key) => key.kid === kid && (key.alg ?? alg) === alg)
    // A stranger's made-up key id must not make us ask with every request.
    if (!find() && now() - readAt > quietMilliseconds) await read()
    return find()
  }

  return async (token) => {
    const parts = token.split(".")
    const [head = "", body = "", signature = ""] = parts
    if (parts.length !== 3) return null
    try {
      const { alg, kid, typ } = objectOf(head)
      const [imported, verified] = (typeof alg === "string" && Object.hasOwn(algorithms, alg) && algorithms[alg]) || []
      if (typ !== type || typeof alg !== "string" || !imported || !verified) return null
      const jwk = await keyFor(kid, alg)
      if (!jwk) return null
      const key = await crypto.subtle.importKey("jwk", jwk, imported as EcKeyImportParams, false, ["verify"])
      const signed = new TextEncoder().encode(`${head}.${body}`)
      if (!(await crypto.subtle.verify(verified as EcdsaParams, key, bytesOf(signature), signed))) return null
      const claims = objectOf(body) as unknown as SessionClaims & { nbf?: number }
      const seconds = now() / 1000
      const current = claims.exp > seconds - leewaySeconds && (claims.nbf ?? claims.iat) <= seconds + leewaySeconds
      return current && claims.iss === issuer && audiences.has(claims.aud) ? claims : null
    } catch (error) {
      if (error instanceof CountersignClientError) throw error
      return null
    }
  }
}
