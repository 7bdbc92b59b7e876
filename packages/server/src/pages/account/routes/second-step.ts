import { html } from "hono/html"
import type { ChallengeView } from "../../../engine/engine.ts"
import { CountersignError } from "../../../engine/errors.ts"
import type { Reply } from "../../../http/route.ts"
import { go, refuse, show } from "../answers.ts"
import type { View } from "../frame.ts"
import type { Holder, PageRoute } from "../page-route.ts"
import { passkeyAnswerIn } from "../passkey-answer.ts"
import { missing, refusalOf } from "../refusals.ts"
import { goOn, noChallenge } from "../settling.ts"
import type { PasskeyQuestion } from "../views/passkey.ts"
import { problemPage } from "../views/problem.ts"
import type { SecondStep } from "../views/second-step.ts"
import { secondStepPage } from "../views/second-step.ts"
import type { Visit } from "../visit.ts"

/** Kinds that a page can ask for, whatever else the engine offers. */
const askable: ReadonlySet<string> = new Set(["password", "passkey", "totp", "email-code", "recovery-code"])

/** The kind that was asked for, if the challenge offers it, or else its best. */
export const kindOf = (visit: Visit, view: ChallengeView): string => {
  const offered = view.kinds.map(({ kind }) => kind).filter((kind) => askable.has(kind))
  const asked = visit.form["kind"] ?? visit.query.get("with") ?? ""
  return offered.includes(asked) ? asked : (offered[0] ?? "totp")
}

const againSeconds = 30

/** The page for one kind of proof. A passkey is asked anew each time that its page opens. */
export const proofPage = async (
  visit: Visit,
  { token, view }: Holder,
  of: Pick<Partial<SecondStep>, "refusal" | "typed" | "goal" | "newMail"> = {},
): Promise<View> => {
  const { settings } = visit.engine
  const kind = kindOf(visit, view)
  const question =
    kind === "passkey" ? questionIn((await visit.engine.signIn.start({ token }, kind, visit.source)).show) : undefined
  const sentAt = view.kinds.find((one) => one.kind === kind)?.sentAt
  return secondStepPage(visit.frame, {
    challenge: view,
    kind,
    question,
    digits: { totp: settings.totp.digits, mailed: settings.mailedCode.digits },
    mailedSeconds: settings.mailedCode.seconds,
    mailAgainAt: sentAt === undefined ? undefined : sentAt + againSeconds * 1000,
    rememberSeconds: settings.rememberedDevice.offered ? settings.rememberedDevice.seconds : undefined,
    ...of,
  })
}

/** What the engine shows of a passkey, and how long it can be answered. */
export const questionIn = ({ options }: Readonly<Record<string, unknown>> = {}): PasskeyQuestion => {
  const milliseconds = (options as { timeout?: unknown } | undefined)?.timeout
  return { options, seconds: Math.floor((typeof milliseconds === "number" ? milliseconds : 0) / 1000) }
}

/** What was typed, to be corrected; never a password. */
const correctable = (visit: Visit, kind: string): string | undefined =>
  kind === "password" ? undefined : visit.form["code"]?.slice(0, 32)

/** A refused proof, as the page on which it can be typed anew; a challenge that is over is told as such. */
export const refuseProof = async (
  visit: Visit,
  holder: Holder,
  error: CountersignError,
  goal?: SecondStep["goal"],
): Promise<never> => {
  if (error.code === "challenge_spent") return await refuse(visit, error, overPage(visit))
  // Read again: an attempt is gone, and the last one ends it.
  const view = await readAgain(visit, holder)
  if (view === undefined) return await refuse(visit, error, overPage(visit))
  const kind = kindOf(visit, view)
  const { totp, mailedCode } = visit.engine.settings
  const refusal = refusalOf(error, visit.frame, {
    kind,
    digits: kind === "email-code" ? mailedCode.digits : totp.digits,
    attemptsLeft: view.attemptsLeft,
    names: { answer: "code" },
  })
  const keeps = error.code === "code_incorrect" || error.code === "input_invalid"
  return await refuse(
    visit,
    error,
    await proofPage(visit, { ...holder, view }, { refusal, goal, typed: keeps ? correctable(visit, kind) : undefined }),
  )
}

const readAgain = async (visit: Visit, { token }: Holder): Promise<ChallengeView | undefined> => {
  try {
    return await visit.engine.signIn.challenge(token)
  } catch (error) {
    if (error instanceof CountersignError && error.code === "challenge_spent") return undefined
    throw error
  }
}

/** What was given on the page of its kind. Refuses an empty field without taking an attempt. */
export const demandAnswer = async (visit: Visit, holder: Holder, goal?: SecondStep["goal"]): Promise<unknown> => {
  if (kindOf(visit, holder.view) === "passkey") {
    const answer = passkeyAnswerIn(visit)
    if (answer !== undefined) return answer
    const again = { summary: html`${visit.words.passkey.again}`, fields: {} }
    const error = new CountersignError("input_invalid", { field: "answer" })
    return await refuse(visit, error, await proofPage(visit, holder, { goal, refusal: again }))
  }
  const { code = "" } = visit.form
  if (code.trim() !== "") return code
  const error = new CountersignError("input_invalid", { field: "code" })
  return await refuse(visit, error, await proofPage(visit, holder, { goal, refusal: missing(visit.frame, ["code"]) }))
}

/** Time or tries are over: begin anew, the address is kept. */
export const overPage = (visit: Visit): View =>
  problemPage(
    visit.frame,
    { is: "expired" },
    visit.person === undefined
      ? { href: `${visit.frame.base}/sign-in`, label: visit.words.problem.signInAgain }
      : { href: visit.frame.base, label: visit.words.problem.start },
  )

const answer = async (visit: Visit, holder: Holder): Promise<Reply> => {
  const input = {
    challenge: { token: holder.token },
    kind: kindOf(visit, holder.view),
    answer: await demandAnswer(visit, holder),
    rememberDevice: visit.form["remember"] === "yes",
  }
  try {
    return goOn(visit, await visit.engine.signIn.answer(input, visit.source), { returnTo: holder.view.returnTo })
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return await refuseProof(visit, holder, error)
  }
}

const send = async (visit: Visit, holder: Holder): Promise<Reply> => {
  try {
    await visit.engine.signIn.start({ token: holder.token }, "email-code", visit.source)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return await refuseProof(visit, holder, error)
  }
  return go(visit, `${visit.frame.base}/second-step?with=email-code`)
}

const leave = async (visit: Visit): Promise<Reply> => {
  if (visit.challengeToken !== undefined) {
    try {
      await visit.engine.signIn.abandon({ token: visit.challengeToken })
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
    }
  }
  return go(visit, `${visit.frame.base}/sign-in`, [noChallenge, { name: "typed", value: null }])
}

export const secondStepRoutes: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/second-step",
    for: "challenge",
    purpose: "sign_in",
    handle: async (visit, holder) => show(visit, await proofPage(visit, holder)),
  },
  { method: "POST", path: "/second-step", for: "challenge", purpose: "sign_in", limit: "sign-in", handle: answer },
  { method: "POST", path: "/second-step/start", for: "challenge", purpose: "sign_in", limit: "mail", handle: send },
  { method: "POST", path: "/second-step/leave", for: "anybody", handle: leave },
]
