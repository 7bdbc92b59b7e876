import { CountersignError } from "../../../engine/errors.ts"
import type { PublicFactor } from "../../../engine/engine.ts"
import type { Reply } from "../../../http/route.ts"
import { go, show } from "../answers.ts"
import { doneWords } from "../done.ts"
import { attempt, demandFields } from "../forms.ts"
import type { View } from "../frame.ts"
import type { PageRoute } from "../page-route.ts"
import type { Refusal } from "../refusals.ts"
import { renewed } from "../settling.ts"
import { activityPage, worthTelling } from "../views/activity.ts"
import { factorPage, removeFactorPage } from "../views/factor.ts"
import { securityPage } from "../views/security.ts"
import type { Person, Visit } from "../visit.ts"

const recentActivity = 8
const activityLimit = 30

/** Everything that the Security page shows, read at once. */
export const overview = async (visit: Visit, { actor, on }: Person, refusal?: Refusal): Promise<View> => {
  const { engine } = visit
  const [factors, offered, codes, sessions, browsers, activity, policy] = await Promise.all([
    engine.factors.list(on),
    engine.factors.offered(on),
    engine.recoveryCodes.status(on),
    engine.sessions.list(on),
    engine.rememberedDevices.list(on, { token: visit.deviceToken }),
    engine.activity.ofUser(on, { limit: 3 * recentActivity }),
    engine.policy.read(actor),
  ])
  const canShow = codes.createdAt !== null && !codes.acknowledged && (await mayReadCodes(visit, on))
  return securityPage(visit.frame, {
    user: actor.user,
    factors: factors.filter(({ state }) => state === "on"),
    offered,
    codes: engine.settings.recoveryCodes.offered ? { ...codes, canShow } : undefined,
    sessions,
    browsers,
    activity: worthTelling(activity.items).slice(0, recentActivity),
    owedBy: policy.postponableUntil,
    owedNow: policy.enrolmentOwed,
    done: doneWords(visit),
    refusal,
  })
}

/** Whether codes wait to be saved by this session; the page that shows them may ask for a fresh proof first. */
const mayReadCodes = async ({ engine }: Visit, on: Person["on"]): Promise<boolean> => {
  try {
    return (await engine.recoveryCodes.reveal(on)) !== undefined
  } catch (error) {
    if (error instanceof CountersignError && error.code === "session_reverification_required") return true
    throw error
  }
}

/** What is gone already was asked for twice: the second press is answered as the first. */
const onceGone = async (work: () => Promise<unknown>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "not_found") throw error
  }
}

const endSession = async (visit: Visit, { on }: Person): Promise<Reply> => {
  await onceGone(() => visit.engine.sessions.end(on, { id: visit.params["id"] ?? "" }))
  return go(visit, `${visit.frame.base}?done=session-ended`)
}

const endOthers = async (visit: Visit, { on }: Person): Promise<Reply> => {
  await visit.engine.sessions.endOthers(on)
  return go(visit, `${visit.frame.base}?done=others-ended`)
}

const forgetBrowser = async (visit: Visit, { on }: Person): Promise<Reply> => {
  await onceGone(() => visit.engine.rememberedDevices.forget(on, { id: visit.params["id"] ?? "" }))
  return go(visit, `${visit.frame.base}?done=browser-forgotten`)
}

const forgetAll = async (visit: Visit, { on }: Person): Promise<Reply> => {
  await visit.engine.rememberedDevices.forgetAll(on)
  return go(visit, `${visit.frame.base}?done=browsers-forgotten`, [{ name: "device", value: null }])
}

const activity = async (visit: Visit, { on }: Person): Promise<Reply> => {
  const after = visit.query.get("after") ?? undefined
  const { items, next } = await visit.engine.activity.ofUser(on, { after, limit: activityLimit })
  return await show(visit, activityPage(visit.frame, { items: worthTelling(items), next, first: after === undefined }))
}

/** The factor that the path names, and the others that are on. Throws `not_found`. */
const factorAt = async (visit: Visit, { on }: Person): Promise<{ factor: PublicFactor; others: PublicFactor[] }> => {
  const factors = (await visit.engine.factors.list(on)).filter(({ state }) => state === "on")
  const factor = factors.find(({ id }) => id === visit.params["id"])
  if (factor === undefined) throw new CountersignError("not_found")
  return { factor, others: factors.filter(({ id }) => id !== factor.id) }
}

const rename = async (visit: Visit, person: Person): Promise<Reply> => {
  const { factor } = await factorAt(visit, person)
  const typed = visit.form["name"] ?? ""
  const page = (refusal: Refusal): View => factorPage(visit.frame, { factor, typed, refusal })
  await demandFields(visit, ["name"], page)
  await attempt(
    visit,
    () => visit.engine.factors.rename(person.on, { factorId: factor.id, name: typed.trim() }),
    {},
    page,
  )
  return go(visit, `${visit.frame.base}?done=factor-renamed`)
}

const remove = async (visit: Visit, person: Person): Promise<Reply> => {
  const { base } = visit.frame
  const found = await factorAt(visit, person).catch((error: unknown) => {
    if (error instanceof CountersignError && error.code === "not_found") return undefined
    throw error
  })
  if (found === undefined) return go(visit, `${base}?done=factor-removed`)
  const page = (refusal: Refusal): View => removeFactorPage(visit.frame, { ...found, refusal })
  const { token } = await attempt(
    visit,
    () => visit.engine.factors.remove(person.on, { factorId: found.factor.id }),
    {},
    page,
  )
  return go(visit, `${base}?done=factor-removed`, renewed(visit, person, token))
}

export const securityRoutes: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/",
    for: "person",
    handle: async (visit, person) => show(visit, await overview(visit, person)),
  },
  { method: "POST", path: "/sessions/end-others", for: "person", handle: endOthers },
  { method: "POST", path: "/sessions/:id/end", for: "person", handle: endSession },
  { method: "POST", path: "/browsers/forget-all", for: "person", handle: forgetAll },
  { method: "POST", path: "/browsers/:id/forget", for: "person", handle: forgetBrowser },
  { method: "GET", path: "/activity", for: "person", handle: activity },
  {
    method: "GET",
    path: "/factors/:id",
    for: "person",
    handle: async (visit, person) => show(visit, factorPage(visit.frame, await factorAt(visit, person))),
  },
  { method: "POST", path: "/factors/:id/rename", for: "person", handle: rename },
  {
    method: "GET",
    path: "/factors/:id/remove",
    for: "person",
    handle: async (visit, person) => show(visit, removeFactorPage(visit.frame, await factorAt(visit, person))),
  },
  { method: "POST", path: "/factors/:id/remove", for: "person", handle: remove },
]
