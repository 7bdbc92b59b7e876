/** Setting an app up: the key is shown until the first right code links it. */
import type { Begun, Engine, User } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import { linkedAppOf, type Person, personOf } from "./caller.ts"
import { issueToken } from "./cookies.ts"
import { readFields } from "./fields.ts"
import { type ShownLink, shownLink } from "./links.ts"
import type { Answer, Operation, Visit } from "./operation.ts"
import { qrPng } from "./qr-png.ts"
import { renewal } from "./renewal.ts"
import { kindsOf, tryAs } from "./typed-code.ts"

/** For how long the codes that come with the first app can be read again. */
export const copySeconds = 600

const kind = "totp"

/** `GET settings/tfaapp/setup`: account, key and picture. The same key until it is linked. */
export const setup: Operation = {
  method: "GET",
  path: "/settings/tfaapp/setup",
  async handle(visit) {
    const { engine, call } = visit
    const link = await shownLink(visit)
    if (link) {
      const begun = await begin(engine, { challenge: { token: link.token }, source: call.source })
      return { response: codeOf(begun, await engine.users.find({ id: link.view.userId })) }
    }
    const person = await personOf(visit)
    // Said before a key is told that it lacks a permission: no permission would help.
    if (await linkedAppOf(engine, person)) throw new CountersignError("already_enrolled")
    return { response: codeOf(await begin(engine, person), person.actor.user) }
  },
}

/** The user's one pending key: whoever asks again before it is used, script or person, is shown the same. */
export const begin = (engine: Engine, on: Parameters<Engine["factors"]["begin"]>[0]): Promise<Begun> =>
  engine.factors.begin(on, { kind, oneForUser: true })

const codeOf = ({ show }: Begun, user: User | undefined) => {
  const { secret, uri } = show
  if (typeof secret !== "string" || typeof uri !== "string") throw new Error("an app shows no key")
  const account = user?.email ?? user?.externalId ?? user?.id ?? ""
  return { account, manualEntryKey: secret, qrCodeSetupImageUrl: qrPng(uri) }
}

/** `POST settings/tfaapp/validate`: true for a right code, which links the app where none is linked. */
export const validate: Operation = {
  method: "POST",
  path: "/settings/tfaapp/validate",
  limit: "sign-in",
  async handle(visit) {
    const link = await shownLink(visit)
    const person = link ? undefined : await personOf(visit)
    const fields = readFields(await visit.call.json())
    const code = fields.required("code").trim()
    const lasting = !fields.flag("session")
    if (link) return await settleLink(visit, link, code, lasting)
    return person ? await validateAs(visit, person, code) : { response: false }
  },
}

const validateAs = async (visit: Visit, person: Person, code: string): Promise<Answer> => {
  const { engine, settings } = visit
  if ((await linkedAppOf(engine, person)) === undefined) {
    const confirmed = await confirmUnlessLinked(engine, person, code)
    if (confirmed) return { response: true, ...renewal(visit, person, confirmed.token, settings.now()) }
  }
  await tryAs(kindsOf(code, [kind, "recovery-code"]), async (name) =>
    engine.factors.check(person, { kind: name, answer: code }),
  )
  return { response: true }
}

/** Undefined where another request linked the app meanwhile: then the code is one like any other. */
const confirmUnlessLinked = async (engine: Engine, person: Person, code: string) => {
  try {
    return await engine.factors.confirm(person, { kind, answer: code, copySeconds })
  } catch (error) {
    const nothingPending = error instanceof CountersignError && error.code === "enrolment_expired"
    if (nothingPending && (await linkedAppOf(engine, person))) return undefined
    throw error
  }
}

/** A link is settled by the code and signs in. */
const settleLink = async (
  visit: Visit,
  { type, token, view }: ShownLink,
  code: string,
  lasting: boolean,
): Promise<Answer> => {
  const { engine, call, settings } = visit
  const challenge = { token }
  const offered = view.kinds.map((one) => one.kind)
  const settled =
    type === "TfaActivation"
      ? (await engine.factors.confirm({ challenge, source: call.source }, { kind, answer: code, copySeconds })).signIn
      : await tryAs(kindsOf(code, offered), async (name) =>
          engine.signIn.answer({ challenge, kind: name, answer: code }, call.source),
        )
  if (settled?.status !== "complete") throw new CountersignError("code_incorrect")
  const { cookies } = await issueToken(engine, settled, settings.now(), lasting && settled.session.persistent)
  return { response: true, cookies }
}
