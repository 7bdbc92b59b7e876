import type { CoreClient, State } from "@countersign/client"
import { makeSession } from "./session-resource.ts"
import type { SessionResource } from "./session-resource.ts"

export type SessionView = {
  readonly loaded: boolean
  readonly session: SessionResource | null
  /** Signed in, but something has to be done first. */
  readonly pending: boolean
  readonly state: State
}

export type SetActiveParams = {
  /** A session's id, or the session; null signs out. */
  readonly session?: string | { readonly id: string } | null
  readonly redirectUrl?: string
  readonly navigate?: (about: { session: SessionResource | null }) => unknown
}

export type SessionViews = {
  readonly subscribe: (listener: () => void) => () => void
  readonly current: () => SessionView
  /** Ends a held task, then goes where it is told. */
  readonly setActive: (params: SetActiveParams) => Promise<void>
}

const owes = ({ session, challenge, tasks }: State): boolean =>
  session ? tasks.length > 0 : challenge?.purpose === "enrol"

const views = new WeakMap<CoreClient, SessionViews>()

/**
 * The session as pages see it. A page that looked at the task to set up a second factor keeps it after the first code
 * was right, until it calls `setActive`: it still has to show the recovery codes.
 */
export function sessionViewsOf(client: CoreClient): SessionViews {
  const known = views.get(client)
  if (known) return known
  const listeners = new Set<() => void>()
  let looked = false
  let held = false
  let last: SessionView | undefined

  const current = (): SessionView => {
    const state = client.current()
    if (last?.state === state && last.pending === (owes(state) || held)) return last
    if (last && owes(last.state) && looked && state.session && !owes(state)) held = true
    if (!state.session && !owes(state)) {
      held = false
      looked = false
    }
    const pending = owes(state) || held
    const session = makeSession(client, state, pending, () => {
      looked ||= owes(state)
    })
    last = { loaded: state.loaded, session, pending, state }
    return last
  }
  const made: SessionViews = {
    subscribe(listener) {
      listeners.add(listener)
      const stop = client.subscribe(listener)
      return () => {
        listeners.delete(listener)
        stop()
      }
    },
    current,
    async setActive({ session, redirectUrl, navigate }) {
      if (session === null) await client.signOut()
      looked = false
      if (held) {
        held = false
        for (const listener of listeners) listener()
      }
      if (navigate) await navigate({ session: current().session })
      else if (redirectUrl !== undefined && typeof location !== "undefined") location.assign(redirectUrl)
    },
  }
  views.set(client, made)
  return made
}
