import type { ChallengeRef, On, Source } from "../../../engine/engine.ts"
import { CountersignError } from "../../../engine/errors.ts"
import type { Reply } from "../../../http/route.ts"
import { go, refuse, show } from "../answers.ts"
import type { View } from "../frame.ts"
import { attempt, demandFields } from "../forms.ts"
import type { Holder, PageRoute } from "../page-route.ts"
import type { Refusal } from "../refusals.ts"
import { refusalOf } from "../refusals.ts"
import { goOn, renewed } from "../settling.ts"
import { addAppPage, beginAppPage, enrolPage, mailFactorPage } from "../views/enrolment.ts"
import type { Person, Visit } from "../visit.ts"

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

const kinds: Readonly<Record<string, string>> = { totp: "app", "email-code": "mail" }

const begin = async (visit: Visit, enroller: Enroller, page: (refusal: Refusal) => Promise<View>): Promise<Reply> => {
  const kind = visit.form["kind"] ?? "totp"
  const place = kinds[kind] ?? "app"
  try {
    await visit.engine.factors.begin(enroller.who, { kind: place === "app" ? "totp" : kind })
  } catch (error) {
    if (!(error instanceof CountersignError) || !canBeMended(error)) throw error
    return await refuse(visit, error, await page(refusalOf(error, visit.frame)))
  }
  return go(visit, `${enroller.at}/${place}${place === "mail" ? "?sent=yes" : ""}`)
}

const canBeMended = ({ code }: CountersignError): boolean =>
  code !== "session_reverification_required" && code !== "challenge_spent"

/** A name that tells this app from those that are there. */
const freshName = async (visit: Visit, person: Person | undefined): Promise<string> => {
  const { defaultName } = visit.words.authenticator
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
    name: visit.form["name"] ?? (await freshName(visit, visit.person)),
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

const confirm = async (visit: Visit, enroller: Enroller, kind: "totp" | "email-code") => {
  const { code = "", name } = visit.form
  const page = async (refusal: Refusal): Promise<View> =>
    kind === "totp" ? await appPage(visit, enroller, refusal) : mailPage(visit, enroller, refusal)
  await demandFields(visit, kind === "totp" ? ["name", "code"] : ["code"], page)
  const { totp, mailedCode } = visit.engine.settings
  const context = {
    kind,
    enrolling: kind === "totp",
    digits: kind === "totp" ? totp.digits : mailedCode.digits,
    names: { answer: "code" },
  }
  const input = { kind, answer: code, ...(kind === "totp" && name !== undefined ? { name: name.trim() } : {}) }
  return await attempt(visit, () => visit.engine.factors.confirm(enroller.who, input), context, page)
}

const confirmAsPerson =
  (kind: "totp" | "email-code") =>
  async (visit: Visit, person: Person): Promise<Reply> => {
    const { recoveryCodes, token } = await confirm(visit, ofPerson(visit, person), kind)
    const done = kind === "totp" ? "factor-added" : "mail-added"
    const to = recoveryCodes === undefined ? visit.frame.base : `${visit.frame.base}/recovery-codes`
    return go(visit, `${to}?done=${done}`, renewed(visit, person, token))
  }

const confirmAsHolder =
  (kind: "totp" | "email-code") =>
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

/** `overview`: the Security page, where an app that can't be begun is refused. */
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
    path: "/factors/app",
    for: "person",
    handle: async (visit, person) => show(visit, await appPage(visit, ofPerson(visit, person))),
  },
  { method: "POST", path: "/factors/app", for: "person", handle: confirmAsPerson("totp") },
  {
    method: "GET",
    path: "/factors/mail",
    for: "person",
    handle: (visit, person) => show(visit, mailPage(visit, ofPerson(visit, person))),
  },
  { method: "POST", path: "/factors/mail", for: "person", handle: confirmAsPerson("email-code") },

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
  {
    method: "GET",
    path: "/enrol/app",
    for: "challenge",
    purpose: "enrol",
    handle: async (visit, holder) => show(visit, await appPage(visit, ofChallenge(visit, holder))),
  },
  {
    method: "POST",
    path: "/enrol/app",
    for: "challenge",
    purpose: "enrol",
    limit: "sign-in",
    handle: confirmAsHolder("totp"),
  },
  {
    method: "GET",
    path: "/enrol/mail",
    for: "challenge",
    purpose: "enrol",
    handle: (visit, holder) => show(visit, mailPage(visit, ofChallenge(visit, holder))),
  },
  {
    method: "POST",
    path: "/enrol/mail",
    for: "challenge",
    purpose: "enrol",
    limit: "sign-in",
    handle: confirmAsHolder("email-code"),
  },
  { method: "POST", path: "/enrol/later", for: "challenge", purpose: "enrol", handle: later },
]
