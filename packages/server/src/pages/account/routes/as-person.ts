import type { Level } from "../../../engine/errors.ts"
import { CountersignError } from "../../../engine/errors.ts"
import type { Reply } from "../../../http/route.ts"
import { refuse, RefusedPage, show } from "../answers.ts"
import type { PageRoute } from "../page-route.ts"
import { refusalOf } from "../refusals.ts"
import { challengeCookie } from "../settling.ts"
import type { SecondStep } from "../views/second-step.ts"
import type { Person, Visit } from "../visit.ts"
import { proofPage } from "./second-step.ts"
import { overview } from "./security.ts"

/** What a step-up goes on to: `POST /factors/x/rename`, and the fields that were typed there. */
export type Goal = NonNullable<SecondStep["goal"]>

type PersonRoute = Extract<PageRoute, { for: "person" }>

/** Serves a page to somebody signed in. A demanded proof is asked for; what a page has no words for is told on the Security page. */
export const serveAsPerson = async (visit: Visit, person: Person, route: PersonRoute): Promise<Reply> => {
  try {
    return await route.handle(visit, person)
  } catch (error) {
    if (!(error instanceof CountersignError) || error instanceof RefusedPage) throw error
    if (error.code === "session_reverification_required")
      return await askForProof(visit, person, error.details.level ?? "first_factor", goalOf(visit, route))
    if (error.code === "not_found" || route.path === "/") throw error
    return await refuse(visit, error, await overview(visit, person, refusalOf(error, visit.frame)))
  }
}

const goalOf = (visit: Visit, route: PersonRoute): Goal => {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(visit.params[name] ?? ""))
  return { path: `${route.method} ${path}`, fields: visit.form }
}

/**
 * Asks for the proof that an operation demands. What was being done, and what was typed there, travels in the form
 * (the person's own browser, a page that is never stored), so that it goes on without being typed again.
 */
const askForProof = async (visit: Visit, person: Person, level: Level, goal: Goal): Promise<Reply> => {
  const { challenge, token } = await visit.engine.stepUp.open(person.on, { level })
  const opened = { ...visit, form: {}, query: new URLSearchParams() }
  return await show(opened, await proofPage(opened, { token, view: challenge }, { goal }), {
    cookies: [challengeCookie(token, challenge.expiresAt, visit.now)],
  })
}
