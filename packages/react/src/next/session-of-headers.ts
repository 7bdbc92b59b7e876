import { createCoreClient } from "@countersign/client"
import type { Fetch, State } from "@countersign/client"

export type NextOptions = {
  /** Where the server reaches Countersign; `COUNTERSIGN_URL` where not said. May be an address inside the network. */
  readonly url?: string | undefined
  /** `countersign.fetch` where it runs in the same process: no request leaves it then. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
  /** Where browsers are sent to sign in; `/account/sign-in` of the app's own origin where not said. */
  readonly signInUrl?: string | undefined
}

let configured: NextOptions = {}

/** Says once, at the start, what the environment does not. */
export function configureCountersign(options: NextOptions): void {
  configured = options
}

const environment = (name: string): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name]

export const signInUrl = (): string =>
  configured.signInUrl ?? environment("COUNTERSIGN_SIGN_IN_URL") ?? "/account/sign-in"

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

const nobody: State = { loaded: true, session: null, user: null, challenge: null, tasks: [] }

/**
 * Who is signed in, by the cookie or the bearer of a request that came to the app. Asks nobody where it has neither.
 * @throws CountersignClientError `network_error`, `unavailable`: not knowing is not the same as signed out
 */
export async function stateOf(incoming: Headers): Promise<State> {
  const { url = environment("COUNTERSIGN_URL"), fetch: ownFetch } = configured
  const cookie = ownCookies(incoming.get("cookie"))
  if (cookie === "" && !incoming.has("authorization")) return nobody
  if (url === undefined)
    throw new TypeError("COUNTERSIGN_URL, or configureCountersign({ url }), has to say where it is")
  const fetch: Fetch = (input, init) => {
    const headers = new Headers(init.headers)
    if (cookie !== "") headers.set("cookie", cookie)
    for (const name of passedOn) {
      const value = incoming.get(name)
      if (value !== null) headers.set(name, value)
    }
    const request = { ...init, headers }
    return ownFetch ? ownFetch(new Request(input, request)) : globalThis.fetch(input, request)
  }
  return createCoreClient({ url, session: "cookie", fetch, retryMilliseconds: [] }).reload()
}
