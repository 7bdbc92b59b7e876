import type { Engine } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call, Door, Reply, Route } from "../../http/route.ts"
import { openAssets } from "../assets/assets.ts"
import { go, refuse, RefusedPage } from "./answers.ts"
import type { PageRoute } from "./page-route.ts"
import { renderRefusal } from "./render-refusal.ts"
import { safeTarget } from "./return-to.ts"
import { serveAsPerson } from "./routes/as-person.ts"
import { codesRoutes } from "./routes/codes.ts"
import { enrolmentRoutes } from "./routes/enrolment.ts"
import { guestRoutes } from "./routes/guest.ts"
import { overPage, secondStepRoutes } from "./routes/second-step.ts"
import { overview, securityRoutes } from "./routes/security.ts"
import { settingsRoutes } from "./routes/settings.ts"
import { stepUpRoutes } from "./routes/step-up.ts"
import type { PageSettings, Surroundings, Visit } from "./visit.ts"
import { doorPrefix, openVisit } from "./visit.ts"

export type { PageSettings } from "./visit.ts"

/** The hosted account pages as a door of the server, at `/account`, and the way there from the root. */
export const accountDoors = (engine: Engine, settings: PageSettings): readonly Door[] => {
  const around = surroundingsOf(engine, settings)
  const render = renderRefusal(around)
  const both = { renderError: render.error, renderFault: render.fault }
  const doorstep: Route = {
    method: "GET",
    path: "/",
    handle: () => ({ status: 302, headers: { location: around.base } }),
  }
  return [
    { name: "account", prefix: doorPrefix, routes: routesOf(around), ...both },
    { name: "doorstep", prefix: "", cookies: false, routes: [doorstep], ...both },
  ]
}

/** The routes alone. */
export const accountPages = (engine: Engine, settings: PageSettings): readonly Route[] =>
  routesOf(surroundingsOf(engine, settings))

const surroundingsOf = (engine: Engine, settings: PageSettings): Surroundings => {
  const base = `${new URL(engine.settings.publicUrl).pathname.replace(/\/+$/, "")}${doorPrefix}`
  return { engine, settings, base, assets: openAssets(base) }
}

/** Every page. Named ones stand before those with a parameter in the same place. */
const pageRoutes: readonly PageRoute[] = [
  ...guestRoutes,
  ...secondStepRoutes,
  ...stepUpRoutes(() => pageRoutes),
  ...enrolmentRoutes(overview),
  ...codesRoutes,
  ...settingsRoutes,
  ...securityRoutes,
]

const routesOf = (around: Surroundings): readonly Route[] => [
  ...around.assets.routes,
  ...pageRoutes.map((route) => ({
    method: route.method,
    path: route.path,
    limit: route.limit,
    handle: (call: Call) => serve(route, call, around),
  })),
]

/** Serves one page. A refusal of a GET is answered at once, with its cookies; only what was posted is counted. */
const serve = async (route: PageRoute, call: Call, around: Surroundings): Promise<Reply> => {
  try {
    return await handle(route, call, around)
  } catch (error) {
    if (route.method === "GET" && error instanceof RefusedPage) return error.reply
    throw error
  }
}

const handle = async (route: PageRoute, call: Call, around: Surroundings): Promise<Reply> => {
  const getter = pageRoutes.find((one) => one.method === "GET" && one.path === route.path)
  const own = `${around.base}${getter === undefined || getter.path === "/" ? "" : getter.path}`
  const visit = await openVisit(call, around, own.includes(":") ? around.base : own)
  switch (route.for) {
    case "anybody":
      return await route.handle(visit)
    case "guest":
      return visit.person === undefined ? await route.handle(visit) : go(visit, wanted(visit))
    case "challenge":
      return await withChallenge(visit, route)
    case "person":
      return visit.person === undefined ? signInFirst(visit) : await serveAsPerson(visit, visit.person, route)
  }
}

/** Where somebody who is signed in already wanted to go. */
const wanted = (visit: Visit): string =>
  safeTarget(visit.engine.settings, visit.form["return_to"] ?? visit.query.get("return_to")) ?? visit.frame.base

const signInFirst = (visit: Visit): Reply => {
  const { base, here } = visit.frame
  return go(
    visit,
    here === base ? `${base}/sign-in` : `${base}/sign-in?${new URLSearchParams({ return_to: here }).toString()}`,
  )
}

const withChallenge = async (visit: Visit, route: Extract<PageRoute, { for: "challenge" }>): Promise<Reply> => {
  // A second press, or the way back in the browser: what was wanted has happened.
  if (visit.person !== undefined && route.purpose !== "step_up") return go(visit, visit.frame.base)
  if (visit.person === undefined && route.purpose === "step_up") return signInFirst(visit)
  try {
    const token = visit.challengeToken
    if (token === undefined) throw new CountersignError("challenge_spent")
    const view = await visit.engine.signIn.challenge(token)
    const another = visit.person !== undefined && visit.person.actor.user.id !== view.userId
    if (view.purpose !== route.purpose || another) throw new CountersignError("challenge_spent")
    return await route.handle(visit, { token, view })
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "challenge_spent" || error instanceof RefusedPage)
      throw error
    return await refuse(visit, error, overPage(visit))
  }
}
