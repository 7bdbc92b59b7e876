import type { ChallengeView, SignIn } from "../../../engine/engine.ts"
import { CountersignError } from "../../../engine/errors.ts"
import type { CookieChange } from "../../../http/cookies.ts"
import type { Reply } from "../../../http/route.ts"
import { go, merge, RefusedPage, show, statusOf } from "../answers.ts"
import type { Holder, PageRoute } from "../page-route.ts"
import { routeAt } from "../page-route.ts"
import { refusalOf } from "../refusals.ts"
import { safeHere } from "../return-to.ts"
import { challengeCookie, completeCookies, personOf } from "../settling.ts"
import { problemPage } from "../views/problem.ts"
import type { Person, Visit } from "../visit.ts"
import { asPerson } from "../visit.ts"
import type { Goal } from "./as-person.ts"
import { serveAsPerson } from "./as-person.ts"
import { demandAnswer, kindOf, proofPage, refuseProof } from "./second-step.ts"

/** What the form carries on to. A path of the pages themselves, which is then served like any other. */
const goalOf = (visit: Visit): Goal => {
  const fields = Object.entries(visit.form)
    .filter(([name]) => name.startsWith("goal."))
    .map(([name, value]) => [name.slice("goal.".length), value])
  return { path: visit.form["goal"] ?? "GET ", fields: Object.fromEntries(fields) as Record<string, string> }
}

/** Goes on with what was being done, as the session that is fresh now. */
const goOnWith = async (
  visit: Visit,
  routes: readonly PageRoute[],
  goal: Goal,
  fresh: { person: Person; cookies: readonly CookieChange[] },
): Promise<Reply> => {
  const { base } = visit.frame
  const { person, cookies } = fresh
  const [method = "", path = ""] = goal.path.split(" ", 2)
  if (method === "GET") return go(visit, safeHere(base, `${base}${path === "/" ? "" : path}`), cookies)
  const found = method === "POST" ? routeAt(routes, method, path) : undefined
  if (found?.route.for !== "person") return go(visit, base, cookies)
  const next = asPerson(visit, person, {
    form: goal.fields,
    params: found.params,
    cookies: merge(visit.cookies, cookies),
  })
  try {
    return await serveAsPerson(next, person, found.route)
  } catch (error) {
    // The session's new token has to reach the browser, whatever became of the rest.
    if (error instanceof RefusedPage) return { ...error.reply, cookies: merge(cookies, error.reply.cookies ?? []) }
    if (!(error instanceof CountersignError)) throw error
    return await show(next, problemPage(next.frame, { is: "refused", words: refusalOf(error, next.frame).summary }), {
      status: statusOf(error.code),
    })
  }
}

const answer =
  (routes: () => readonly PageRoute[]) =>
  async (visit: Visit, holder: Holder): Promise<Reply> => {
    const goal = goalOf(visit)
    const given = await demandAnswer(visit, holder, goal)
    const result = await prove(visit, holder, given, goal)
    if (result.status !== "complete") return await again(visit, { token: result.token, view: result.challenge }, goal)
    const person = personOf(result, visit.source)
    return await goOnWith(visit, routes(), goal, { person, cookies: completeCookies(visit, result) })
  }

const prove = async (visit: Visit, holder: Holder, given: unknown, goal: Goal): Promise<SignIn> => {
  try {
    const input = { challenge: { token: holder.token }, kind: kindOf(visit, holder.view), answer: given }
    return await visit.engine.signIn.answer(input, visit.source)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return await refuseProof(visit, holder, error, goal)
  }
}

/** One of two proofs is given: the page for the other. */
const again = async (visit: Visit, holder: Holder, goal: Goal): Promise<Reply> =>
  await show(visit, await proofPage({ ...visit, form: {} }, holder, { goal }), {
    cookies: [challengeCookie(holder.token, holder.view.expiresAt, visit.now)],
  })

const otherWay = async (visit: Visit, holder: Holder): Promise<Reply> =>
  await show(visit, await proofPage(visit, holder, { goal: goalOf(visit) }))

const send = async (visit: Visit, holder: Holder): Promise<Reply> => {
  const goal = goalOf(visit)
  try {
    await visit.engine.signIn.start({ token: holder.token }, "email-code", visit.source)
    const view: ChallengeView = await visit.engine.signIn.challenge(holder.token)
    return await show(visit, await proofPage(visit, { ...holder, view }, { goal }))
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return await refuseProof(visit, holder, error, goal)
  }
}

/** `routes`: all pages, among which what was being done is found again. */
export const stepUpRoutes = (routes: () => readonly PageRoute[]): readonly PageRoute[] => [
  { method: "POST", path: "/step-up", for: "challenge", purpose: "step_up", limit: "sign-in", handle: answer(routes) },
  { method: "POST", path: "/step-up/with", for: "challenge", purpose: "step_up", handle: otherWay },
  { method: "POST", path: "/step-up/start", for: "challenge", purpose: "step_up", limit: "mail", handle: send },
]
