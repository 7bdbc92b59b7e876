import { html } from "hono/html"
import type { CountersignError } from "../../engine/errors.ts"
import { textsOf } from "../texts/texts.ts"
import type { Frame } from "./frame.ts"
import { until } from "./moments.ts"
import type { Html } from "./say.ts"
import { say, sayPlainly } from "./say.ts"

/** What was refused, in words for a person: one sentence or more for the page, and one for each field it is about. */
export type Refusal = { readonly summary: Html; readonly fields: Readonly<Record<string, string>> }

export type RefusalContext = {
  /** How many digits a code has here. */
  readonly digits?: number
  /** What kind of proof was typed, where one was. */
  readonly kind?: string
  readonly attemptsLeft?: number
  /** The code was to confirm a new app. */
  readonly enrolling?: boolean
  /** The engine's names of fields, where the form calls them otherwise. */
  readonly names?: Readonly<Record<string, string>>
}

/** Everything that the engine refuses has words. */
export const refusalOf = (error: CountersignError, frame: Frame, context: RefusalContext = {}): Refusal => {
  const words = textsOf(frame.language)
  if (context.kind === "passkey" && isAboutAnswer(error)) return { summary: passkeyWords(frame, context), fields: {} }
  const { details } = error
  const named = (field: string): string => context.names?.[field] ?? field
  switch (error.code) {
    case "input_invalid": {
      const names = details.fields?.map(({ field }) => named(field)) ?? (details.field ? [named(details.field)] : [])
      const entries = names.map((name): [string, string] => {
        const isLong = name === "code" && context.kind === "recovery-code"
        const text = words.fields.malformed[isLong ? "answer" : name] ?? words.fields.malformed["other"] ?? ""
        return [name, sayPlainly(text, { digits: context.digits ?? 6 })]
      })
      return inFields(entries, words.refusals.input_invalid)
    }
    case "password_rejected": {
      const reasons = details.reasons ?? []
      const sentences = (reasons.length === 0 ? ["other"] : reasons).map((reason) =>
        sayPlainly(words.passwordReasons[reason] ?? words.passwordReasons["other"] ?? "", {
          length: details.minimumLength ?? 8,
        }),
      )
      return inFields([[named("password"), sentences.join(" ")]], words.refusals.password_rejected)
    }
    case "credentials_incorrect":
      if (context.kind === "password") return inFields([["code", words.wrongCode.password]], words.wrongCode.password)
      if (details.field !== undefined)
        return inFields([[named(details.field), words.fields.malformed["current"] ?? ""]], "")
      return { summary: html`${words.refusals.credentials_incorrect}`, fields: {} }
    case "code_incorrect":
    case "code_already_used":
      return inFields([["code", codeWords(error, frame, context)]], words.refusals[error.code])
    case "too_many_attempts":
    case "too_many_requests": {
      const { retryAfter } = details
      const when =
        retryAfter === undefined
          ? html`${words.when.soon}`
          : until(frame.language, frame.now, frame.now + retryAfter * 1000)
      return { summary: say(words.refusals[error.code], { when }), fields: {} }
    }
    default:
      return { summary: html`${words.refusals[error.code]}`, fields: {} }
  }
}

const isAboutAnswer = ({ code, details }: CountersignError): boolean =>
  code === "code_incorrect" || code === "code_already_used" || (code === "input_invalid" && details.field === "answer")

/** A passkey is no field that could be corrected: what was refused is told above. */
const passkeyWords = (frame: Frame, { enrolling, attemptsLeft }: RefusalContext): Html => {
  const { wrongCode } = textsOf(frame.language)
  const sentences = [enrolling ? wrongCode.passkeyEnrolling : wrongCode.passkey]
  if (attemptsLeft !== undefined && attemptsLeft <= 3 && attemptsLeft > 0) sentences.push(wrongCode.left(attemptsLeft))
  return html`${sentences.join(" ")}`
}

/** The refusal of a form that was sent without something that it asks for. */
export const missing = (frame: Frame, fields: readonly string[]): Refusal => {
  const words = textsOf(frame.language).fields.missing
  return inFields(
    fields.map((name): [string, string] => [name, words[name] ?? words["other"] ?? ""]),
    "",
  )
}

const inFields = (entries: readonly [string, string][], otherwise: string): Refusal => {
  if (entries.length === 0) return { summary: html`${otherwise}`, fields: {} }
  const links = entries.map(([name, words]) => html`<a href="#${name}">${words}</a>`)
  const summary =
    links.length === 1
      ? html`${links}`
      : html`<ul>
          ${links.map((link) => html`<li>${link}</li>`)}
        </ul>`
  return { summary, fields: Object.fromEntries(entries) }
}

const codeWords = (error: CountersignError, frame: Frame, context: RefusalContext): string => {
  const words = textsOf(frame.language)
  const sentences: string[] = []
  const { clockOffSeconds: off } = error.details
  if (error.code === "code_already_used") sentences.push(words.refusals.code_already_used)
  else if (off !== undefined && off !== 0)
    sentences.push(
      sayPlainly(off < 0 ? words.wrongCode.clockBehind : words.wrongCode.clockAhead, { seconds: Math.abs(off) }),
    )
  else if (context.kind === "recovery-code") sentences.push(words.wrongCode.recovery)
  else if (context.kind === "email-code") sentences.push(words.wrongCode.mailed)
  else if (context.kind === "password") sentences.push(words.wrongCode.password)
  else if (context.enrolling) sentences.push(sayPlainly(words.wrongCode.enrolling, { issuer: frame.issuer }))
  else sentences.push(words.refusals.code_incorrect)
  if (context.attemptsLeft !== undefined && context.attemptsLeft <= 3 && context.attemptsLeft > 0)
    sentences.push(words.wrongCode.left(context.attemptsLeft))
  return sentences.join(" ")
}
