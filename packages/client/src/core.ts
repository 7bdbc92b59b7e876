import { isClientError } from "./client-error.ts"
import type { SentenceFor } from "./client-error.ts"
import { createCredential } from "./credential.ts"
import type { Credential, TokenStorage } from "./credential.ts"
import { createInFlight } from "./in-flight.ts"
import { createReverification } from "./reverification.ts"
import type { NeedsReverification, Reverification } from "./reverification.ts"
import { createStore } from "./store.ts"
import type { State, Store } from "./store.ts"
import { createTransport } from "./transport.ts"
import type { Fetch, Outgoing } from "./transport.ts"
import type { SessionAnswer, SignIn } from "./wire.ts"
import { watchWindow } from "./window.ts"

export type ClientOptions = {
  /** Where Countersign is, such as `https://auth.example.com` or `/auth`. Left out in a browser: the page's own origin. */
  url?: string | undefined
  /** How the session travels: in a browser a cookie that no script can read, elsewhere a bearer token. */
  session?: "cookie" | "bearer" | undefined
  /** Where a bearer client keeps its session; without one it lives as long as the program. */
  storage?: TokenStorage | undefined
  /** Name within the storage, where several clients share one. */
  storageKey?: string | undefined
  /** An API key of a user (`csk_…`) instead of a session, for scripts. */
  key?: string | undefined
  /** What was known when the page was drawn on a server. */
  initial?: SessionAnswer | undefined
  fetch?: Fetch | undefined
  /** Asks the person for a fresh proof; whatever was refused for want of one is then tried once more. */
  onNeedsReverification?: NeedsReverification | undefined
  /** `manual`: a call that needs a fresh proof is refused instead of asking; `useReverification` still asks. */
  reverification?: "auto" | "manual" | undefined
  /** Told about what nobody waits for: a storage that fails, a background read that gets no answer. */
  onError?: ((error: unknown) => void) | undefined
  /** Sentences for refusals in another language. */
  sentence?: SentenceFor | undefined
  /** Waits before a GET that got no answer is tried again; default 700, 1500, 3000. */
  retryMilliseconds?: readonly number[] | undefined
}

/** How one call behaves. */
export type CallOptions = {
  /** False: a refusal for want of a fresh proof comes back at once instead of asking the person. */
  reverify?: boolean | undefined
  /** A token from `mfaTokens.mint` that stands in for the fresh proof; it is spent. */
  mfaToken?: string | undefined
}

/** What the groups of calls are made from. */
export type Core = {
  readonly base: string
  readonly bearer: boolean
  readonly store: Store
  readonly credential: Credential
  readonly gate: Reverification
  readonly sentence: SentenceFor | undefined
  /** What shows a secret once more may need a fresh proof as well. */
  readonly read: <T>(path: string, options?: CallOptions) => Promise<T>
  /** Sent as it is, nothing read afterwards. */
  readonly call: <T>(outgoing: Outgoing) => Promise<T>
  /** A write: asks for a fresh proof where it is wanted, and the store is up to date before it settles. */
  readonly change: <T>(outgoing: Outgoing, options?: CallOptions) => Promise<T>
  /** A step of signing in: takes its answer in before it settles. */
  readonly step: (outgoing: Outgoing) => Promise<SignIn>
  /** Takes in what a step of signing in came to, and returns it. */
  readonly settle: (answer: SignIn) => Promise<SignIn>
  /** Reads the session anew. */
  readonly refresh: () => Promise<State>
  /** Nobody is signed in any more, as far as this client goes. */
  readonly leave: () => Promise<void>
}

const nobody: SessionAnswer = { session: null, user: null, tasks: [], challenge: null }
// Calls that nobody has to be signed in for: a dead token must not stand in their way.
const open = /^\/(sign-|password\/|address\/)/

/** The parts that all calls share: transport, store, credential and the gate for step-up. */
export function createCore(options: ClientOptions): Core {
  const { key, onError, sentence } = options
  const inBrowser = typeof document !== "undefined"
  const bearer = key !== undefined || (options.session ?? (inBrowser ? "cookie" : "bearer")) === "bearer"
  const base = (options.url ?? (inBrowser ? location.origin : "")).replace(/\/+$/, "")
  const report = (error: unknown): void => onError?.(error)
  // With a cookie there is nothing to keep, and a storage that is given for phones may not work in a browser.
  const credential = createCredential(bearer ? options.storage : undefined, options.storageKey ?? "countersign", report)
  const gate = createReverification(options.onNeedsReverification, sentence)
  const window = watchWindow(!bearer && inBrowser, () => void refresh().catch(report))
  const store = createStore(options.initial, window.watch)
  const inFlight = createInFlight()
  // Raised by whatever is newer than a read that is still under way.
  let epoch = 0
  let reads = 0
  let lastRead = 0

  const send = createTransport({
    base() {
      if (base === "" && options.url === undefined) throw new TypeError("url has to say where Countersign is")
      return base
    },
    fetch: options.fetch,
    credentials: bearer ? "omit" : /^https?:/.test(options.url ?? "") ? "include" : "same-origin",
    async bearer(path) {
      if (!bearer || open.test(path)) return undefined
      if (key !== undefined) return key
      const { session, challenge } = await credential.tokens()
      return path.startsWith("/challenge") ? challenge : (session ?? challenge)
    },
    answered(headers) {
      const fresh = bearer && headers.get("countersign-session")
      if (fresh) void credential.keep({ session: fresh })
    },
    sentence,
    retryMilliseconds: options.retryMilliseconds,
  })

  const asks = (): boolean => options.reverification !== "manual" && gate.asks()

  function take(answer: SessionAnswer): void {
    const before = store.current().session?.id
    store.take(answer)
    if (before !== undefined && before !== store.current().session?.id) gate.cancel()
  }

  async function leave(): Promise<void> {
    epoch += 1
    const stored = credential.keep({ session: undefined, challenge: undefined })
    take(nobody)
    window.announce()
    await stored
  }

  async function refresh(): Promise<State> {
    const at = epoch
    const mine = (reads += 1)
    const { session, challenge } = bearer ? await credential.tokens() : {}
    if (bearer && key === undefined && session === undefined && challenge === undefined) take(nobody)
    else {
      try {
        const answer = await send<SessionAnswer>({ method: "GET", path: "/session" })
        if (at === epoch && mine > lastRead) {
          lastRead = mine
          take(answer)
        }
      } catch (error) {
        if (!isClientError(error, "unauthenticated")) throw error
        // Another call may have been given a newer token meanwhile.
        const now = bearer ? await credential.tokens() : {}
        if (now.session !== session || now.challenge !== challenge) return refresh()
        await leave()
      }
    }
    return store.current()
  }

  /** Whether somebody is still signed in is for `GET /session` to say, never for the call that was refused. */
  async function told<T>(run: Promise<T>): Promise<T> {
    try {
      return await run
    } catch (error) {
      if (isClientError(error, "unauthenticated") || isClientError(error, "challenge_spent"))
        await refresh().catch(report)
      throw error
    }
  }

  async function settle(answer: SignIn): Promise<SignIn> {
    epoch += 1
    const { status, session, user, challenge, token, deviceToken } = answer
    const done = status === "complete"
    const stored = bearer
      ? credential.keep({
          ...(done ? { challenge: undefined } : {}),
          ...(token === undefined ? {} : { [done ? "session" : "challenge"]: token }),
          ...(deviceToken === undefined ? {} : { device: deviceToken }),
        })
      : undefined
    await stored
    if (done && session && user) take({ session, user, tasks: [], challenge: null })
    else if (done) await refresh()
    else if (challenge && challenge.purpose !== "step_up") take({ ...store.current(), challenge })
    window.announce()
    return answer
  }

  return {
    base,
    bearer,
    store,
    credential,
    gate,
    sentence,
    refresh,
    leave,
    settle,
    read<T>(path: string, { reverify }: CallOptions = {}): Promise<T> {
      const ask = reverify ?? asks()
      return told(gate.around(() => send<T>({ method: "GET", path }), ask))
    },
    call: (outgoing) => told(send(outgoing)),
    step: (outgoing) =>
      inFlight.share(JSON.stringify(outgoing), async () => settle(await told(send<SignIn>(outgoing)))),
    change<T>(outgoing: Outgoing, { reverify, mfaToken }: CallOptions = {}): Promise<T> {
      const ask = reverify ?? asks()
      const call = mfaToken === undefined ? outgoing : { ...outgoing, headers: { "countersign-mfa-token": mfaToken } }
      return inFlight.share(JSON.stringify([call, ask]), async () => {
        const result = await told(gate.around(() => send<T>(call), ask))
        const { signIn } = (result ?? {}) as { signIn?: SignIn }
        await (signIn ? settle(signIn) : refresh().catch(report))
        window.announce()
        return result
      })
    },
  }
}
