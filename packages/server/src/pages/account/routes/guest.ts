import { CountersignError } from "../../../engine/errors.ts"
import type { LinkFor } from "../../../engine/engine.ts"
import type { Reply } from "../../../http/route.ts"
import { go, refuse, show } from "../answers.ts"
import type { PageRoute } from "../page-route.ts"
import type { Refusal } from "../refusals.ts"
import { refusalOf } from "../refusals.ts"
import { appOf, safeTarget } from "../return-to.ts"
import { goOn } from "../settling.ts"
import type { MailReason } from "../views/sign-in.ts"
import { checkMailPage, confirmPage, forgotPage, resetPage, signInPage, signUpPage } from "../views/sign-in.ts"
import type { Visit } from "../visit.ts"
import { typedCookie } from "../visit.ts"
import { doneWords } from "../done.ts"
import { attempt, demandFields, minimumPassword } from "../forms.ts"
import type { View } from "../frame.ts"
import { problemPage } from "../views/problem.ts"

const returnToOf = (visit: Visit): string | undefined =>
  safeTarget(visit.engine.settings, visit.form["return_to"] ?? visit.query.get("return_to"))

const signInForm = (visit: Visit, of: Partial<Parameters<typeof signInPage>[1]> = {}) => {
  const returnTo = returnToOf(visit)
  const app = appOf(visit.engine.settings, returnTo)
  return signInPage(visit.frame, {
    mayCome: true,
    email: visit.form["email"] ?? visit.typedEmail,
    stay: visit.form["stay"] === "yes",
    returnTo,
    app,
    ...of,
  })
}

const signIn = async (visit: Visit): Promise<Reply> => {
  const { email = "", password = "", stay } = visit.form
  await demandFields(visit, ["email", "password"], (refusal) => signInForm(visit, { refusal }))
  const returnTo = returnToOf(visit)
  try {
    const result = await visit.engine.signIn.withPassword(
      { email, password, persistent: stay === "yes", deviceToken: visit.deviceToken, returnTo },
      visit.source,
    )
    await sendFirstCode(visit, result)
    return goOn(visit, result, { returnTo: returnTo ?? null })
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    // Told only after the right password: the way on is the mail, not the form.
    if (error.code === "address_unconfirmed")
      return go(visit, `${visit.frame.base}/check-mail?for=unconfirmed`, [typedCookie(email)])
    return await refuse(visit, error, signInForm(visit, { refusal: refusalOf(error, visit.frame) }))
  }
}

/** Where codes come by mail and by nothing better, the first one is sent at once. */
const sendFirstCode = async (
  visit: Visit,
  result: Awaited<ReturnType<Visit["engine"]["signIn"]["withPassword"]>>,
): Promise<void> => {
  if (result.status !== "second_factor" || result.challenge.kinds[0]?.kind !== "email-code") return
  try {
    await visit.engine.signIn.start({ token: result.token }, "email-code", visit.source)
  } catch (error) {
    // Too many mails just now: the page says so when the person asks for one.
    if (!(error instanceof CountersignError)) throw error
  }
}

const signUpForm = async (visit: Visit, of: Partial<Parameters<typeof signUpPage>[1]> = {}): Promise<View> =>
  signUpPage(visit.frame, {
    email: visit.form["email"] ?? visit.typedEmail,
    returnTo: returnToOf(visit),
    minimumLength: await minimumPassword(visit),
    ...of,
  })

const signUp = async (visit: Visit): Promise<Reply> => {
  const { email = "", password = "" } = visit.form
  const { engine, frame } = visit
  await demandFields(visit, ["email", "password"], (refusal) => signUpForm(visit, { refusal }))
  const input = { email, password, locale: frame.language, linkFor: confirmLink(visit) }
  await attempt(
    visit,
    () => engine.users.signUp(input, visit.source),
    {},
    (refusal) => signUpForm(visit, { refusal }),
  )
  const to =
    engine.settings.confirmEmail === "required"
      ? `${frame.base}/check-mail?for=confirm`
      : `${frame.base}/sign-in?done=signed-up`
  return go(visit, to, [typedCookie(email)])
}

/** Our own page, with the way back to the app that the person came from. */
const confirmLink = (visit: Visit): LinkFor | undefined => {
  const returnTo = returnToOf(visit)
  if (returnTo === undefined) return undefined
  const { publicUrl } = visit.engine.settings
  return ({ token }) => ({
    url: `${publicUrl}/account/confirm-address?${new URLSearchParams({ token, return_to: returnTo }).toString()}`,
  })
}

const reasons: Readonly<Record<string, MailReason>> = {
  confirm: "confirm",
  unconfirmed: "unconfirmed",
  reset: "reset",
  change: "change",
}

const checkMail = (visit: Visit, of: { sentAgain?: boolean } = {}) => {
  const reason = reasons[visit.form["reason"] ?? visit.query.get("for") ?? ""] ?? "confirm"
  const { links } = visit.engine.settings
  return checkMailPage(visit.frame, {
    reason,
    email: visit.typedEmail,
    linkSeconds: reason === "reset" ? links.resetSeconds : links.confirmationSeconds,
    ...of,
  })
}

const sendAgain = async (visit: Visit): Promise<Reply> => {
  const { typedEmail: email, engine, frame } = visit
  const reset = visit.form["reason"] === "reset"
  if (email === undefined) return go(visit, `${frame.base}/${reset ? "forgot" : "sign-up"}`)
  await (reset
    ? engine.users.requestReset({ email }, visit.source)
    : engine.users.requestConfirmation({ email }, visit.source))
  return go(visit, `${frame.base}/check-mail?for=${reset ? "reset" : "confirm"}&sent=again`)
}

const forgot = async (visit: Visit): Promise<Reply> => {
  const { email = "" } = visit.form
  const form = (refusal?: Refusal) => forgotPage(visit.frame, { email, refusal })
  await demandFields(visit, ["email"], form)
  await attempt(visit, () => visit.engine.users.requestReset({ email }, visit.source), {}, form)
  return go(visit, `${visit.frame.base}/check-mail?for=reset`, [typedCookie(email)])
}

const reset = async (visit: Visit): Promise<Reply> => {
  const { token = "", password = "" } = visit.form
  const { engine, frame } = visit
  const minimumLength = await minimumPassword(visit)
  const form = (refusal?: Refusal): View => resetPage(frame, { token, minimumLength, refusal })
  await demandFields(visit, ["password"], form)
  try {
    const user = await engine.users.resetPassword({ token, password }, visit.source)
    const typed = user.email === null ? [] : [typedCookie(user.email)]
    // Every session has ended, this browser's too.
    return go(visit, `${frame.base}/sign-in?done=password-reset`, [{ name: "session", value: null }, ...typed])
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    if (error.code !== "link_invalid") return await refuse(visit, error, form(refusalOf(error, frame)))
    return await refuse(visit, error, deadLink(visit, "forgot"))
  }
}

const deadLink = (visit: Visit, way: "forgot" | "sign-in") =>
  problemPage(
    visit.frame,
    { is: "link_invalid" },
    {
      href: `${visit.frame.base}/${way}`,
      label: way === "forgot" ? visit.words.problem.newLink : visit.words.problem.signInAgain,
    },
  )

const confirm = async (visit: Visit): Promise<Reply> => {
  const { engine, frame, person } = visit
  try {
    const user = await engine.users.confirmAddress({ token: visit.form["token"] ?? "" }, visit.source)
    if (person?.actor.user.id === user.id) return go(visit, `${frame.base}?done=address-changed`)
    const returnTo = returnToOf(visit)
    const query = new URLSearchParams({
      done: "address-confirmed",
      ...(returnTo === undefined ? {} : { return_to: returnTo }),
    })
    return go(visit, `${frame.base}/sign-in?${query.toString()}`, user.email === null ? [] : [typedCookie(user.email)])
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return await refuse(visit, error, deadLink(visit, "sign-in"))
  }
}

/** For somebody who is not signed in, and the pages behind mailed links. */
export const guestRoutes: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/sign-in",
    for: "guest",
    handle: (visit) => show(visit, signInForm(visit, { done: doneWords(visit) })),
  },
  { method: "POST", path: "/sign-in", for: "guest", limit: "sign-in", handle: signIn },
  { method: "GET", path: "/sign-up", for: "guest", handle: async (visit) => show(visit, await signUpForm(visit)) },
  { method: "POST", path: "/sign-up", for: "guest", limit: "mail", handle: signUp },
  {
    method: "GET",
    path: "/check-mail",
    for: "anybody",
    handle: (visit) => show(visit, checkMail(visit, { sentAgain: visit.query.get("sent") === "again" })),
  },
  { method: "POST", path: "/check-mail", for: "anybody", limit: "mail", handle: sendAgain },
  {
    method: "GET",
    path: "/forgot",
    for: "anybody",
    handle: (visit) => show(visit, forgotPage(visit.frame, { email: visit.typedEmail })),
  },
  { method: "POST", path: "/forgot", for: "anybody", limit: "mail", handle: forgot },
  {
    method: "POST",
    path: "/forgot/start",
    for: "anybody",
    handle: async (visit) =>
      go(visit, `${visit.frame.base}/forgot`, visit.form["email"] ? [typedCookie(visit.form["email"])] : []),
  },
  {
    method: "GET",
    path: "/reset-password",
    for: "anybody",
    handle: async (visit) =>
      show(
        visit,
        resetPage(visit.frame, {
          token: visit.query.get("token") ?? "",
          minimumLength: await minimumPassword(visit),
        }),
      ),
  },
  { method: "POST", path: "/reset-password", for: "anybody", limit: "sign-in", handle: reset },
  {
    method: "GET",
    path: "/confirm-address",
    for: "anybody",
    handle: (visit) =>
      show(visit, confirmPage(visit.frame, { token: visit.query.get("token") ?? "", returnTo: returnToOf(visit) })),
  },
  { method: "POST", path: "/confirm-address", for: "anybody", limit: "sign-in", handle: confirm },
]
