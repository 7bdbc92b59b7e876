import { html } from "hono/html"
import type { Texts } from "../texts/texts.ts"
import { icon } from "./icons.ts"
import type { Html } from "./say.ts"

/** The refusal of one field, in words. */
export const wrong = (id: string, words: string | undefined): Html | "" =>
  words === undefined ? "" : html`<p class="wrong" id="${id}-wrong">${icon("alert")}<span>${words}</span></p>`

type Field = {
  name: string
  label: string
  type?: "text" | "email" | "password"
  value?: string | undefined
  autocomplete: string
  hint?: string | undefined
  wrong?: string | undefined
  /** The cursor stands here when the page opens. */
  focus?: boolean | undefined
  required?: boolean
  maxlength?: number
  /** Beside the label, for example the way to a forgotten password. */
  aside?: Html
  words: Texts
}

/** A labelled input; a password can be shown where script runs. */
export const field = (of: Field): Html => {
  const { name, type = "text", words } = of
  const described = [of.hint ? `${name}-hint` : "", of.wrong ? `${name}-wrong` : ""].filter(Boolean).join(" ")
  const label = html`<label for="${name}"
    >${of.label}${of.required === false ? html` <span class="quiet small">(${words.optional})</span>` : ""}</label
  >`
  const input = html`<input
    class="input"
    id="${name}"
    name="${name}"
    type="${type}"
    autocomplete="${of.autocomplete}"
    ${attribute("value", type === "password" ? undefined : of.value)}${attribute("aria-describedby", described || undefined)}${attribute("maxlength", of.maxlength)}${flag("required", of.required !== false)}${flag("autofocus", of.focus)}${of.wrong ? html` aria-invalid="true"` : ""}${type === "text" ? "" : html` autocapitalize="none" spellcheck="false"`}
  />`
  return html`<div class="field">
    ${of.aside ? html`<div class="label-row">${label}${of.aside}</div>` : label}${
      of.hint ? html`<p class="hint" id="${name}-hint">${of.hint}</p>` : ""
    }${
      type === "password"
        ? html`<div class="with-button">
            ${input}<button
              class="link"
              type="button"
              data-scripted
              data-show="${name}"
              data-label="${words.show}"
              data-hide="${words.hide}"
              aria-controls="${name}"
              aria-pressed="false"
            >
              ${words.show}
            </button>
          </div>`
        : input
    }${wrong(name, of.wrong)}
  </div>`
}

/** Whose password a form is about, for password managers; nobody sees it. */
export const username = (email: string | null | undefined): Html =>
  html`<input
    class="unseen"
    type="text"
    autocomplete="username"
    value="${email ?? ""}"
    tabindex="-1"
    aria-hidden="true"
    readonly
  />`

/** One real input with drawn boxes: paste, autofill from a message and correction work as in any other field. */
export const codeField = (of: {
  name?: string
  label: string
  digits: number
  value?: string | undefined
  wrong?: string | undefined
  hint?: string | undefined
  focus?: boolean | undefined
  hideLabel?: boolean
}): Html => {
  const name = of.name ?? "code"
  const described = [of.hint ? `${name}-hint` : "", of.wrong ? `${name}-wrong` : ""].filter(Boolean).join(" ")
  return html`<div class="field">
    <label for="${name}" ${of.hideLabel ? html` class="unseen"` : ""}>${of.label}</label>${
      of.hint ? html`<p class="hint" id="${name}-hint">${of.hint}</p>` : ""
    }
    <div class="code-space">
      <div class="code" data-digits="${of.digits}">
        <input
          id="${name}"
          name="${name}"
          type="text"
          inputmode="numeric"
          autocomplete="one-time-code"
          autocapitalize="none"
          autocorrect="off"
          spellcheck="false"
          translate="no"
          required${attribute("value", of.value)}${attribute("aria-describedby", described || undefined)}${flag("autofocus", of.focus)}${of.wrong ? html` aria-invalid="true"` : ""}
        />
        <div class="boxes" aria-hidden="true">${Array.from({ length: of.digits }, () => html`<i></i>`)}</div>
      </div>
    </div>
    ${wrong(name, of.wrong)}
  </div>`
}

/** The field of a recovery code: longer, with letters, so without boxes. */
export const recoveryCodeField = (of: {
  label: string
  hint: string
  value?: string | undefined
  wrong?: string | undefined
  focus?: boolean | undefined
}): Html =>
  html`<div class="field">
    <label for="code">${of.label}</label>
    <p class="hint" id="code-hint">${of.hint}</p>
    <input
      class="input long-code"
      id="code"
      name="code"
      type="text"
      autocomplete="one-time-code"
      autocapitalize="characters"
      autocorrect="off"
      spellcheck="false"
      translate="no"
      required
      aria-describedby="code-hint${of.wrong ? " code-wrong" : ""}"
      ${attribute("value", of.value)}${flag("autofocus", of.focus)}${of.wrong ? html` aria-invalid="true"` : ""}
    />${wrong("code", of.wrong)}
  </div>`

export const checkbox = (of: {
  name: string
  label: string
  hint?: string
  required?: boolean
  checked?: boolean | undefined
  wrong?: string | undefined
}): Html =>
  html`<div class="field">
    <div class="check">
      <input
        type="checkbox"
        id="${of.name}"
        name="${of.name}"
        value="yes"
        ${flag("required", of.required)}${flag("checked", of.checked)}${of.hint ? html` aria-describedby="${of.name}-hint"` : ""}
      /><label for="${of.name}">${of.label}</label
      >${of.hint ? html`<p class="hint" id="${of.name}-hint">${of.hint}</p>` : ""}
    </div>
    ${wrong(of.name, of.wrong)}
  </div>`

/** A button that says what is happening once it was pressed. */
export const button = (
  label: string,
  of: { busy?: string; look?: "main" | "danger" | "plain"; short?: boolean; name?: string; value?: string } = {},
): Html =>
  html`<button
    class="button ${of.look === "plain" ? "" : (of.look ?? "main")}${of.short ? " short" : ""}"
    ${attribute("data-busy", of.busy)}${attribute("name", of.name)}${attribute("value", of.value)}
  >
    ${label}
  </button>`

export const attribute = (name: string, value: string | number | undefined): Html | "" =>
  value === undefined ? "" : html` ${name}="${value}"`

export const flag = (name: string, on: boolean | undefined): string => (on ? ` ${name}` : "")
