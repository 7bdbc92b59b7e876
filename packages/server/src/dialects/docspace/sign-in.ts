/** Signing in at this wire: the password comes with every step, so that no challenge has to be named. */
import type { SignIn } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import { begin, copySeconds } from "./app-setup.ts"
import { actorOf, signOut } from "./caller.ts"
import { clearedSession, issueToken } from "./cookies.ts"
import { complaint, type Fields, readFields, WordedRefusal } from "./fields.ts"
import { linkOfSignIn, openLink } from "./links.ts"
import type { Answer, Operation, Visit } from "./operation.ts"
import { kindsOf, tryAs } from "./typed-code.ts"

/** `GET authentication`: whether the caller is signed in. Never a refusal. */
export const isSignedIn: Operation = {
  method: "GET",
  path: "/authentication",
  handle: async (visit) => ({ response: (await actorOf(visit)) !== undefined }),
}

/** `POST authentication`: a token, or what is still needed. */
export const signIn: Operation = {
  method: "POST",
  path: "/authentication",
  limit: "sign-in",
  async handle(visit) {
    const step = await firstStep(visit, readFields(await visit.call.json()))
    if (step.status === "complete") return await signedIn(visit, step, {})
    const { url, cookies } = linkOfSignIn(visit, step)
    const key = step.status === "enrolment" ? await keyFor(visit, step) : undefined
    if (step.status === "second_factor") await sendCode(visit, step)
    return { response: { tfa: true, ...(key !== undefined && { tfaKey: key }), confirmUrl: url }, cookies }
  },
}

/** `POST authentication/{code}`: the second step. A first right code links the app on the way. */
export const signInWithCode: Operation = {
  method: "POST",
  path: "/authentication/:code",
  limit: "sign-in",
  async handle(visit) {
    const { engine, call } = visit
    const fields = readFields(await call.json())
    const code = (fields.text("code") ?? call.params["code"] ?? "").trim()
    if (code === "") throw complaint("code", "is required")
    const step = await firstStep(visit, fields, { answerFollows: true })
    // The engine completes nothing whose answer follows.
    if (step.status === "complete") throw notEnabled()

    const challenge = { token: step.token }
    const offered = step.challenge.kinds.map(({ kind }) => kind)
    const settled =
      step.status === "enrolment"
        ? await confirmFirst(visit, step, code)
        : await tryAs(kindsOf(code, offered), async (kind) =>
            engine.signIn.answer({ challenge, kind, answer: code }, call.source),
          )
    if (settled?.status !== "complete") throw new CountersignError("code_incorrect")
    return await signedIn(visit, settled, { tfa: true })
  },
}

const firstStep = async (
  { engine, call }: Visit,
  fields: Fields,
  more: { answerFollows?: boolean } = {},
): Promise<SignIn> => {
  const email = fields.required("userName").trim()
  if (!fields.text("password") && fields.text("passwordHash"))
    throw complaint("password", "is required: a hash made by the client can't be checked here")
  const password = fields.required("password")
  const input = { email, password, persistent: !fields.flag("session"), deviceToken: call.deviceToken, ...more }
  try {
    return await engine.signIn.withPassword(input, call.source)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    // What can't be an address or a password belongs to nobody.
    if (error.code === "input_invalid") throw new CountersignError("credentials_incorrect")
    throw error.code === "kind_not_offered" ? notEnabled() : error
  }
}

const notEnabled = () => new WordedRefusal("kind_not_offered", "Two-factor authentication is not enabled")

type Enrolling = Extract<SignIn, { status: "enrolment" }>

/** The key to type into an app; undefined where apps are not what can be set up: the link's page knows the rest. */
const keyFor = async ({ engine, call }: Visit, { challenge, token }: Enrolling): Promise<string | undefined> => {
  if (!challenge.kinds.some(({ kind }) => kind === "totp")) return undefined
  const { show } = await begin(engine, { challenge: { token }, source: call.source })
  return typeof show["secret"] === "string" ? show["secret"] : undefined
}

const confirmFirst = async ({ engine, call }: Visit, { token }: Enrolling, code: string) => {
  const on = { challenge: { token }, source: call.source }
  return (await engine.factors.confirm(on, { kind: "totp", answer: code, copySeconds })).signIn
}

/** Somebody whose only factor is the mailed code is sent one, as the wire has no call that asks for it. */
const sendCode = async (
  { engine, call }: Visit,
  { challenge, token }: Extract<SignIn, { status: "second_factor" }>,
): Promise<void> => {
  const kinds = new Set(challenge.kinds.map(({ kind }) => kind))
  if (!kinds.has("email-code") || kinds.has("totp")) return
  await call.countMail()
  await engine.signIn.start({ token }, "email-code", call.source)
}

const signedIn = async (
  { engine, settings }: Visit,
  done: Extract<SignIn, { status: "complete" }>,
  more: { tfa?: true },
): Promise<Answer> => {
  const { token, expiresAt, cookies } = await issueToken(engine, done, settings.now())
  const expires = done.session.persistent ? { expires: new Date(expiresAt).toISOString() } : {}
  return { response: { token, ...expires, ...more }, cookies }
}

/** `POST authentication/logout` */
export const logout: Operation = {
  method: "POST",
  path: "/authentication/logout",
  async handle(visit) {
    await signOut(visit)
    return { response: null, cookies: visit.call.credential?.via === "bearer" ? [] : clearedSession }
  },
}

/** `POST authentication/confirm`: whether a link is good. */
export const checkLink: Operation = {
  method: "POST",
  path: "/authentication/confirm",
  limit: "sign-in",
  async handle(visit) {
    const fields = readFields(await visit.call.json())
    const given = { type: fields.text("type"), uid: fields.text("uid"), key: fields.text("key") }
    try {
      const { view } = await openLink(visit, given)
      const user = await visit.engine.users.find({ id: view.userId })
      return { response: { result: "Ok", email: user?.email ?? null } }
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      return { response: { result: error.code === "challenge_spent" ? "Expired" : "Invalid", email: null } }
    }
  },
}
