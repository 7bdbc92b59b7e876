/** Backup codes, and taking the app away. */
import { CountersignError } from "../../engine/errors.ts"
import { copySeconds } from "./app-setup.ts"
import { linkedAppOf, type Person, personOf } from "./caller.ts"
import { readFields } from "./fields.ts"
import { linkOfPerson } from "./links.ts"
import type { Answer, Operation, Visit } from "./operation.ts"
import { renewal } from "./renewal.ts"

const kind = "totp"

/** @throws CountersignError `enrolment_required` where no app is linked */
const demandLinked = async ({ engine }: Visit, person: Person): Promise<void> => {
  if ((await linkedAppOf(engine, person)) === undefined) throw new CountersignError("enrolment_required")
}

/** `GET settings/tfaappcodes`: in clear for the first minutes, to who made them; then only which are used. */
export const readCodes: Operation = {
  method: "GET",
  path: "/settings/tfaappcodes",
  async handle(visit) {
    const { engine, settings } = visit
    const person = await personOf(visit)
    await demandLinked(visit, person)
    const { used, createdAt } = await engine.recoveryCodes.status(person)
    const isNew = createdAt !== null && settings.now() - createdAt < copySeconds * 1000
    const copy = isNew ? await revealed(visit, person) : undefined
    return { response: used.map((isUsed, at) => ({ isUsed, code: copy?.codes[at]?.code ?? "" })) }
  },
}

/** A key that may only read does not see them. */
const revealed = async ({ engine }: Visit, person: Person) => {
  try {
    return await engine.recoveryCodes.reveal(person)
  } catch (error) {
    if (error instanceof CountersignError && error.code === "insufficient_scope") return undefined
    throw error
  }
}

/** It takes no body; one that is no JSON is what another site's page can send without asking (OWASP CSRF). */
const demandNoForm = async ({ call }: Visit): Promise<void> => void readFields(await call.json())

/** `PUT settings/tfaappnewcodes`: a new set, always in clear; the old ones are dead. */
export const newCodes: Operation = {
  method: "PUT",
  path: "/settings/tfaappnewcodes",
  async handle(visit) {
    const person = await personOf(visit)
    await demandNoForm(visit)
    await demandLinked(visit, person)
    const { codes } = await visit.engine.recoveryCodes.replace(person, { copySeconds })
    return { response: codes.map((code) => ({ isUsed: false, code })) }
  },
}

/** `PUT settings/tfaappnewapp`: the app is taken away, one's own or, by an owner, another's. */
export const newApp: Operation = {
  method: "PUT",
  path: "/settings/tfaappnewapp",
  async handle(visit) {
    const person = await personOf(visit)
    const id = readFields(await visit.call.json()).id("id")
    return id === undefined || id === person.actor.user.id
      ? await unlinkOwn(visit, person)
      : await unlinkAnother(visit, person, id)
  },
}

const unlinkOwn = async (visit: Visit, person: Person): Promise<Answer> => {
  await demandLinked(visit, person)
  const { token } = await visit.engine.factors.reset(person, { kind })
  const { url, cookies } = await linkOfPerson(visit, person, false)
  const renewed = renewal(visit, person, token, visit.settings.now())
  return { response: url, ...renewed, cookies: [...cookies, ...(renewed.cookies ?? [])] }
}

const unlinkAnother = async ({ engine, call }: Visit, { actor }: Person, userId: string): Promise<Answer> => {
  try {
    const gone = await engine.operators.resetFactors({ actor, source: call.source }, { userId, kind })
    if (gone === 0) throw new CountersignError("enrolment_required")
  } catch (error) {
    // An unknown id is refused as one that may not be touched.
    if (error instanceof CountersignError && error.code === "not_found") throw new CountersignError("forbidden")
    throw error
  }
  return { response: "" }
}
