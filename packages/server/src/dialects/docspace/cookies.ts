import type { Engine, SignIn } from "../../engine/engine.ts"
import type { CookieChange } from "../dialect.ts"

/** The cookie of a session, by the name that clients of this wire know. */
export const sessionCookieName = "asc_auth_key"

export type LinkType = "TfaActivation" | "TfaAuth"
export const linkTypes: readonly LinkType[] = ["TfaActivation", "TfaAuth"]

/** The cookie that holds a link's key, since the key never stands in a URL. */
export const linkCookieName = (type: LinkType): string => `asc_confirm_key_${type}`

export type Issued = { readonly token: string; readonly expiresAt: number; readonly cookies: readonly CookieChange[] }

/**
 * The token of a finished sign-in, good as bearer and as cookie for as long as the session. Not the session's own
 * token: that one is replaced by every change of factors, and this wire has no place to hand over the next. `lasting`:
 * whether the cookie outlives the browser.
 */
export const issueToken = async (
  engine: Engine,
  { session }: Extract<SignIn, { status: "complete" }>,
  now: number,
  lasting = session.persistent,
): Promise<Issued> => {
  const seconds = Math.max(1, Math.floor((session.expiresAt - now) / 1000))
  const { accessToken } = await engine.sessions.issuePair(session.id, { accessSeconds: seconds, refreshSeconds: 1 })
  const maxAgeSeconds = lasting ? seconds : undefined
  return {
    token: accessToken,
    expiresAt: session.expiresAt,
    cookies: [
      { name: sessionCookieName, foreign: true, value: accessToken, maxAgeSeconds },
      ...linkTypes.map(clearedLink),
      { name: "challenge", value: null },
    ],
  }
}

/** The key of a link, for the next request of this wire and for the account page that the link leads to. */
export const linkCookies = (type: LinkType, token: string, maxAgeSeconds: number): readonly CookieChange[] => [
  { name: linkCookieName(type), foreign: true, value: token, maxAgeSeconds },
  { name: "challenge", value: token, maxAgeSeconds },
]

const clearedLink = (type: LinkType): CookieChange => ({ name: linkCookieName(type), foreign: true, value: null })

export const clearedSession: readonly CookieChange[] = [
  { name: sessionCookieName, foreign: true, value: null },
  { name: "session", value: null },
]
