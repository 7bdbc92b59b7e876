import type { Actor, Engine, On, Source } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { CookieChange } from "../../http/cookies.ts"
import type { Call } from "../../http/route.ts"
import type { Assets } from "../assets/assets.ts"
import type { Language, Texts } from "../texts/texts.ts"
import { languageOf, textsOf, wishedLanguage } from "../texts/texts.ts"
import { boundTo, formTokenOf, isFormToken, newSeed, seedCookie } from "./form-token.ts"
import type { Frame } from "./frame.ts"
import { safeHere } from "./return-to.ts"

/** Where the pages stand below the public URL. */
export const doorPrefix = "/account"

export type PageSettings = {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** The development mailbox stands in for SMTP: the pages say where mail lands. */
  readonly mailbox?: boolean | undefined
}

/** Somebody who is signed in. */
export type Person = { readonly actor: Extract<Actor, { type: "session" }>; readonly token: string; readonly on: On }

/** One request to a page, with all that its handler needs. */
export type Visit = {
  readonly engine: Engine
  readonly source: Source
  readonly frame: Frame
  readonly words: Texts
  readonly now: number
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The posted fields; empty for a GET. */
  readonly form: Readonly<Record<string, string>>
  readonly person: Person | undefined
  readonly challengeToken: string | undefined
  readonly deviceToken: string | undefined
  /** The address that was typed on a page before. */
  readonly typedEmail: string | undefined
  /** Set with every answer. */
  readonly cookies: readonly CookieChange[]
}

export type Surroundings = {
  readonly engine: Engine
  readonly settings: PageSettings
  readonly base: string
  readonly assets: Assets
}

/** Reads a request. A posted form has to be ours: throws `origin_refused` otherwise. `here`: the page's own GET. */
export const openVisit = async (call: Call, around: Surroundings, here: string): Promise<Visit> => {
  const { engine, settings, base, assets } = around
  const person = await personOf(call)
  const kept = call.cookie(seedCookie)
  const seed = kept ?? newSeed()
  const bound = boundTo(person?.actor.session.id)
  const posted = call.request.method === "POST"
  const form = posted ? await call.form() : {}
  // A mailed link may be opened in a browser where somebody has signed in since, or signed out.
  if (posted && !isFormToken(kept, [bound], form["form"])) throw new CountersignError("origin_refused")

  const language = languageFor(call, person?.actor.user.locale, engine.settings.locale)
  const now = settings.now()
  const frame: Frame = {
    language,
    now,
    issuer: engine.settings.issuer,
    base,
    assets,
    formToken: formTokenOf(seed, bound),
    here: safeHere(base, posted ? `${here}${queryOf(form)}` : `${base}${pathBelow(call.url, base)}${call.url.search}`),
    posted,
    email: person?.actor.user.email,
    signedIn: person !== undefined,
    mailbox: settings.mailbox ? `${base.slice(0, -doorPrefix.length)}/dev/mailbox` : undefined,
  }
  return {
    engine,
    source: { ...call.source, locale: language },
    frame,
    words: textsOf(language),
    now,
    params: call.params,
    query: call.url.searchParams,
    form,
    person,
    challengeToken: call.challengeToken,
    deviceToken: call.deviceToken,
    typedEmail: readTyped(call.cookie(typedCookieName)),
    cookies: kept === undefined ? [{ name: seedCookie, value: seed }] : [],
  }
}

/** The same visit as somebody else, after a step that made a new session or a fresh one. */
export const asPerson = (
  visit: Visit,
  person: Person,
  change: Partial<Pick<Visit, "form" | "params" | "query" | "cookies">> = {},
): Visit => ({
  ...visit,
  ...change,
  person,
  frame: { ...visit.frame, signedIn: true, email: person.actor.user.email },
})

const personOf = async (call: Call): Promise<Person | undefined> => {
  // Pages are for browsers: a bearer is not looked at.
  if (call.credential?.via !== "cookie") return undefined
  const actor = await call.actor()
  if (actor?.type !== "session") return undefined
  return { actor, token: call.credential.token, on: { actor, source: call.source } }
}

export const languageCookieName = "language"

/** What a person chose for their account, then in this browser, then what the browser asks for. */
export const languageFor = (
  call: Pick<Call, "cookie" | "request">,
  own: string | null | undefined,
  otherwise: string,
): Language =>
  languageOf(own) ??
  languageOf(call.cookie(languageCookieName)) ??
  wishedLanguage(call.request.headers.get("accept-language")) ??
  languageOf(otherwise) ??
  "en"

/** What the GET of a page that was posted needs in its query, under the names that it has there. */
const queryOf = (form: Readonly<Record<string, string>>): string => {
  const names = { return_to: "return_to", token: "token", kind: "with" } as const
  const pairs = Object.entries(names).flatMap(([name, query]) => (form[name] ? [[query, form[name]]] : []))
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`
}

/** A proxy may have taken the installation's own base path off the request's. */
const pathBelow = ({ pathname }: URL, base: string): string => {
  const prefix = [base, doorPrefix].find((one) => `${pathname}/`.startsWith(`${one}/`))
  return prefix === undefined ? "" : pathname.slice(prefix.length)
}

// An address goes from page to page in a cookie of the browser's own and not in a URL, which ends up in logs.
const typedCookieName = "typed"
const typedSeconds = 30 * 60

export const typedCookie = (email: string): CookieChange => ({
  name: typedCookieName,
  value: Buffer.from(email.slice(0, 320)).toString("base64url"),
  maxAgeSeconds: typedSeconds,
})

const readTyped = (value: string | undefined): string | undefined => {
  const text = value === undefined ? "" : Buffer.from(value, "base64url").toString()
  return text === "" || text.includes("\uFFFD") ? undefined : text
}
