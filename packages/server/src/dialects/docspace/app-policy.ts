/** The demand for an app that administrators switch on and off. What it means is the engine's to say. */
import { CountersignError } from "../../engine/errors.ts"
import { linkedAppOf, type Person, personOf } from "./caller.ts"
import { linkCookieName } from "./cookies.ts"
import { type Fields, readFields, WordedRefusal } from "./fields.ts"
import { linkOfPerson, type MadeLink } from "./links.ts"
import type { Operation, Visit } from "./operation.ts"
import { isAdministrator, isOwner } from "./roles.ts"

/** `GET settings/tfaapp`: what is switched on, and for whom. There are no messages to phones here. */
export const readPolicy: Operation = {
  method: "GET",
  path: "/settings/tfaapp",
  async handle(visit) {
    const { engine } = visit
    await linkedAppOf(engine, await personOf(visit))
    const [{ secondFactor, factors }, rule] = await Promise.all([engine.policy.read(), engine.policy.addedRule()])
    return {
      response: [
        {
          id: "app",
          title: "By authenticator app",
          enabled: secondFactor === "required",
          available: factors.includes("totp"),
          ...(rule && listsOf(rule)),
        },
      ],
    }
  },
}

type Rule = Exclude<Awaited<ReturnType<Visit["engine"]["policy"]["addedRule"]>>, undefined>

const listsOf = ({ exemptAddresses, mandatoryUsers, mandatoryGroups }: Rule) => ({
  ...(exemptAddresses.length > 0 && { trustedIps: exemptAddresses }),
  ...(mandatoryUsers.length > 0 && { mandatoryUsers }),
  ...(mandatoryGroups.length > 0 && { mandatoryGroups }),
})

/** `PUT settings/tfaapp`: true where an app is demanded afterwards. */
export const switchPolicy: Operation = {
  method: "PUT",
  path: "/settings/tfaapp",
  async handle(visit) {
    return { response: await change(visit, await personOf(visit)) }
  },
}

/** `PUT settings/tfaappwithlink`: the same, and where the caller goes next; empty where there is nothing to do. */
export const switchPolicyWithLink: Operation = {
  method: "PUT",
  path: "/settings/tfaappwithlink",
  async handle(visit) {
    const person = await personOf(visit)
    const link = (await change(visit, person)) ? await demandedLink(visit, person) : undefined
    return { response: link?.url ?? "", cookies: link?.cookies }
  },
}

/** `GET settings/tfaapp/confirm`: the caller's link, or nothing where nothing is demanded of the caller. */
export const readLink: Operation = {
  method: "GET",
  path: "/settings/tfaapp/confirm",
  async handle(visit) {
    const link = await demandedLink(visit, await personOf(visit))
    if (link === undefined) return { response: null }
    const { url, type, token = "", cookies } = link
    return { response: { url, cookieName: linkCookieName(type), cookieValue: token }, cookies }
  },
}

const demandedLink = async (visit: Visit, person: Person): Promise<MadeLink | undefined> => {
  const linked = (await linkedAppOf(visit.engine, person)) !== undefined
  const { secondFactor } = await visit.engine.policy.read(person.actor)
  return secondFactor === "required" ? await linkOfPerson(visit, person, linked) : undefined
}

const types: Readonly<Record<string, "sms" | "app">> = { "1": "sms", sms: "sms", "2": "app", app: "app" }

const change = async ({ engine, call }: Visit, { actor }: Person): Promise<boolean> => {
  // Said before anybody that the request names is looked up.
  if (!isAdministrator(actor.user.roles)) throw new CountersignError("forbidden")
  const fields = readFields(await call.json())
  const by = { actor, source: call.source }
  const given = fields.value("type")
  const type = typeof given === "string" || typeof given === "number" ? types[String(given).toLowerCase()] : undefined
  if (type === "sms") throw new WordedRefusal("kind_not_offered", "SMS settings are not available")
  if (type === undefined) {
    await engine.policy.setAddedRule(by, null)
  } else {
    const wanted = readWanted(fields)
    await refuseForOwner(engine, actor, fields.id("id"), wanted.mandatoryUsers)
    if (!(await engine.policy.read()).factors.includes("totp")) throw new CountersignError("kind_not_offered")
    await engine.policy.setAddedRule(by, wanted)
  }
  // What the configuration demands is not switched off here, and the answer says so.
  return (await engine.policy.read()).secondFactor === "required"
}

const readWanted = (fields: Fields) => ({
  exemptAddresses: fields.texts("trustedIps"),
  mandatoryUsers: fields.ids("mandatoryUsers"),
  mandatoryGroups: fields.ids("mandatoryGroups"),
})

/** Nobody but the owner decides about the owner. */
const refuseForOwner = async (
  engine: Visit["engine"],
  { user }: Person["actor"],
  id: string | undefined,
  mandatoryUsers: readonly string[],
): Promise<void> => {
  if (id === user.id) return
  for (const named of [...(id === undefined ? [] : [id]), ...mandatoryUsers.slice(0, 100)]) {
    const found = await engine.users.find({ id: named })
    if (found && isOwner(found.roles)) throw new CountersignError("forbidden")
  }
}
