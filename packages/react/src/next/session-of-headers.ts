import { createCoreClient, createSessionTokenVerifier } from "@countersign/client"
import type { Fetch, SessionClaims, State } from "@countersign/client"

export type NextOptions = {
  /** Where the server reaches Countersign; `COUNTERSIGN_URL` where not said. May be an address inside the network. */
  readonly url?: string | undefined
  /** Countersign's public URL, where `url` is an address inside the network; `COUNTERSIGN_PUBLIC_URL` where not said. */
  readonly publicUrl?: string | undefined
  /** For whom short tokens (`getToken`) have to be made: the app's origin, where it is not Countersign's own. */
  readonly audience?: string | readonly string[] | undefined
  /** `countersign.fetch` where it runs in the same process: no request leaves it then. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
  /** Below which path of the app's own origin Countersign is served, such as `/auth`; `COUNTERSIGN_PATH` where not said. */
  readonly path?: string | undefined
  /** Where browsers are sent to sign in; `account/sign-in` below `path` where not said. */
  readonly signInUrl?: string | undefined
}

let configured: NextOptions = {}
let verifier: ((token: string) => Promise<SessionClaims | null>) | undefined

/** Says once, at the start, what the environment does not. */
export function configureCountersign(options: NextOptions): void {
  configured = options
  verifier = undefined
}

const environment = (name: string): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name]

/** The path that is Countersign's on the app's origin; empty where it shares the root. */
export const mountPath = (): string => (configured.path ?? environment("COUNTERSIGN_PATH") ?? "").replace(/\/+$/, "")

/** Where browsers are sent to sign in. */
export const signInUrl = (): string =>
  configured.signInUrl ?? environment("COUNTERSIGN_SIGN_IN_URL") ?? `${mountPath()}/account/sign-in`

const passedOn: readonly string[] = [
  "authorization",
  "user-agent",
  "accept-language",
  "x-forwarded-for",
  "x-request-id",
]

/** The cookies that are Countersign's own: the app's others are none of its business. */
const ownCookies = (header: string | null): string =>
  (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => /^(__Host-)?countersign(-[a-z]+)?=/.test(pair))
    .join("; ")

const address = (): string => {
  const url = configured.url ?? environment("COUNTERSIGN_URL")
  if (url === undefined)
    throw new TypeError("COUNTERSIGN_URL, or configureCountersign({ url }), has to say where it is")
  return url
}

const send: Fetch = (input, init) =>
  configured.fetch ? configured.fetch(new Request(input, init)) : globalThis.fetch(input, init)

const nobody: State = { loaded: true, session: null, user: null, challenge: null, tasks: [] }

/**
 * Who is signed in, by the cookie or the bearer of a request that came to the app. Asks nobody where it has neither.
 * @throws CountersignClientError `network_error`, `unavailable`: not knowing is not the same as signed out
 */
export async function stateOf(incoming: Headers): Promise<State> {
  const cookie = ownCookies(incoming.get("cookie"))
  if (cookie === "" && !incoming.has("authorization")) return nobody
  const fetch: Fetch = (input, init) => {
    const headers = new Headers(init.headers)
    if (cookie !== "") headers.set("cookie", cookie)
    for (const name of passedOn) {
      const value = incoming.get(name)
      if (value !== null) headers.set(name, value)
    }
    return send(input, { ...init, headers })
  }
  return createCoreClient({ url: address(), session: "cookie", fetch, retryMilliseconds: [] }).reload()
}

/** What the short token of a request says, where it carries one: undefined, where it carries none. */
export async function claimsOf(incoming: Headers): Promise<SessionClaims | null | undefined> {
  const [, token] = /^Bearer ([^.\s]+\.[^.\s]+\.[^.\s]+)$/i.exec(incoming.get("authorization") ?? "") ?? []
  if (token === undefined) return undefined
  const { publicUrl = environment("COUNTERSIGN_PUBLIC_URL"), audience = environment("COUNTERSIGN_AUDIENCE") } =
    configured
  verifier ??= createSessionTokenVerifier({ url: address(), publicUrl, audience, fetch: send })
  return verifier(token)
}
