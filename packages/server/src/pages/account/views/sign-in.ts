import { html } from "hono/html"
import { textsOf } from "../../texts/texts.ts"
import { button, checkbox, field } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import { icon } from "../icons.ts"
import { lasting } from "../moments.ts"
import type { Refusal } from "../refusals.ts"
import type { Html } from "../say.ts"
import { say, sayPlainly } from "../say.ts"

const returning = (returnTo: string | undefined): Html | "" =>
  returnTo === undefined ? "" : html`<input type="hidden" name="return_to" value="${returnTo}" />`

const withReturn = (path: string, returnTo: string | undefined): string =>
  returnTo === undefined ? path : `${path}?${new URLSearchParams({ return_to: returnTo }).toString()}`

export const signInPage = (
  frame: Frame,
  of: {
    email?: string | undefined
    stay?: boolean | undefined
    returnTo?: string | undefined
    app?: string | undefined
    done?: string | undefined
    refusal?: Refusal | undefined
    mayCome: boolean
  },
): View => {
  const words = textsOf(frame.language)
  const { base } = frame
  const fresh = of.refusal === undefined && of.done === undefined
  return {
    title: words.signIn.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, words.signIn.title, { bad: of.refusal?.summary, good: of.done === undefined ? undefined : html`${of.done}` })}
      ${of.app ? html`<p class="quiet">${say(words.signIn.toApp, { app: html`<b>${of.app}</b>` })}</p>` : ""}
      <form class="stack" method="post" action="${base}/sign-in">
        ${formToken(frame)}${returning(of.returnTo)}
        ${field({ name: "email", label: words.fields.email, type: "email", autocomplete: "username", value: of.email, focus: fresh && !of.email, wrong: of.refusal?.fields["email"], words })}
        ${field({ name: "password", label: words.fields.password, type: "password", autocomplete: "current-password", focus: fresh && Boolean(of.email), wrong: of.refusal?.fields["password"], words })}
        ${checkbox({ name: "stay", label: words.signIn.stay, checked: of.stay })}
        ${button(words.signIn.button, { busy: words.signIn.busy })}
        <p><button class="link" formaction="${base}/forgot/start" formnovalidate>${words.signIn.forgot}</button></p>
      </form>
      ${of.mayCome ? html`<p class="others">${words.signIn.new} <a href="${withReturn(`${base}/sign-up`, of.returnTo)}">${words.signIn.signUp}</a></p>` : ""}`,
  }
}

export const signUpPage = (
  frame: Frame,
  of: {
    email?: string | undefined
    returnTo?: string | undefined
    minimumLength: number
    refusal?: Refusal | undefined
  },
): View => {
  const words = textsOf(frame.language)
  return {
    title: words.signUp.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, words.signUp.title, { bad: of.refusal?.summary })}
      <form class="stack" method="post" action="${frame.base}/sign-up">
        ${formToken(frame)}${returning(of.returnTo)}
        ${field({ name: "email", label: words.fields.email, type: "email", autocomplete: "username", value: of.email, focus: of.refusal === undefined, wrong: of.refusal?.fields["email"], words })}
        ${newPassword(frame, "password", words.fields.password, of)}
        ${button(words.signUp.button, { busy: words.signUp.busy })}
      </form>
      <p class="others">
        ${words.signUp.known} <a href="${withReturn(`${frame.base}/sign-in`, of.returnTo)}">${words.signUp.signIn}</a>
      </p>`,
  }
}

/** A password that is being chosen: the manager is asked for a new one, the rule stands above. */
export const newPassword = (
  frame: Frame,
  name: string,
  label: string,
  of: { minimumLength: number; refusal?: Refusal | undefined; focus?: boolean },
): Html => {
  const words = textsOf(frame.language)
  const hint = sayPlainly(words.fields.passwordHint, { length: of.minimumLength })
  return field({
    name,
    label,
    type: "password",
    autocomplete: "new-password",
    hint,
    wrong: of.refusal?.fields[name],
    focus: of.focus,
    words,
  })
}

export type MailReason = "confirm" | "unconfirmed" | "reset" | "change"

/** After a form that sends a mail. Says the same for every address. */
export const checkMailPage = (
  frame: Frame,
  of: {
    reason: MailReason
    email?: string | undefined
    linkSeconds: number
    sentAgain?: boolean
    refusal?: Refusal | undefined
  },
): View => {
  const words = textsOf(frame.language)
  const { checkMail } = words
  const email = of.email === undefined ? checkMail.unknownAddress : html`<b translate="no">${of.email}</b>`
  const again = of.email !== undefined && of.reason !== "change"
  const start = { confirm: "/sign-up", unconfirmed: "/sign-in", reset: "/forgot", change: "/address" }[of.reason]
  return {
    title: checkMail.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`<div class="badge plain">${icon("mail")}</div>
      ${heading(frame, checkMail.title, { bad: of.refusal?.summary, good: of.sentAgain ? html`${checkMail.sentAgain}` : undefined })}
      <p>${say(checkMail[of.reason], { email })}</p>
      <p class="quiet">${say(checkMail.lasts, { duration: lasting(frame.language, of.linkSeconds) })}</p>
      <div class="others stack">
        <p class="quiet">${checkMail.nothing}</p>
        ${again ? html`<form method="post" action="${frame.base}/check-mail">${formToken(frame)}<input type="hidden" name="reason" value="${of.reason}" />${button(checkMail.again, { busy: checkMail.sending, look: "plain" })}</form>` : ""}
        <ul>
          <li><a href="${frame.base}${start}">${checkMail.other}</a></li>
          <li>
            ${
              frame.signedIn
                ? html`<a href="${frame.base}">${checkMail.backToSecurity}</a>`
                : html`<a href="${frame.base}/sign-in">${checkMail.backToSignIn}</a>`
            }
          </li>
        </ul>
      </div>`,
  }
}

/** Opened from the mail. A press confirms, so that a scanner that opens links spends nothing. */
export const confirmPage = (frame: Frame, of: { token: string; returnTo?: string | undefined }): View => {
  const words = textsOf(frame.language)
  return {
    title: words.confirm.title,
    width: "step",
    body: html`${heading(frame, words.confirm.title)}
      <p>${words.confirm.body}</p>
      <form method="post" action="${frame.base}/confirm-address">
        ${formToken(frame)}${returning(of.returnTo)}<input
          type="hidden"
          name="token"
          value="${of.token}"
        />${button(words.confirm.button, { busy: words.confirm.busy })}
      </form>`,
  }
}

export const forgotPage = (frame: Frame, of: { email?: string | undefined; refusal?: Refusal | undefined }): View => {
  const words = textsOf(frame.language)
  return {
    title: words.forgot.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, words.forgot.title, { bad: of.refusal?.summary })}
      <p>${words.forgot.body}</p>
      <form class="stack" method="post" action="${frame.base}/forgot">
        ${formToken(frame)}
        ${field({ name: "email", label: words.fields.email, type: "email", autocomplete: "username", value: of.email, focus: of.refusal === undefined, wrong: of.refusal?.fields["email"], words })}
        ${button(words.forgot.button, { busy: words.forgot.busy })}
      </form>
      <p class="others"><a href="${frame.base}/sign-in">${words.forgot.signIn}</a></p>`,
  }
}

export const resetPage = (
  frame: Frame,
  of: { token: string; minimumLength: number; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  return {
    title: words.reset.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, words.reset.title, { bad: of.refusal?.summary })}
      <p>${words.reset.body}</p>
      <form class="stack" method="post" action="${frame.base}/reset-password">
        ${formToken(frame)}<input type="hidden" name="token" value="${of.token}" />
        ${newPassword(frame, "password", words.fields.newPassword, { ...of, focus: of.refusal === undefined })}
        ${button(words.reset.button, { busy: words.reset.busy })}
      </form>`,
  }
}
