import type { Engine, Source } from "../engine/engine.ts"
import { isStorableText } from "./strict-json.ts"
import type { BodyLimits } from "./body.ts"
import { bodyOf } from "./body.ts"
import type { CookieRules } from "./cookies.ts"
import { readCookie } from "./cookies.ts"
import type { Credentials } from "./credentials.ts"
import type { Call } from "./route.ts"
import { CountersignError } from "../engine/errors.ts"

export type CallParts = {
  readonly engine: Engine
  readonly request: Request
  readonly url: URL
  readonly params: Readonly<Record<string, string>>
  readonly source: Source
  readonly credentials: Credentials
  readonly cookieRules: CookieRules
  readonly bodyLimits: BodyLimits
  readonly countMail: Call["countMail"]
}

/** A call, and what the app has to know of it afterwards. */
export type ObservedCall = {
  readonly call: Call
  /** Was a session cookie shown that is no session? */
  readonly cookieIsDead: () => boolean
}

const longestParameter = 300

/** Builds the view of one request that a door's route is given. Throws `not_found` for a path that no id can have. */
export const callOf = (parts: CallParts): ObservedCall => {
  const { engine, request, credentials, source } = parts
  for (const value of Object.values(parts.params))
    if (value.length > longestParameter || !isStorableText(value)) throw new CountersignError("not_found")

  const body = bodyOf(request, parts.bodyLimits)
  const { credential } = credentials
  let resolving: ReturnType<Call["actor"]> | undefined
  let dead = false
  const resolve: Call["actor"] = async () => {
    if (!credential) return undefined
    const actor = await engine.sessions.authenticate(credential.token, source)
    dead = actor === undefined && credential.via === "cookie"
    return actor
  }

  const call: Call = {
    request,
    url: parts.url,
    params: parts.params,
    source,
    body: body.object,
    json: body.json,
    form: body.form,
    text: body.text,
    actor: () => (resolving ??= resolve()),
    credential,
    challengeToken: credentials.challengeToken,
    deviceToken: credentials.deviceToken,
    countMail: parts.countMail,
    cookie: (name) => readCookie(parts.cookieRules, request.headers.get("cookie"), name),
  }
  return { call, cookieIsDead: () => dead }
}

const languageTag = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/

/** Who asks, from where: the door's name, the client's address, its agent (cut), and the first language it names. */
export const sourceOf = (request: Request, door: string, address: string | undefined): Source => {
  const agent = request.headers.get("user-agent")
  const locale = request.headers.get("accept-language")?.split(/[,;]/)[0]?.trim()
  return {
    door,
    address,
    // Headers hold no line break, but other controls could still colour somebody's terminal.
    agent:
      agent === null
        ? undefined
        : agent
            .slice(0, 300)
            .toWellFormed()
            .replaceAll(/\p{Cc}/gu, " "),
    locale: locale !== undefined && languageTag.test(locale) ? locale : undefined,
  }
}
