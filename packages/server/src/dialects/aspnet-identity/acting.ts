import type { Actor, Engine, On } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call, CookieChange, Reply } from "../dialect.ts"

export type Acting = {
  readonly on: On & { readonly actor: Extract<Actor, { type: "session" }> }
  /** What the session was shown with. A bearer sets and reads no cookie. */
  readonly via: "cookie" | "bearer"
  readonly token: string
}

/**
 * A route for somebody who is signed in, which is looked at before the body. A key is no sign-in of this wire. An account
 * that goes away on the way is not found.
 */
export const signedIn =
  (engine: Engine, handle: (call: Call, acting: Acting) => Promise<Reply>) =>
  async (call: Call): Promise<Reply> => {
    const actor = await call.actor()
    if (actor?.type !== "session" || call.credential === undefined) throw new CountersignError("unauthenticated")
    try {
      return await handle(call, { on: { actor, source: call.source }, ...call.credential })
    } catch (error) {
      const isOver = error instanceof CountersignError && error.code === "unauthenticated"
      const isGone = isOver && (await engine.users.find({ id: actor.user.id })) === undefined
      throw isGone ? new CountersignError("not_found") : error
    }
  }

/** The acting session as it is now, after a change that proved something. */
export const refreshed = async (engine: Engine, acting: Acting): Promise<Acting> => {
  const { on } = acting
  const session = await engine.sessions.find(on.actor.session.id)
  if (session === undefined) throw new CountersignError("unauthenticated")
  return { ...acting, on: { ...on, actor: { ...on.actor, session } } }
}

/** A session's cookie: with a date where it is to outlast the browser. */
export const sessionCookie = (
  token: string,
  session: { readonly persistent: boolean; readonly expiresAt: number },
  now: number,
): CookieChange => ({
  name: "session",
  value: token,
  ...(session.persistent && until(session.expiresAt, now)),
})

/** The remembered machine's cookie; it always outlasts the browser. */
export const machineCookie = (token: string, seconds: number, now: number): CookieChange => ({
  name: "device",
  value: token,
  ...until(now + seconds * 1000, now),
})

const until = (at: number, now: number): Pick<CookieChange, "maxAgeSeconds" | "expiresAt"> => ({
  maxAgeSeconds: Math.max(0, Math.floor((at - now) / 1000)),
  expiresAt: at,
})

/** The acting session has a new token. Its access tokens go on as they are. */
export const renewal = ({ via, on }: Acting, token: string | undefined, now: number): CookieChange[] =>
  via === "cookie" && token !== undefined ? [sessionCookie(token, on.actor.session, now)] : []
