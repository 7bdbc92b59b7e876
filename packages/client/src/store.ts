import type { Challenge, Session, SessionAnswer, Task, User } from "./wire.ts"

/** What is known about who is signed in. A new object after every change, the same one otherwise. */
export type State = {
  /** False until the first answer of the server (or an initial state) is there. */
  readonly loaded: boolean
  readonly session: Session | null
  /** A new object exactly when the server raised the user's revision, or it is another user. */
  readonly user: User | null
  /** Open before there is a session: a second factor or an enrolment is owed. Never a step-up. */
  readonly challenge: Challenge | null
  /** What a live session owes. */
  readonly tasks: readonly Task[]
}

export type Store = {
  readonly current: () => State
  readonly subscribe: (listener: () => void) => () => void
  /** Takes an answer in, and keeps the identity of whatever did not change. */
  take(answer: SessionAnswer): void
}

const unknown: State = { loaded: false, session: null, user: null, challenge: null, tasks: [] }

// These move with the clock; they alone are no change.
const textOf = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) => (key === "factorAges" || key === "lastUsedAt" ? undefined : part))
const keep = <T>(old: T, fresh: T): T => (textOf(old) === textOf(fresh) ? old : fresh)

/** One observable place. `onSubscribers` tells when the first listener came (true) or the last one left. */
export function createStore(initial: SessionAnswer | undefined, onSubscribers: (some: boolean) => void): Store {
  let state = unknown
  const listeners = new Set<() => void>()

  const store: Store = {
    current: () => state,
    subscribe(listener) {
      // A listener may be given twice; each has to be taken off by its own hand.
      const own = (): void => listener()
      listeners.add(own)
      if (listeners.size === 1) onSubscribers(true)
      return () => {
        if (listeners.delete(own) && listeners.size === 0) onSubscribers(false)
      }
    },
    take({ session, user, challenge, tasks }) {
      const late = user && user.id === state.user?.id && user.revision < state.user.revision
      const next: State = {
        loaded: true,
        session: keep(state.session, session),
        user: late ? state.user : keep(state.user, user),
        challenge: keep(state.challenge, challenge && challenge.purpose !== "step_up" ? challenge : null),
        tasks: keep(state.tasks, tasks),
      }
      const changed = (Object.keys(next) as (keyof State)[]).some((key) => next[key] !== state[key])
      if (!changed) return
      state = next
      for (const listener of listeners) listener()
    },
  }
  if (initial) store.take(initial)
  return store
}
