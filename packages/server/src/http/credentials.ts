import type { CookieRules } from "./cookies.ts"
import { readCookie } from "./cookies.ts"
import { UnreadableRequest } from "./unreadable-request.ts"

/** What a request shows to say who it is. A key or a session's token travels as a bearer, a browser's session as a cookie. */
export type Credential = { readonly via: "cookie" | "bearer"; readonly token: string }

export type Credentials = {
  readonly credential: Credential | undefined
  readonly challengeToken: string | undefined
  readonly deviceToken: string | undefined
}

const challengePrefix = "csc_"

/**
 * The token of `Authorization: Bearer …`. Another scheme (a proxy's Basic) and an empty bearer are no credential at
 * all (RFC 6750, section 3).
 */
const readBearer = (header: string | null): string | undefined => {
  const token = /^bearer[ \t]+(.*)$/i.exec(header ?? "")?.[1]?.trim()
  return token === "" ? undefined : token
}

/**
 * Finds the credentials of a request. A bearer decides alone; where one is sent, no session or challenge cookie is
 * looked at. Throws `UnreadableRequest` for a token in the query (RFC 6750, section 5.3: URLs end in logs).
 */
export const readCredentials = (request: Request, url: URL, rules: CookieRules): Credentials => {
  if (url.searchParams.has("access_token")) throw new UnreadableRequest("token_in_query")
  const cookies = request.headers.get("cookie")
  const deviceToken = readCookie(rules, cookies, "device")

  const bearer = readBearer(request.headers.get("authorization"))
  if (bearer !== undefined) {
    const challengeToken = bearer.startsWith(challengePrefix) ? bearer : undefined
    return { credential: { via: "bearer", token: bearer }, challengeToken, deviceToken }
  }
  const session = readCookie(rules, cookies, "session")
  return {
    credential: session === undefined ? undefined : { via: "cookie", token: session },
    challengeToken: readCookie(rules, cookies, "challenge"),
    deviceToken,
  }
}
