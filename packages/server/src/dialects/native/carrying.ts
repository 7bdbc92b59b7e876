import type { Engine, On, Session, SignIn, Source, User } from "../../engine/engine.ts"
import type { Call, CookieChange, Reply } from "../dialect.ts"
import type { z } from "zod"
import type * as schemas from "./schemas.ts"
import { challengeView, sessionView, userView } from "./views.ts"

/** How a token reaches its holder: a browser gets a cookie that no script can read, anybody else the token itself. */
export type Carrier = "cookie" | "bearer"

/** A bearer is answered as a bearer. */
export const carrierOf = ({ credential }: Call): Carrier => (credential?.via === "bearer" ? "bearer" : "cookie")

const secondsUntil = (at: number, now: number): number => Math.max(0, Math.floor((at - now) / 1000))

export const sessionCookie = (token: string, session: Session, now: number): CookieChange => ({
  name: "session",
  value: token,
  maxAgeSeconds: session.persistent ? secondsUntil(session.expiresAt, now) : undefined,
})

export const challengeCookie = (token: string, expiresAt: number, now: number): CookieChange => ({
  name: "challenge",
  value: token,
  maxAgeSeconds: secondsUntil(expiresAt, now),
})

export const clearedCookie = (name: CookieChange["name"]): CookieChange => ({ name, value: null })

/** The user as they see themselves, with what hangs on their factors. */
export const ownView = async (engine: Engine, on: On, user: User): Promise<z.output<typeof schemas.user>> => {
  const [factors, codes] = await Promise.all([engine.factors.list(on), engine.recoveryCodes.status(on)])
  return userView(user, { factors, codes })
}

export type Settled = { readonly view: z.output<typeof schemas.signIn>; readonly cookies: readonly CookieChange[] }

type Carriage = { readonly engine: Engine; readonly carrier: Carrier; readonly source: Source; readonly now: number }

/** What a step of signing in came to, on this wire. Before the last step nothing of the user but the address is told. */
export const settle = async (signIn: SignIn, { engine, carrier, source, now }: Carriage): Promise<Settled> => {
  const { token, user } = signIn
  const asBearer = carrier === "bearer"
  if (signIn.status !== "complete") {
    const { status, challenge } = signIn
    return {
      view: { status, challenge: challengeView(challenge, user), ...(asBearer ? { token } : {}) },
      cookies: asBearer ? [] : [challengeCookie(token, challenge.expiresAt, now)],
    }
  }
  const { session, deviceToken, recoveryCodesLeft } = signIn
  const on: On = { actor: { type: "session", user, session }, source }
  const [agesOf, shown] = await Promise.all([engine.sessions.factorAges(user.id), ownView(engine, on, user)])
  const view = {
    status: signIn.status,
    session: sessionView(session, agesOf(session)),
    user: shown,
    ...(recoveryCodesLeft === undefined ? {} : { recoveryCodesLeft }),
    ...(asBearer ? { token, ...(deviceToken === undefined ? {} : { deviceToken }) } : {}),
  }
  if (asBearer) return { view, cookies: [] }
  const device: CookieChange[] =
    deviceToken === undefined
      ? []
      : [{ name: "device", value: deviceToken, maxAgeSeconds: engine.settings.rememberedDevice.seconds }]
  return { view, cookies: [sessionCookie(token, session, now), clearedCookie("challenge"), ...device] }
}

/**
 * Where the acting session was given a new token: a cookie is replaced, a bearer reads it in `Countersign-Session`.
 * The one before goes on working for some seconds, for requests that are under way.
 */
export const renewal = (
  token: string | undefined,
  on: On,
  call: Call,
  now: number,
): Pick<Reply, "headers" | "cookies"> => {
  if (token === undefined || on.actor.type !== "session") return {}
  return carrierOf(call) === "bearer"
    ? { headers: { "countersign-session": token } }
    : { cookies: [sessionCookie(token, on.actor.session, now)] }
}
