import type { Session, SessionAnswer, State, User } from "@countersign/client"
import { factorAges } from "../freshness.ts"
import { hasAuthorization } from "../authorization.ts"
import type { AuthorizationParams } from "../authorization.ts"
import { signInUrl, stateOf } from "./session-of-headers.ts"

export type SessionClaims = {
  readonly sub: string
  readonly sid: string
  readonly fva: readonly [number, number]
  readonly amr: readonly string[]
  readonly acr: string
}

type Always = {
  /** Whether the proofs are fresh enough, or the user has the role. False for who is not signed in. */
  readonly has: (asked: AuthorizationParams) => boolean
  /** For `<CountersignProvider initialState={…}>`: no request and no flicker after the first paint. */
  readonly initialState: SessionAnswer
}

export type Auth = Always &
  (
    | {
        readonly isAuthenticated: true
        readonly userId: string
        readonly sessionId: string
        readonly sessionClaims: SessionClaims
        readonly user: User
        readonly session: Session
      }
    | {
        readonly isAuthenticated: false
        readonly userId: null
        readonly sessionId: null
        readonly sessionClaims: null
        readonly user: null
        readonly session: null
      }
  )

function authFrom(state: State): Auth {
  const { session, user, tasks, challenge } = state
  const initialState: SessionAnswer = { session, user, tasks, challenge }
  // A session that owes an enrolment is not one to the app: only the pages that settle it are open to it.
  if (!session || !user || tasks.length > 0)
    return {
      isAuthenticated: false,
      userId: null,
      sessionId: null,
      sessionClaims: null,
      user: null,
      session: null,
      has: () => false,
      initialState,
    }
  const fva = factorAges(session, user)
  return {
    isAuthenticated: true,
    userId: user.id,
    sessionId: session.id,
    sessionClaims: { sub: user.id, sid: session.id, fva: [fva[0], fva[1]], amr: session.amr, acr: session.acr },
    user,
    session,
    has: (asked) => hasAuthorization(state, asked),
    initialState,
  }
}

const known = new WeakMap<Headers, Promise<Auth>>()

/** Who is signed in, by a request that came to the app: for middleware, and for any server that has a `Request`. */
export function authOf(request: { readonly headers: Headers }): Promise<Auth> {
  const { headers } = request
  const found = known.get(headers) ?? stateOf(headers).then(authFrom)
  known.set(headers, found)
  return found
}

/** The page to sign in on, and back to where somebody wanted to go. */
export const signInPage = (returnTo: string): string =>
  `${signInUrl()}${signInUrl().includes("?") ? "&" : "?"}return_to=${encodeURIComponent(returnTo)}`

async function currentAuth(): Promise<Auth> {
  const { headers } = await import("next/headers")
  return authOf({ headers: await headers() })
}

/** Sends whoever is not signed in to the sign-in page; comes back for everybody else. */
async function protect({ returnTo = "/" }: { returnTo?: string } = {}): Promise<
  Extract<Auth, { isAuthenticated: true }>
> {
  const found = await currentAuth()
  if (found.isAuthenticated) return found
  const { redirect } = await import("next/navigation")
  return redirect(signInPage(returnTo))
}

/** Who is signed in: in server components, server actions and route handlers. Asks Countersign once for each request. */
export const auth: (() => Promise<Auth>) & { readonly protect: typeof protect } = Object.assign(currentAuth, {
  protect,
})

/** The signed-in user, or null. */
export const currentUser = async (): Promise<User | null> => (await auth()).user

/** What `<CountersignProvider initialState={…}>` takes. */
export const countersignState = async (): Promise<SessionAnswer> => (await auth()).initialState
