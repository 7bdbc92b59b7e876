import type { SessionAnswer, SessionClaims, State, User } from "@countersign/client"
import { hasAuthorization } from "../authorization.ts"
import type { AuthorizationParams } from "../authorization.ts"
import { factorAges, isFresh } from "../freshness.ts"
import { claimsOf, signInUrl, stateOf } from "./session-of-headers.ts"

export type AuthClaims = Pick<SessionClaims, "sub" | "sid" | "fva" | "amr" | "acr">

type Always = {
  /** Whether the proofs are fresh enough, or the user has the role. False for who is not signed in. */
  readonly has: (asked: AuthorizationParams) => boolean
}

export type Auth = Always &
  (
    | {
        readonly isAuthenticated: true
        readonly userId: string
        readonly sessionId: string
        readonly sessionClaims: AuthClaims
      }
    | {
        readonly isAuthenticated: false
        readonly userId: null
        readonly sessionId: null
        readonly sessionClaims: null
      }
  )

const nobody: Auth = { isAuthenticated: false, userId: null, sessionId: null, sessionClaims: null, has: () => false }

const somebody = (claims: AuthClaims, has: Always["has"]): Auth => ({
  isAuthenticated: true,
  userId: claims.sub,
  sessionId: claims.sid,
  sessionClaims: claims,
  has,
})

function authFromState(state: State): Auth {
  const { session, user, tasks } = state
  // A session that owes an enrolment is not one to the app: only the pages that settle it are open to it.
  if (!session || !user || tasks.length > 0) return nobody
  const [first, second] = factorAges(session, user)
  const claims: AuthClaims = { sub: user.id, sid: session.id, fva: [first, second], amr: session.amr, acr: session.acr }
  return somebody(claims, (asked) => hasAuthorization(state, asked))
}

/** A short token says how fresh the proofs are, not what roles there are: a role needs the session itself. */
const authFromClaims = ({ sub, sid, fva, amr, acr }: SessionClaims): Auth =>
  somebody(
    { sub, sid, fva, amr, acr },
    (asked) => asked.role === undefined && "reverification" in asked && isFresh(asked.reverification, fva),
  )

type Known = { readonly auth: () => Promise<Auth>; readonly state: () => Promise<State> }
const known = new WeakMap<Headers, Known>()

/** One request to the app is one question to Countersign, however many parts of the app ask. */
function knownOf(headers: Headers): Known {
  const found = known.get(headers)
  if (found) return found
  let asked: Promise<State> | undefined
  let decided: Promise<Auth> | undefined
  const state = (): Promise<State> => (asked ??= stateOf(headers))
  const decide = async (): Promise<Auth> => {
    const claims = await claimsOf(headers)
    if (claims !== undefined) return claims ? authFromClaims(claims) : nobody
    return authFromState(await state())
  }
  const made: Known = { auth: () => (decided ??= decide()), state }
  known.set(headers, made)
  return made
}

/** Who is signed in, by a request that came to the app: for middleware, and for any server that has a `Request`. */
export const authOf = (request: { readonly headers: Headers }): Promise<Auth> => knownOf(request.headers).auth()

/** The page to sign in on, and back to where somebody wanted to go. */
export const signInPage = (returnTo: string): string =>
  `${signInUrl()}${signInUrl().includes("?") ? "&" : "?"}return_to=${encodeURIComponent(returnTo)}`

async function currentHeaders(): Promise<Headers> {
  const { headers } = await import("next/headers")
  return headers()
}

const currentAuth = async (): Promise<Auth> => knownOf(await currentHeaders()).auth()

/** Sends whoever is not signed in to the sign-in page; comes back for everybody else. */
async function protect({ returnTo = "/" }: { returnTo?: string } = {}): Promise<
  Extract<Auth, { isAuthenticated: true }>
> {
  const found = await currentAuth()
  if (found.isAuthenticated) return found
  const { redirect } = await import("next/navigation")
  return redirect(signInPage(returnTo))
}

/** Who is signed in: in server components, server actions and route handlers. */
export const auth: (() => Promise<Auth>) & { readonly protect: typeof protect } = Object.assign(currentAuth, {
  protect,
})

/** The signed-in user as Countersign knows them, or null. */
export async function currentUser(): Promise<User | null> {
  const { user, session, tasks } = await knownOf(await currentHeaders()).state()
  return session && tasks.length === 0 ? user : null
}

/** For `<CountersignProvider initialState={…}>`: no request and no flicker after the first paint. */
export async function countersignState(): Promise<SessionAnswer> {
  const { session, user, tasks, challenge } = await knownOf(await currentHeaders()).state()
  return { session, user, tasks, challenge }
}
