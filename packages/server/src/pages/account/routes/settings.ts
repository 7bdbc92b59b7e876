import type { CookieChange } from "../../../http/cookies.ts"
import type { Reply } from "../../../http/route.ts"
import { languageOf } from "../../texts/texts.ts"
import { go, show } from "../answers.ts"
import { attempt, demandFields, minimumPassword } from "../forms.ts"
import type { View } from "../frame.ts"
import type { PageRoute } from "../page-route.ts"
import type { Refusal } from "../refusals.ts"
import { safeHere } from "../return-to.ts"
import { renewed } from "../settling.ts"
import { addressPage, passwordPage, profilePage } from "../views/settings.ts"
import type { Person, Visit } from "../visit.ts"
import { languageCookieName, typedCookie } from "../visit.ts"

const passwordView = async (visit: Visit, { actor }: Person, refusal?: Refusal): Promise<View> =>
  passwordPage(visit.frame, {
    hasPassword: actor.user.hasPassword,
    minimumLength: await minimumPassword(visit),
    email: actor.user.email,
    refusal,
  })

const changePassword = async (visit: Visit, person: Person): Promise<Reply> => {
  const { current, password = "" } = visit.form
  const { hasPassword } = person.actor.user
  const page = (refusal: Refusal): Promise<View> => passwordView(visit, person, refusal)
  await demandFields(visit, hasPassword ? ["current", "password"] : ["password"], page)
  const input = { password, ...(hasPassword ? { current } : {}) }
  const { token } = await attempt(visit, () => visit.engine.users.changePassword(person.on, input), {}, page)
  return go(visit, `${visit.frame.base}?done=password-changed`, renewed(visit, person, token))
}

const changeAddress = async (visit: Visit, person: Person): Promise<Reply> => {
  const { email = "" } = visit.form
  const page = (refusal: Refusal): View =>
    addressPage(visit.frame, { email: person.actor.user.email, typed: email, refusal })
  await demandFields(visit, ["email"], page)
  await attempt(visit, () => visit.engine.users.requestAddressChange(person.on, { email }), {}, page)
  return go(visit, `${visit.frame.base}/check-mail?for=change`, [typedCookie(email)])
}

const changeProfile = async (visit: Visit, person: Person): Promise<Reply> => {
  const { firstName = "", lastName = "", locale } = visit.form
  const change = {
    firstName: firstName.trim() || null,
    lastName: lastName.trim() || null,
    locale: languageOf(locale) ?? null,
  }
  const page = (refusal: Refusal): View =>
    profilePage(visit.frame, { user: { ...person.actor.user, firstName, lastName }, refusal })
  await attempt(visit, () => visit.engine.users.update(person.on, change), {}, page)
  return go(
    visit,
    `${visit.frame.base}?done=profile-saved`,
    change.locale === null ? [{ name: languageCookieName, value: null }] : [],
  )
}

const year = 365 * 86_400

const changeLanguage = async (visit: Visit): Promise<Reply> => {
  const language = languageOf(visit.form["language"])
  const here = safeHere(visit.frame.base, visit.form["here"])
  if (language === undefined) return go(visit, here)
  if (visit.person !== undefined && visit.person.actor.user.locale !== null)
    await visit.engine.users.update(visit.person.on, { locale: language })
  return go(visit, here, [{ name: languageCookieName, value: language, maxAgeSeconds: year }])
}

const signOut = async (visit: Visit): Promise<Reply> => {
  if (visit.person !== undefined) await visit.engine.sessions.signOut(visit.person.token, visit.source)
  const cleared: CookieChange[] = ["session", "challenge", "typed"].map((name) => ({ name, value: null }))
  return go(visit, `${visit.frame.base}/sign-in?done=signed-out`, cleared)
}

export const settingsRoutes: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/password",
    for: "person",
    handle: async (visit, person) => show(visit, await passwordView(visit, person)),
  },
  { method: "POST", path: "/password", for: "person", limit: "sign-in", handle: changePassword },
  {
    method: "GET",
    path: "/address",
    for: "person",
    handle: (visit, { actor }) => show(visit, addressPage(visit.frame, { email: actor.user.email })),
  },
  { method: "POST", path: "/address", for: "person", limit: "mail", handle: changeAddress },
  {
    method: "GET",
    path: "/profile",
    for: "person",
    handle: (visit, { actor }) => show(visit, profilePage(visit.frame, { user: actor.user })),
  },
  { method: "POST", path: "/profile", for: "person", handle: changeProfile },
  { method: "POST", path: "/language", for: "anybody", handle: changeLanguage },
  { method: "POST", path: "/sign-out", for: "anybody", handle: signOut },
]
