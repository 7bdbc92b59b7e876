import { accountCalls } from "./account.ts"
import type { AccountCalls } from "./account.ts"
import { CountersignClientError } from "./client-error.ts"
import type { ErrorCode } from "./client-error.ts"
import { createCore } from "./core.ts"
import type { ClientOptions, Core } from "./core.ts"
import { factorCalls } from "./factors.ts"
import type { FactorCalls } from "./factors.ts"
import type { Reverification } from "./reverification.ts"
import { signInCalls } from "./sign-in.ts"
import type { SignInCalls } from "./sign-in.ts"
import type { State } from "./store.ts"

/** Signing in and the second factor: what every page needs. */
export type CoreClient = SignInCalls &
  FactorCalls & {
    /** Where Countersign is; empty where only a browser would know. */
    readonly url: string
    /** What is known now. The same object until something changes. */
    readonly current: () => State
    /** Calls back after every change. Returns how to stop. */
    readonly subscribe: (listener: () => void) => () => void
    /** Reads the session unless it is known already. */
    readonly load: () => Promise<State>
    /** Reads the session anew. */
    readonly reload: () => Promise<State>
    /** The bearer token, for the app's own calls; null where the session is a cookie or nobody is signed in. */
    readonly token: () => Promise<string | null>
    /** The one gate for step-up. */
    readonly reverification: Reverification
    /** A refusal that needs no answer of the server, in this client's language. */
    readonly refusal: (code: ErrorCode, status: number) => CountersignClientError
  }

/** With the account itself: sign-up, passwords, addresses, sessions, devices, keys, activity. */
export type CountersignClient = CoreClient & AccountCalls

const cores = new WeakMap<CoreClient, Core>()

/** The client without the calls for the account itself, which `accountOf` adds where a page needs them: it is smaller. */
export function createCoreClient(options: ClientOptions = {}): CoreClient {
  const core = createCore(options)
  const client: CoreClient = {
    url: core.base,
    current: core.store.current,
    subscribe: core.store.subscribe,
    load: async () => (core.store.current().loaded ? core.store.current() : core.refresh()),
    reload: core.refresh,
    token: async () => options.key ?? (core.bearer ? ((await core.credential.tokens()).session ?? null) : null),
    reverification: core.gate,
    refusal: (code, status) => new CountersignClientError({ code, status }, options.sentence),
    ...signInCalls(core),
    ...factorCalls(core),
  }
  cores.set(client, core)
  return client
}

/** The calls for the account itself, with the session and the store of this client. */
export function accountOf(client: CoreClient): AccountCalls {
  const core = cores.get(client)
  if (!core) throw new TypeError("accountOf takes a client that createCoreClient or createCountersignClient made")
  return accountCalls(core)
}

/** Less than this is too little for a request to the app's own server. */
const marginMilliseconds = 15_000

/**
 * Short signed tokens that tell the app's own server who is signed in (checked with `/.well-known/jwks.json`). Kept in
 * memory until it is about to run out, and for its session only; null where nobody is signed in.
 */
export function sessionTokenOf(client: CoreClient): () => Promise<string | null> {
  const core = cores.get(client)
  if (!core) throw new TypeError("sessionTokenOf takes a client that createCoreClient or createCountersignClient made")
  let held: { token: string; expiresAt: string; session: unknown; user: unknown } | undefined
  return async () => {
    const { session, user } = await client.load()
    if (!session) return null
    const good = held?.session === session && held.user === user
    if (!held || !good || Date.parse(held.expiresAt) - Date.now() < marginMilliseconds) {
      const made = await core.call<{ token: string; expiresAt: string }>({ method: "POST", path: "/session/token" })
      held = { ...made, session, user }
    }
    return held.token
  }
}

/**
 * A client for one Countersign server and one person at a time. Makes no request before it is asked to.
 * In a browser the session is a cookie that no script can read; elsewhere it is a bearer token, kept in `storage`.
 */
export function createCountersignClient(options: ClientOptions = {}): CountersignClient {
  const client = createCoreClient(options)
  return Object.assign(client, accountOf(client))
}
