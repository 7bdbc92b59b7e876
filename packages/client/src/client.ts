import { accountCalls } from "./account.ts"
import type { AccountCalls } from "./account.ts"
import { createCore } from "./core.ts"
import type { ClientOptions } from "./core.ts"
import { factorCalls } from "./factors.ts"
import type { FactorCalls } from "./factors.ts"
import type { Reverification } from "./reverification.ts"
import { signInCalls } from "./sign-in.ts"
import type { SignInCalls } from "./sign-in.ts"
import type { State } from "./store.ts"

export type CountersignClient = SignInCalls &
  FactorCalls &
  AccountCalls & {
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
  }

/**
 * A client for one Countersign server and one person at a time. Makes no request before it is asked to.
 * In a browser the session is a cookie that no script can read; elsewhere it is a bearer token, kept in `storage`.
 */
export function createCountersignClient(options: ClientOptions = {}): CountersignClient {
  const core = createCore(options)
  return {
    url: core.base,
    current: core.store.current,
    subscribe: core.store.subscribe,
    load: async () => (core.store.current().loaded ? core.store.current() : core.refresh()),
    reload: core.refresh,
    token: async () => options.key ?? (core.bearer ? ((await core.credential.tokens()).session ?? null) : null),
    reverification: core.gate,
    ...signInCalls(core),
    ...factorCalls(core),
    ...accountCalls(core),
  }
}
