import { html } from "hono/html"
import { textsOf } from "../../texts/texts.ts"
import { button, field, flag } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import { icon } from "../icons.ts"
import { notice } from "../notices.ts"
import type { Refusal } from "../refusals.ts"
import type { Html } from "../say.ts"

/** What the browser is to ask the person's device, and for how long that can be answered. */
export type PasskeyQuestion = { readonly options: unknown; readonly seconds: number }

type PasskeyForm = {
  readonly does: "get" | "create"
  readonly question: PasskeyQuestion
  readonly action: string
  /** Hidden fields, and those that the person fills in. */
  readonly fields: Html
  readonly label: string
  readonly focus?: boolean
  /** What is told in the same place. */
  readonly words: { noScript: string; missing: string; failed: string }
}

/**
 * A form that only script can fill in: it asks the device and sends what that answers in the field `answer`. Sent
 * without an answer it asks for a fresh question, which script does when the page was open for too long.
 */
export const passkeyForm = (frame: Frame, of: PasskeyForm): Html => {
  const { passkey, working } = textsOf(frame.language)
  const { options, seconds } = of.question
  return html`<form
    class="stack"
    method="post"
    action="${of.action}"
    data-passkey="${of.does}"
    data-options="${JSON.stringify(options)}"
    data-seconds="${seconds}"
    data-missing="${of.words.missing}"
    data-failed="${of.words.failed}"
    data-known="${passkey.known}"
    data-waiting="${passkey.waiting}"
  >
    ${formToken(frame)}<input type="hidden" name="kind" value="passkey" /><input
      type="hidden"
      name="answer"
      autocomplete="off"
    />${of.fields}
    <div class="asking">
      <div role="alert">
        <div class="notice warn" data-said hidden>
          ${icon("alert")}
          <div></div>
        </div>
      </div>
      <button class="button main whole" data-scripted data-busy="${working}" ${flag("autofocus", of.focus)}>
        ${icon("key")}<span>${of.label}</span>
      </button>
    </div>
    <div class="unscripted">${notice("plain", html`${of.words.noScript}`)}</div>
  </form>`
}

export type AddPasskey = {
  readonly question: PasskeyQuestion
  readonly name: string
  readonly refusal?: Refusal | undefined
  /** Where the form goes, and where the person goes who leaves. */
  readonly action: string
  readonly leave: string
}

export const addPasskeyPage = (frame: Frame, of: AddPasskey): View => {
  const words = textsOf(frame.language)
  const { passkey } = words
  const wrongName = of.refusal?.fields["name"]
  return {
    title: passkey.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, passkey.title, { bad: of.refusal?.summary })}
      <p>${passkey.intro}</p>
      <p class="quiet">${passkey.introMore}</p>
      ${passkeyForm(frame, {
        does: "create",
        question: of.question,
        action: of.action,
        fields: field({
          name: "name",
          label: words.fields.name,
          autocomplete: "off",
          value: of.name,
          hint: passkey.nameHint,
          maxlength: 60,
          wrong: wrongName,
          words,
        }),
        label: passkey.button,
        words: { noScript: passkey.noScriptAdd, missing: passkey.missingAdd, failed: passkey.failedAdd },
      })}
      <p class="others"><a href="${of.leave}">${words.cancel}</a></p>`,
  }
}

/** Where there is no question to put to the device (yet, or any more): what a passkey is, and the button that begins. */
export const beginPasskeyPage = (
  frame: Frame,
  of: { action: string; leave: string; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { passkey } = words
  return {
    title: passkey.title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, passkey.title, { bad: of.refusal?.summary })}
      <p>${passkey.intro}</p>
      <p class="quiet">${passkey.introMore}</p>
      <form method="post" action="${of.action}">
        ${formToken(frame)}<input
          type="hidden"
          name="kind"
          value="passkey"
        />${button(passkey.begin, { busy: words.working })}
      </form>
      <p class="others"><a href="${of.leave}">${words.cancel}</a></p>`,
  }
}
