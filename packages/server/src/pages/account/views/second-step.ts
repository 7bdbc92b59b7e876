import { html } from "hono/html"
import type { ChallengeView } from "../../../engine/engine.ts"
import { textsOf } from "../../texts/texts.ts"
import { button, checkbox, codeField, field, recoveryCodeField, username } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import { lasting, left, until } from "../moments.ts"
import type { Refusal } from "../refusals.ts"
import type { PasskeyQuestion } from "./passkey.ts"
import { passkeyForm } from "./passkey.ts"
import type { Html } from "../say.ts"
import { say, sayPlainly } from "../say.ts"

export type SecondStep = {
  readonly challenge: ChallengeView
  /** The kind that is asked for on this page, one of the challenge's. */
  readonly kind: string
  readonly digits: { readonly totp: number; readonly mailed: number }
  readonly mailedSeconds: number
  /** When another mailed code may be asked for; undefined: now. */
  readonly mailAgainAt?: number | undefined
  /** For how many seconds a browser can be remembered; undefined: not offered. */
  readonly rememberSeconds?: number | undefined
  readonly refusal?: Refusal | undefined
  /** A code that was refused, to be corrected. Never a password. */
  readonly typed?: string | undefined
  readonly newMail?: boolean | undefined
  /** What a passkey is asked, where the page is for one. */
  readonly question?: PasskeyQuestion | undefined
  /** What a step-up goes on to: the address, and the fields that were typed there. */
  readonly goal?: { readonly path: string; readonly fields: Readonly<Record<string, string>> } | undefined
}

/** The page that asks for a code (or, to step up, a password), for one kind of proof; the others stand below. */
export const secondStepPage = (frame: Frame, of: SecondStep): View => {
  const words = textsOf(frame.language)
  const stepUp = of.challenge.purpose === "step_up"
  const action = `${frame.base}/${stepUp ? "step-up" : "second-step"}`
  const title = stepUp ? words.stepUp.title : titleOf(frame, of.kind)
  const waiting = of.kind === "email-code" && sentAt(of) === undefined
  const codeRefusal = of.refusal?.fields["code"]
  return {
    title,
    width: "step",
    failed: of.refusal !== undefined,
    // A refused code is told at its field, where the cursor stands: it is typed anew at once.
    body: html`${heading(frame, title, { bad: codeRefusal ? undefined : of.refusal?.summary, good: of.newMail ? html`${words.checkMail.sentAgain}` : undefined })}
      ${stepUp ? html`<p>${words.stepUp.body}</p>` : ""}
      <p>${leadOf(frame, of)}</p>
      ${waiting ? startForm(frame, of, action, "main") : of.question ? askForm(frame, of, of.question, action) : answerForm(frame, of, action)}
      ${otherWays(frame, of, action)}
      ${stepUp ? html`<p><a href="${frame.base}">${words.cancel}</a></p>` : signInFoot(frame, of)}`,
  }
}

const sentAt = (of: SecondStep): number | undefined => of.challenge.kinds.find(({ kind }) => kind === of.kind)?.sentAt

const titleOf = (frame: Frame, kind: string): string => {
  const { secondStep } = textsOf(frame.language)
  if (kind === "recovery-code") return secondStep.recoveryTitle
  if (kind === "passkey") return secondStep.passkeyTitle
  return kind === "email-code" ? secondStep.mailTitle : secondStep.title
}

const leadOf = (frame: Frame, of: SecondStep): Html => {
  const { secondStep, stepUp } = textsOf(frame.language)
  const factors = of.challenge.kinds.find(({ kind }) => kind === of.kind)?.factors ?? []
  const hint = html`<b translate="no">${factors[0]?.hint ?? ""}</b>`
  const toStepUp = of.challenge.purpose === "step_up"
  switch (of.kind) {
    case "password":
      return html`${stepUp.withPassword}`
    case "passkey":
      return html`${secondStep.passkey}`
    case "recovery-code":
      return html`${toStepUp ? stepUp.withRecovery : secondStep.recovery}`
    case "email-code":
      return sentAt(of) === undefined
        ? say(secondStep.mailBefore, { hint })
        : say(secondStep.mailSent, { hint, duration: lasting(frame.language, of.mailedSeconds) })
    default: {
      const digits = of.digits.totp
      if (toStepUp) return say(stepUp.withApp, { digits })
      const names = factors.map(({ name }) => name).join(", ")
      return factors.length > 1
        ? say(secondStep.apps, { names, digits, issuer: frame.issuer })
        : say(secondStep.app, { digits, issuer: frame.issuer })
    }
  }
}

const carried = (of: SecondStep): Html => {
  if (of.goal === undefined) return html``
  const fields = Object.entries(of.goal.fields).filter(([name]) => name !== "form")
  return html`<input
      type="hidden"
      name="goal"
      value="${of.goal.path}"
    />${fields.map(([name, value]) => html`<input type="hidden" name="goal.${name}" value="${value}" />`)}`
}

const answerForm = (frame: Frame, of: SecondStep, action: string): Html => {
  const words = textsOf(frame.language)
  const wrong = of.refusal?.fields["code"]
  const { typed } = of
  const focus = of.refusal === undefined || wrong !== undefined
  const stepUp = of.challenge.purpose === "step_up"
  const input =
    of.kind === "password"
      ? html`${username(frame.email)}${field({ name: "code", label: words.fields.password, type: "password", autocomplete: "current-password", wrong, focus, words })}`
      : of.kind === "recovery-code"
        ? recoveryCodeField({
            label: words.fields.recoveryCode,
            hint: words.fields.recoveryCodeHint,
            value: typed,
            wrong,
            focus,
          })
        : codeField({
            label: words.fields.code,
            digits: of.kind === "email-code" ? of.digits.mailed : of.digits.totp,
            value: typed,
            wrong,
            focus,
          })
  return html`<form class="stack" method="post" action="${action}">
    ${formToken(frame)}<input type="hidden" name="kind" value="${of.kind}" />${carried(of)} ${input}
    ${rememberBox(frame, of)}
    ${button(stepUp ? words.stepUp.button : words.secondStep.button, { busy: words.secondStep.busy })}
  </form>`
}

/** Puts the question to the person's device. */
const askForm = (frame: Frame, of: SecondStep, question: PasskeyQuestion, action: string): Html => {
  const { secondStep, passkey } = textsOf(frame.language)
  return passkeyForm(frame, {
    does: "get",
    question,
    action,
    fields: html`${carried(of)}${rememberBox(frame, of)}`,
    label: secondStep.passkeyButton,
    focus: of.refusal === undefined,
    words: passkey,
  })
}

const rememberBox = (frame: Frame, of: SecondStep): Html | "" => {
  const { secondStep } = textsOf(frame.language)
  if (of.rememberSeconds === undefined || of.challenge.purpose === "step_up" || of.kind === "recovery-code") return ""
  const words = of.kind === "passkey" ? secondStep.rememberPasskey : secondStep.remember
  return checkbox({
    name: "remember",
    label: sayPlainly(words, { duration: lasting(frame.language, of.rememberSeconds) }),
    hint: secondStep.rememberHint,
  })
}

/** Asks for a mailed code, the first or a newer one. */
const startForm = (frame: Frame, of: SecondStep, action: string, look: "main" | "link"): Html => {
  const { secondStep, checkMail } = textsOf(frame.language)
  const label = look === "main" ? secondStep.mailSend : secondStep.mailAgain
  return html`<form class="${look === "main" ? "stack" : ""}" method="post" action="${action}/start">
    ${formToken(frame)}<input type="hidden" name="kind" value="${of.kind}" />${carried(of)}${
      look === "main"
        ? button(label, { busy: checkMail.sending })
        : html`<button class="link" data-busy="${checkMail.sending}">${label}</button>`
    }
  </form>`
}

/** Always in this order and at this place, on every page that asks for a code (WCAG 3.2.6). */
const otherWays = (frame: Frame, of: SecondStep, action: string): Html => {
  const { secondStep } = textsOf(frame.language)
  const labels: Record<string, string> = {
    password: secondStep.usePassword,
    passkey: secondStep.passkeyButton,
    totp: secondStep.useApp,
    "email-code": secondStep.useMail,
    "recovery-code": secondStep.useRecovery,
  }
  const others = of.challenge.kinds.filter(({ kind }) => kind !== of.kind && labels[kind] !== undefined)
  const again =
    of.kind === "email-code" && sentAt(of) !== undefined
      ? of.mailAgainAt !== undefined && of.mailAgainAt > frame.now
        ? html`<p class="quiet">
            ${say(secondStep.mailAgainWhen, { when: until(frame.language, frame.now, of.mailAgainAt) })}
          </p>`
        : startForm(frame, of, action, "link")
      : ""
  const hasCodes = of.challenge.kinds.some(({ kind }) => kind === "recovery-code")
  const onlyPassword = of.challenge.kinds.every(({ kind }) => kind === "password")
  if (onlyPassword) return html``
  const lost = html`<details>
    <summary>${secondStep.lost}</summary>
    <p class="quiet">${hasCodes ? secondStep.lostWithCodes : secondStep.lostWithout}</p>
  </details>`
  const ways = others.map(({ kind }) =>
    of.goal === undefined
      ? html`<li><a href="${action}?with=${kind}">${labels[kind]}</a></li>`
      : html`<li>
          <form method="post" action="${action}/with">
            ${formToken(frame)}<input type="hidden" name="kind" value="${kind}" />${carried(of)}<button class="link">
              ${labels[kind]}
            </button>
          </form>
        </li>`,
  )
  return html`<div class="others">
    <h2 class="unseen">${secondStep.others}</h2>
    ${again}
    <ul>
      ${ways}
      <li>${lost}</li>
    </ul>
  </div>`
}

const signInFoot = (frame: Frame, of: SecondStep): Html => {
  const { secondStep } = textsOf(frame.language)
  return html`<div class="quiet small">
    <p>${leftUntil(frame, secondStep.openLeft, of.challenge.expiresAt)}</p>
    <form method="post" action="${frame.base}/second-step/leave">
      ${formToken(frame)}<button class="link">${secondStep.someoneElse}</button>
    </form>
  </div>`
}

/** "You have 9 minutes to finish": the limit is told, and counted down where script runs (WCAG 2.2.1). */
export const leftUntil = (frame: Frame, text: string, at: number): Html =>
  say(text, { duration: left(frame.language, frame.now, at) })
