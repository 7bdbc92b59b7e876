import { useSyncExternalStore } from "react"
import { useProvided } from "./context.ts"
import { hasAuthorization } from "./authorization.ts"
import type { AuthorizationParams } from "./authorization.ts"
import type { SessionResource } from "./session-resource.ts"
import { getTokenOf } from "./session-token.ts"
import { sessionViewsOf } from "./session-view.ts"
import type { SessionView, SetActiveParams } from "./session-view.ts"

export type UseSessionReturn =
  | { readonly isLoaded: false; readonly isSignedIn: undefined; readonly session: undefined }
  | { readonly isLoaded: true; readonly isSignedIn: false; readonly session: null }
  | { readonly isLoaded: true; readonly isSignedIn: boolean; readonly session: SessionResource }

/** The session as it stands, and how to make another the active one. */
export function useSessionView(hook: string): SessionView & { setActive: (params: SetActiveParams) => Promise<void> } {
  const { client } = useProvided(hook)
  const views = sessionViewsOf(client)
  const view = useSyncExternalStore(views.subscribe, views.current, views.current)
  return { ...view, setActive: views.setActive }
}

/** The session; `isSignedIn` is false while it has something to do first. */
export function useSession(): UseSessionReturn {
  const { loaded, session, pending } = useSessionView("useSession")
  if (!loaded) return { isLoaded: false, isSignedIn: undefined, session: undefined }
  return session
    ? { isLoaded: true, isSignedIn: !pending, session }
    : { isLoaded: true, isSignedIn: false, session: null }
}

export type SessionClaims = {
  readonly sub: string
  readonly sid: string
  readonly fva: readonly [number, number]
  readonly amr: readonly string[]
  readonly acr: string
}

type Always = {
  readonly actor: null | undefined
  readonly orgId: null | undefined
  readonly orgRole: null | undefined
  readonly orgSlug: null | undefined
  /** False while nobody is known to be signed in. */
  readonly has: (asked: AuthorizationParams) => boolean
  /** A short signed token for the app's own server; null where nobody is signed in. */
  readonly getToken: () => Promise<string | null>
  readonly signOut: (options?: { redirectUrl?: string }) => Promise<void>
}

export type UseAuthReturn = Always &
  (
    | {
        readonly isLoaded: false
        readonly isSignedIn: undefined
        readonly userId: undefined
        readonly sessionId: undefined
        readonly sessionClaims: undefined
      }
    | {
        readonly isLoaded: true
        readonly isSignedIn: false
        readonly userId: null
        readonly sessionId: null
        readonly sessionClaims: null
      }
    | {
        readonly isLoaded: true
        readonly isSignedIn: true
        readonly userId: string
        readonly sessionId: string
        readonly sessionClaims: SessionClaims
      }
  )

/** Ids, `has`, `getToken` and `signOut`. A session with something to do first counts as signed out, unless told otherwise. */
export function useAuth({ treatPendingAsSignedOut = true }: { treatPendingAsSignedOut?: boolean } = {}): UseAuthReturn {
  const { client } = useProvided("useAuth")
  const { loaded, session, pending, state, setActive } = useSessionView("useAuth")
  const none = loaded ? null : undefined
  const always: Always = {
    actor: none,
    orgId: none,
    orgRole: none,
    orgSlug: none,
    has: (asked) => session !== null && !pending && hasAuthorization(state, asked),
    getToken: getTokenOf(client),
    signOut: async ({ redirectUrl } = {}) =>
      setActive({ session: null, ...(redirectUrl === undefined ? {} : { redirectUrl }) }),
  }
  if (!loaded)
    return {
      ...always,
      isLoaded: false,
      isSignedIn: undefined,
      userId: undefined,
      sessionId: undefined,
      sessionClaims: undefined,
    }
  if (!session || (pending && treatPendingAsSignedOut))
    return { ...always, isLoaded: true, isSignedIn: false, userId: null, sessionId: null, sessionClaims: null }
  const userId = session.user?.id ?? ""
  const { amr, acr } = state.session ?? { amr: [], acr: "" }
  const fva = session.factorVerificationAge ?? ([-1, -1] as const)
  const sessionClaims = { sub: userId, sid: session.id, fva, amr, acr }
  return { ...always, isLoaded: true, isSignedIn: true, userId, sessionId: session.id, sessionClaims }
}
