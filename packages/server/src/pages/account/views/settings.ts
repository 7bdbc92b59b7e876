import { html } from "hono/html"
import type { User } from "../../../engine/engine.ts"
import { languages, textsOf } from "../../texts/texts.ts"
import { button, field, username } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import type { Refusal } from "../refusals.ts"
import { say } from "../say.ts"
import { newPassword } from "./sign-in.ts"

export const passwordPage = (
  frame: Frame,
  of: { hasPassword: boolean; minimumLength: number; email: string | null; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { refusal } = of
  return {
    title: words.password.title,
    width: "step",
    failed: refusal !== undefined,
    body: html`${heading(frame, words.password.title, { bad: refusal?.summary })}
      <p>${words.password.body}</p>
      <form class="stack" method="post" action="${frame.base}/password">
        ${formToken(frame)}${username(of.email)}
        ${of.hasPassword ? field({ name: "current", label: words.fields.currentPassword, type: "password", autocomplete: "current-password", wrong: refusal?.fields["current"], focus: refusal === undefined, words }) : ""}
        ${newPassword(frame, "password", words.fields.newPassword, of)}
        ${button(words.password.button, { busy: words.password.busy })}
      </form>
      <p class="others"><a href="${frame.base}">${words.cancel}</a></p>`,
  }
}

export const addressPage = (
  frame: Frame,
  of: { email: string | null; typed?: string | undefined; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { refusal } = of
  return {
    title: words.address.title,
    width: "step",
    failed: refusal !== undefined,
    body: html`${heading(frame, words.address.title, { bad: refusal?.summary })}
      <p>${say(words.address.body, { email: html`<b translate="no">${of.email ?? "–"}</b>` })}</p>
      <form class="stack" method="post" action="${frame.base}/address">
        ${formToken(frame)}
        ${field({ name: "email", label: words.address.label, type: "email", autocomplete: "email", value: of.typed, wrong: refusal?.fields["email"], focus: refusal === undefined, words })}
        ${button(words.address.button, { busy: words.address.busy })}
      </form>
      <p class="others"><a href="${frame.base}">${words.cancel}</a></p>`,
  }
}

export const profilePage = (
  frame: Frame,
  of: { user: Pick<User, "firstName" | "lastName" | "locale">; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { refusal, user } = of
  return {
    title: words.profile.title,
    width: "step",
    failed: refusal !== undefined,
    body: html`${heading(frame, words.profile.title, { bad: refusal?.summary })}
      <form class="stack" method="post" action="${frame.base}/profile">
        ${formToken(frame)}
        ${field({ name: "firstName", label: words.fields.firstName, autocomplete: "given-name", value: user.firstName ?? "", required: false, maxlength: 100, wrong: refusal?.fields["firstName"], words })}
        ${field({ name: "lastName", label: words.fields.lastName, autocomplete: "family-name", value: user.lastName ?? "", required: false, maxlength: 100, wrong: refusal?.fields["lastName"], words })}
        <div class="field">
          <label for="locale">${words.fields.language}</label
          ><select class="input" id="locale" name="locale">
            <option value="">${words.profile.byBrowser}</option>
            ${languages.map(
              (language) =>
                html`<option value="${language}" lang="${language}" ${user.locale === language ? " selected" : ""}>
                  ${textsOf(language).name}
                </option>`,
            )}
          </select>
        </div>
        ${button(words.profile.button, { busy: words.profile.busy })}
      </form>
      <p class="others"><a href="${frame.base}">${words.cancel}</a></p>`,
  }
}
