import { html } from "hono/html"
import type { ChallengeRef, On, Source } from "../../../engine/engine.ts"
import { CountersignError } from "../../../engine/errors.ts"
import type { Reply } from "../../../http/route.ts"
import { go, refuse, show } from "../answers.ts"
import type { View } from "../frame.ts"
import { attempt, demandFields } from "../forms.ts"
import type { Holder, PageRoute } from "../page-route.ts"
import { passkeyAnswerIn } from "../passkey-answer.ts"
import type { Refusal } from "../refusals.ts"
import { refusalOf } from "../refusals.ts"
import { goOn, renewed } from "../settling.ts"
import { addAppPage, beginAppPage, enrolPage, mailFactorPage } from "../views/enrolment.ts"
import { addPasskeyPage, beginPasskeyPage } from "../views/passkey.ts"
import type { Person, Visit } from "../visit.ts"
import { questionIn } from "./second-step.ts"

/** Who sets a factor up: somebody signed in, or somebody half-way who has to before they may pass. */
type Enroller = {
  readonly who: On | { challenge: ChallengeRef; source: Source }
  /** Where its pages stand. */
  readonly at: string
  readonly leave: string
  readonly account: string
}

const ofPerson = (visit: Visit, person: Person): Enroller => ({
  who: person.on,
  at: `${visit.frame.base}/factors`,
  leave: visit.frame.base,
  account: person.actor.user.email ?? "",
})

const ofChallenge = (visit: Visit, { token }: Holder): Enroller => ({
  who: { challenge: { token }, source: visit.source },
  at: `${visit.frame.base}/enrol`,
  leave: `${visit.frame.base}/enrol`,
  account: visit.typedEmail ?? "",
})

type Kind = "totp" | "email-code" | "passkey"

/** Where the page of a kind stands. */
const places: Readonly<Record<Kind, string>> = { totp: "app", "email-code": "mail", passkey: "passkey" }

const isKind = (kind: string): kind is Kind => Object.hasOwn(places, kind)

const begin = async (visit: Visit, enroller: Enroller, page: (refusal: Refusal) => Promise<View>): Promise<Reply> => {
  const asked = visit.form["kind"] ?? ""
  const kind = isKind(asked) ? asked : "totp"
  try {
    await visit.engine.factors.begin(enroller.who, { kind })
  } catch (error) {
    if (!(error instanceof CountersignError) || !canBeMended(error)) throw error
    return await refuse(visit, error, await page(refusalOf(error, visit.frame)))
  }
  return go(visit, `${enroller.at}/${places[kind]}${kind === "email-code" ? "?sent=yes" : ""}`)
}

const canBeMended = ({ code }: CountersignError): boolean =>
  code !== "session_reverification_required" && code !== "challenge_spent"

/** A name that tells this one from those that are there. */
const freshName = async (visit: Visit, person: Person | undefined, defaultName: string): Promise<string> => {
  if (person === undefined) return defaultName
  const taken = new Set((await visit.engine.factors.list(person.on)).map(({ name }) => name))
  let name = defaultName
  for (let number = 2; taken.has(name); number++) name = `${defaultName} ${number}`
  return name
}

/** The page with the key that was begun, or the one that begins. */
const appPage = async (visit: Visit, enroller: Enroller, refusal?: Refusal): Promise<View> => {
  const { totp } = visit.engine.settings
  const { at: action, leave } = enroller
  const begun = await visit.engine.factors.reveal(enroller.who, { kind: "totp" })
  const { secret, uri } = begun?.show ?? {}
  if (begun?.factor.state !== "pending" || typeof secret !== "string" || typeof uri !== "string")
    return beginAppPage(visit.frame, {
      action,
      leave,
      period: totp.periodSeconds,
      again: refusal !== undefined,
      refusal,
    })
  return addAppPage(visit.frame, {
    secret,
    uri,
    account: accountIn(uri) ?? enroller.account,
    digits: totp.digits,
    expiresAt: begun.expiresAt,
    name: visit.form["name"] ?? (await freshName(visit, visit.person, visit.words.authenticator.defaultName)),
    typed: refusal === undefined ? undefined : visit.form["code"]?.slice(0, 32),
    action: `${action}/app`,
    leave,
    refusal,
  })
}

/** What the app will show beside the issuer: the label's second part. */
const accountIn = (uri: string): string | undefined => {
  const label = decodeURIComponent(URL.parse(uri)?.pathname ?? "")
  return label.includes(":") ? label.slice(label.indexOf(":") + 1).trim() : undefined
}

const mailPage = (visit: Visit, enroller: Enroller, refusal?: Refusal): View =>
  mailFactorPage(visit.frame, {
    begin: enroller.at,
    action: `${enroller.at}/mail`,
    leave: enroller.leave,
    hint: enroller.account,
    sent: refusal !== undefined || visit.query.get("sent") === "yes",
    digits: visit.engine.settings.mailedCode.digits,
    typed: refusal === undefined ? undefined : visit.form["code"]?.slice(0, 32),
    refusal,
  })

/** What is left of a question's time has to be enough for finding the device. */
const shortestSeconds = 60

/** The page with the question that was begun, or the one that begins. */
const passkeyPage = async (visit: Visit, enroller: Enroller, refusal?: Refusal): Promise<View> => {
  const { at: action, leave } = enroller
  const begun = await visit.engine.factors.reveal(enroller.who, { kind: "passkey" })
  const { options, seconds } = questionIn(begun?.show)
  const left = seconds - Math.ceil((visit.now - (begun?.factor.createdAt ?? 0)) / 1000)
  if (begun?.factor.state !== "pending" || options === undefined || left < shortestSeconds)
    return beginPasskeyPage(visit.frame, { action, leave, refusal })
  return addPasskeyPage(visit.frame, {
    question: { options, seconds: left },
    name: visit.form["name"] ?? (await freshName(visit, visit.person, visit.words.passkey.defaultName)),
    action: `${action}/passkey`,
    leave,
    refusal,
  })
}

const pages: Readonly<Record<Kind, (visit: Visit, enroller: Enroller, refusal?: Refusal) => Promise<View>>> = {
  totp: appPage,
  "email-code": async (...about) => mailPage(...about),
  passkey: passkeyPage,
}

/** What stands in the form; refuses what was left empty. A passkey's page that was open for too long asks anew. */
const answerIn = async (visit: Visit, enroller: Enroller, kind: Kind): Promise<unknown> => {
  const page = (refusal: Refusal): Promise<View> => pages[kind](visit, enroller, refusal)
  if (kind !== "passkey") {
    await demandFields(visit, kind === "totp" ? ["name", "code"] : ["code"], page)
    return visit.form["code"]
  }
  await demandFields(visit, ["name"], page)
  const answer = passkeyAnswerIn(visit)
  if (answer !== undefined) return answer
  await visit.engine.factors.begin(enroller.who, { kind })
  const again = { summary: html`${visit.words.passkey.again}`, fields: {} }
  return await refuse(visit, new CountersignError("input_invalid", { field: "answer" }), await page(again))
}

const confirm = async (visit: Visit, enroller: Enroller, kind: Kind) => {
  const answer = await answerIn(visit, enroller, kind)
  const { totp, mailedCode } = visit.engine.settings
  const context = {
    kind,
    enrolling: kind !== "email-code",
    digits: kind === "email-code" ? mailedCode.digits : totp.digits,
    names: { answer: "code" },
  }
  const { name } = visit.form
  const input = { kind, answer, ...(kind !== "email-code" && name !== undefined ? { name: name.trim() } : {}) }
  return await attempt(
    visit,
    () => visit.engine.factors.confirm(enroller.who, input),
    context,
    (refusal) => pages[kind](visit, enroller, refusal),
  )
}

const doneBy: Readonly<Record<Kind, string>> = {
  totp: "factor-added",
  "email-code": "mail-added",
  passkey: "passkey-added",
}

const confirmAsPerson =
  (kind: Kind) =>
  async (visit: Visit, person: Person): Promise<Reply> => {
    const { recoveryCodes, token } = await confirm(visit, ofPerson(visit, person), kind)
    const to = recoveryCodes === undefined ? visit.frame.base : `${visit.frame.base}/recovery-codes`
    return go(visit, `${to}?done=${doneBy[kind]}`, renewed(visit, person, token))
  }

const confirmAsHolder =
  (kind: Kind) =>
  async (visit: Visit, holder: Holder): Promise<Reply> => {
    const { signIn, recoveryCodes } = await confirm(visit, ofChallenge(visit, holder), kind)
    if (signIn === undefined) return go(visit, `${visit.frame.base}/sign-in`)
    return goOn(visit, signIn, { returnTo: holder.view.returnTo, codesFirst: recoveryCodes !== undefined })
  }

const enrolView = (visit: Visit, { view }: Holder, refusal?: Refusal): View =>
  enrolPage(visit.frame, {
    kinds: view.kinds.map(({ kind }) => kind),
    postponableUntil: view.postponableUntil,
    refusal,
  })

const later = async (visit: Visit, holder: Holder): Promise<Reply> => {
  const result = await attempt(
    visit,
    () => visit.engine.signIn.postpone({ token: holder.token }, visit.source),
    {},
    (refusal) => enrolView(visit, holder, refusal),
  )
  return goOn(visit, result, { returnTo: holder.view.returnTo })
}

/** The pages of one kind, for somebody signed in and for somebody half-way. */
const routesOf = (kind: Kind): readonly PageRoute[] => {
  const half = { path: `/enrol/${places[kind]}`, for: "challenge", purpose: "enrol" } as const
  const full = { path: `/factors/${places[kind]}`, for: "person" } as const
  return [
    {
      ...full,
      method: "GET",
      handle: async (visit: Visit, person: Person) => show(visit, await pages[kind](visit, ofPerson(visit, person))),
    },
    { ...full, method: "POST", handle: confirmAsPerson(kind) },
    {
      ...half,
      method: "GET",
      handle: async (visit: Visit, holder: Holder) => show(visit, await pages[kind](visit, ofChallenge(visit, holder))),
    },
    { ...half, method: "POST", limit: "sign-in", handle: confirmAsHolder(kind) },
  ]
}

/** `overview`: the Security page, where one that can't be begun is refused. */
export const enrolmentRoutes = (
  overview: (visit: Visit, person: Person, refusal: Refusal) => Promise<View>,
): readonly PageRoute[] => [
  {
    method: "POST",
    path: "/factors",
    for: "person",
    handle: (visit, person) => begin(visit, ofPerson(visit, person), (refusal) => overview(visit, person, refusal)),
  },
  {
    method: "GET",
    path: "/enrol",
    for: "challenge",
    purpose: "enrol",
    handle: (visit, holder) => show(visit, enrolView(visit, holder)),
  },
  {
    method: "POST",
    path: "/enrol",
    for: "challenge",
    purpose: "enrol",
    handle: (visit, holder) =>
      begin(visit, ofChallenge(visit, holder), async (refusal) => enrolView(visit, holder, refusal)),
  },
  ...Object.keys(places).filter(isKind).flatMap(routesOf),
  { method: "POST", path: "/enrol/later", for: "challenge", purpose: "enrol", handle: later },
]
