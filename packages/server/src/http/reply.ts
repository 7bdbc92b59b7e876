import type { CookieRules } from "./cookies.ts"
import { cookieName, writeCookie } from "./cookies.ts"
import type { Reply } from "./route.ts"

const bodyOf = (reply: Reply): { type: string; body: string } | undefined => {
  if (reply.html !== undefined) return { type: "text/html; charset=utf-8", body: reply.html }
  if (reply.text !== undefined) return { type: "text/plain; charset=utf-8", body: reply.text }
  if (reply.json !== undefined) return { type: "application/json", body: JSON.stringify(reply.json) }
  return undefined
}

/** What a route answered, as a response. One that is a response already is taken as it is. */
export const toResponse = (reply: Reply | Response, rules: CookieRules): Response => {
  if (reply instanceof Response) return reply
  const headers = new Headers(reply.headers)
  const body = bodyOf(reply)
  if (body && !headers.has("content-type")) headers.set("content-type", body.type)
  for (const change of reply.cookies ?? []) headers.append("set-cookie", writeCookie(rules, change))
  return new Response(body?.body ?? null, { status: reply.status, headers })
}

/** The same answer with headers that can be changed: those of a redirect that a door made are fixed. */
const copyOf = ({ body, status, statusText, headers }: Response): Response =>
  new Response(body, { status, statusText, headers })

/** Takes a dead session cookie off the browser, unless the answer sets a new one anyway. */
export const withoutDeadSession = (response: Response, rules: CookieRules): Response => {
  const name = `${cookieName(rules, "session")}=`
  if (response.headers.getSetCookie().some((line) => line.startsWith(name))) return response
  const cleared = copyOf(response)
  cleared.headers.append("set-cookie", writeCookie(rules, { name: "session", value: null }))
  return cleared
}
