import { html } from "hono/html"
import { textsOf } from "../../texts/texts.ts"
import { button, codeField, field } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import { icon } from "../icons.ts"
import { dateOf } from "../moments.ts"
import { qrCode } from "../qr.ts"
import type { Refusal } from "../refusals.ts"
import type { Html } from "../say.ts"
import { say, sayPlainly } from "../say.ts"
import { leftUntil } from "./second-step.ts"

/** Where a demanded enrolment begins: why, how long it takes, and whether it can wait. */
export const enrolPage = (
  frame: Frame,
  of: { kinds: readonly string[]; postponableUntil: number | null; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { enrol } = words
  const begin = (kind: string, label: string, look: "main" | "plain"): Html =>
    html`<form method="post" action="${frame.base}/enrol">
      ${formToken(frame)}<input
        type="hidden"
        name="kind"
        value="${kind}"
      />${button(label, { busy: words.working, look })}
    </form>`
  return {
    title: enrol.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`<div class="badge plain">${icon("shield")}</div>
      ${heading(frame, enrol.title, { bad: of.refusal?.summary })}
      <p>${say(enrol.body, { issuer: frame.issuer })}</p>
      ${of.kinds.includes("totp") ? html`<p class="quiet">${enrol.takes}</p>` : ""}
      <div class="stack close">
        ${of.kinds.includes("totp") ? begin("totp", enrol.button, "main") : ""}
        ${of.kinds.includes("passkey") ? begin("passkey", enrol.passkeyButton, of.kinds.includes("totp") ? "plain" : "main") : ""}
        ${of.kinds.includes("email-code") ? begin("email-code", enrol.mailButton, of.kinds.length > 1 ? "plain" : "main") : ""}
      </div>
      <div class="others">
        ${
          of.postponableUntil === null
            ? ""
            : html`<form method="post" action="${frame.base}/enrol/later">
                  ${formToken(frame)}<button class="link">${enrol.later}</button>
                </form>
                <p class="hint">${say(enrol.until, { date: dateOf(frame.language, of.postponableUntil) })}</p>`
        }
        <form method="post" action="${frame.base}/second-step/leave">
          ${formToken(frame)}<button class="link">${words.secondStep.someoneElse}</button>
        </form>
      </div>`,
  }
}

export type AddApp = {
  readonly secret: string
  readonly uri: string
  readonly account: string
  readonly digits: number
  readonly expiresAt: number | null
  readonly name: string
  readonly typed?: string | undefined
  readonly refusal?: Refusal | undefined
  /** Where the form goes, and where the person goes who leaves. */
  readonly action: string
  readonly leave: string
}

/** A key in groups of four, as people read it out. */
export const inFours = (text: string): string => text.replaceAll(/(.{4})(?=.)/g, "$1 ")

export const addAppPage = (frame: Frame, of: AddApp): View => {
  const words = textsOf(frame.language)
  const app = words.authenticator
  const wrongCode = of.refusal?.fields["code"]
  return {
    title: app.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, app.title, { bad: wrongCode ? undefined : of.refusal?.summary })}
      <form method="post" action="${of.action}">
        ${formToken(frame)}
        <ol class="steps">
          <li>
            <h2>${app.scan}</h2>
            <p class="hint">${app.scanBody}</p>
            <div class="scan">
              ${qrCode(of.uri, app.qrLabel)}
              <div class="key">
                <p class="label">${app.manual}</p>
                <code class="mono" translate="no" data-copied-from>${inFours(of.secret)}</code>
                <button
                  class="button short"
                  type="button"
                  data-scripted
                  data-copy="${of.secret}"
                  data-copied="${words.copied}"
                >
                  ${icon("copy")}<span>${app.copyKey}</span>
                </button>
              </div>
            </div>
            <p class="hint">${say(app.manualBody, { account: html`<span translate="no">${of.account}</span>` })}</p>
            <p><a href="${of.uri}">${app.open}</a></p>
          </li>
          <li>
            ${field({ name: "name", label: app.nameStep, autocomplete: "off", value: of.name, hint: words.fields.appNameHint, maxlength: 60, wrong: of.refusal?.fields["name"], words })}
          </li>
          <li>
            ${codeField({ label: app.codeStep, hint: sayPlainly(app.codeBody, { digits: of.digits }), digits: of.digits, value: of.typed, wrong: wrongCode, focus: wrongCode !== undefined })}
          </li>
        </ol>
        ${button(app.button, { busy: app.busy })}
      </form>
      <div class="others">
        <p class="hint">${of.expiresAt === null ? "" : leftUntil(frame, app.limitLeft, of.expiresAt)}</p>
        <p><a href="${of.leave}">${words.cancel}</a></p>
      </div>`,
  }
}

/** Where there is no key to show (yet, or any more): why, and the button that makes one. */
export const beginAppPage = (
  frame: Frame,
  of: { action: string; leave: string; period: number; again?: boolean | undefined; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const app = words.authenticator
  return {
    title: app.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, app.title, { bad: of.refusal?.summary })}
      <p>${say(app.intro, { period: of.period })}</p>
      <p class="quiet">${app.introNeeds}</p>
      <form method="post" action="${of.action}">
        ${formToken(frame)}<input
          type="hidden"
          name="kind"
          value="totp"
        />${button(of.again ? app.restart : app.begin, { busy: words.working })}
      </form>
      <p class="others"><a href="${of.leave}">${words.cancel}</a></p>`,
  }
}

/** Turning codes by mail on: before the code was sent, and after. */
export const mailFactorPage = (
  frame: Frame,
  of: {
    begin: string
    action: string
    leave: string
    hint: string
    sent: boolean
    digits: number
    typed?: string | undefined
    refusal?: Refusal | undefined
  },
): View => {
  const words = textsOf(frame.language)
  const { mailFactor } = words
  const wrongCode = of.refusal?.fields["code"]
  const hint = html`<b translate="no">${of.hint}</b>`
  return {
    title: mailFactor.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, mailFactor.title, { bad: wrongCode ? undefined : of.refusal?.summary })}
      <p>${say(of.sent ? mailFactor.body : mailFactor.intro, { hint })}</p>
      <p class="quiet">${mailFactor.weaker}</p>
      ${
        of.sent
          ? html`<form class="stack" method="post" action="${of.action}">
              ${formToken(frame)}
              ${codeField({ label: words.fields.code, digits: of.digits, value: of.typed, wrong: wrongCode, focus: true })}
              ${button(mailFactor.button, { busy: words.authenticator.busy })}
            </form>`
          : html`<form method="post" action="${of.begin}">
              ${formToken(frame)}<input
                type="hidden"
                name="kind"
                value="email-code"
              />${button(mailFactor.begin, { busy: words.checkMail.sending })}
            </form>`
      }
      <div class="others">
        ${of.sent ? html`<form method="post" action="${of.begin}">${formToken(frame)}<input type="hidden" name="kind" value="email-code" /><button class="link">${words.secondStep.mailAgain}</button></form>` : ""}
        <p><a href="${of.leave}">${words.cancel}</a></p>
      </div>`,
  }
}
