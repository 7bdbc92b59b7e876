import type { Session, SignIn, Source } from "../../engine/engine.ts"
import type { CookieChange } from "../../http/cookies.ts"
import type { Reply } from "../../http/route.ts"
import { go } from "./answers.ts"
import { safeTarget } from "./return-to.ts"
import type { Person, Visit } from "./visit.ts"

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

export const noChallenge: CookieChange = { name: "challenge", value: null }

type Complete = Extract<SignIn, { status: "complete" }>

/** The cookies of a finished sign-in or step-up. */
export const completeCookies = (visit: Visit, signIn: Complete): CookieChange[] => [
  sessionCookie(signIn.token, signIn.session, visit.now),
  noChallenge,
  ...(signIn.deviceToken === undefined
    ? []
    : [{ name: "device", value: signIn.deviceToken, maxAgeSeconds: visit.engine.settings.rememberedDevice.seconds }]),
]

export const personOf = (signIn: Complete, source: Source): Person => {
  const actor = { type: "session", user: signIn.user, session: signIn.session } as const
  return { actor, token: signIn.token, on: { actor, source } }
}

/** The new token of a session whose password or factors changed. */
export const renewed = (visit: Visit, person: Person, token: string | undefined): CookieChange[] =>
  token === undefined ? [] : [sessionCookie(token, person.actor.session, visit.now)]

/** On to what a step of signing in came to: the app, the second step, or setting one up. */
export const goOn = (visit: Visit, signIn: SignIn, of: { returnTo: string | null; codesFirst?: boolean }): Reply => {
  const { base } = visit.frame
  if (signIn.status !== "complete") {
    const to = signIn.status === "enrolment" ? `${base}/enrol` : `${base}/second-step`
    return go(visit, to, [challengeCookie(signIn.token, signIn.challenge.expiresAt, visit.now)])
  }
  const cookies = completeCookies(visit, signIn)
  const target = safeTarget(visit.engine.settings, of.returnTo)
  if (of.codesFirst) {
    const query = target === undefined ? "" : `?${new URLSearchParams({ return_to: target }).toString()}`
    return go(visit, `${base}/recovery-codes${query}`, cookies)
  }
  return go(visit, target ?? (signIn.recoveryCodesLeft === undefined ? base : `${base}?done=code-used`), cookies)
}
