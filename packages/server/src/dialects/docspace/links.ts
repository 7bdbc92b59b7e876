/**
 * Links to set an app up or to pass with one. A link is an open challenge of the engine: random, kept as a hash, for
 * one use and a few minutes. Its URL leads to the account pages and names no key; the key travels in a cookie.
 */
import type { ChallengeView, SignIn } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import { readForeignCookie } from "../../http/cookies.ts"
import type { Call, CookieChange } from "../dialect.ts"
import type { Person } from "./caller.ts"
import { linkCookieName, linkCookies, type LinkType, linkTypes } from "./cookies.ts"
import type { Visit } from "./operation.ts"

export type MadeLink = {
  readonly url: string
  readonly type: LinkType
  /** The key; undefined where the caller has to sign in on the page. */
  readonly token: string | undefined
  readonly cookies: readonly CookieChange[]
}

type Unsettled = Exclude<SignIn, { status: "complete" }>
type Opened = { readonly challenge: ChallengeView; readonly token: string }

/** The link of a sign-in that is not finished. */
export const linkOfSignIn = (visit: Visit, { status, challenge, token }: Unsettled): MadeLink =>
  made(visit, status === "enrolment" ? "TfaActivation" : "TfaAuth", { challenge, token })

/** A link for somebody who is signed in. A key has no session that a link could go on with: only the page is named. */
export const linkOfPerson = async (visit: Visit, person: Person, linked: boolean): Promise<MadeLink> => {
  const type = linked ? "TfaAuth" : "TfaActivation"
  const { engine, settings } = visit
  if (person.actor.type !== "session") {
    const url = `${settings.publicUrl}/account/${linked ? "" : "factors/app"}${queryOf(type, person.actor.user.id)}`
    return { url, type, token: undefined, cookies: [] }
  }
  return made(
    visit,
    type,
    linked ? await engine.stepUp.open(person, { level: "second_factor" }) : await engine.signIn.openEnrolment(person),
  )
}

const made = ({ settings }: Visit, type: LinkType, { challenge, token }: Opened): MadeLink => {
  const seconds = Math.floor((challenge.expiresAt - settings.now()) / 1000)
  const url = `${settings.publicUrl}/account/${pages[challenge.purpose]}${queryOf(type, challenge.userId)}`
  return { url, type, token, cookies: linkCookies(type, token, seconds) }
}

const pages = { enrol: "enrol/app", sign_in: "second-step", step_up: "step-up" } as const

const queryOf = (type: LinkType, userId: string): string => `?type=${type}&uid=${userId}`

/** A link that a request shows: the challenge behind it, and the token that opens it. */
export type ShownLink = { readonly type: LinkType; readonly token: string; readonly view: ChallengeView }

/**
 * The link of the `confirm` header, its key from there or from the cookie; undefined where there is no such header, or a
 * bearer, which decides alone.
 * @throws CountersignError `unauthenticated` without a key; `link_invalid`, `challenge_spent`
 */
export const shownLink = async (visit: Visit): Promise<ShownLink | undefined> => {
  const header = visit.call.request.headers.get("confirm")
  if (header === null || visit.call.credential?.via === "bearer") return undefined
  const given = new URLSearchParams(header)
  return await openLink(visit, { type: given.get("type"), uid: given.get("uid"), key: given.get("key") })
}

type Given = {
  readonly type?: unknown
  readonly uid?: string | null | undefined
  readonly key?: string | null | undefined
}

/** @throws CountersignError `unauthenticated` without a key; `link_invalid`, `challenge_spent` */
export const openLink = async ({ engine, call }: Visit, given: Given): Promise<ShownLink> => {
  const type = linkTypes.find((known) => known === given.type)
  if (type === undefined) throw new CountersignError("link_invalid")
  const token = given.key ?? keyInCookie(call, type)
  if (!token) throw new CountersignError("unauthenticated")
  const view = await engine.signIn.challenge(token)
  const fits = (view.purpose === "enrol") === (type === "TfaActivation")
  const uid = given.uid?.toLowerCase()
  if (!fits || (uid !== undefined && uid !== view.userId)) throw new CountersignError("link_invalid")
  return { type, token, view }
}

const keyInCookie = (call: Call, type: LinkType): string | undefined =>
  readForeignCookie(call.request.headers.get("cookie"), linkCookieName(type))
