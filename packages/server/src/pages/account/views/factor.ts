import { html } from "hono/html"
import type { PublicFactor } from "../../../engine/engine.ts"
import { textsOf } from "../../texts/texts.ts"
import { button, field } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import type { Refusal } from "../refusals.ts"
import { say, sayPlainly } from "../say.ts"

/** One factor: its name, and the way to remove it. */
export const factorPage = (
  frame: Frame,
  of: { factor: PublicFactor; typed?: string | undefined; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { factor, refusal } = of
  const at = `${frame.base}/factors/${encodeURIComponent(factor.id)}`
  const title = sayPlainly(words.factor.title, { name: factor.name })
  return {
    title,
    width: "step",
    failed: refusal !== undefined,
    body: html`${heading(frame, title, { bad: refusal?.summary })}
      <form class="stack" method="post" action="${at}/rename">
        ${formToken(frame)}
        ${field({ name: "name", label: words.fields.name, autocomplete: "off", value: of.typed ?? factor.name, maxlength: 60, focus: refusal === undefined, wrong: refusal?.fields["name"], words })}
        ${button(words.factor.renameButton, { busy: words.profile.busy })}
      </form>
      <div class="others">
        <p><a class="danger" href="${at}/remove">${words.factor.remove}</a></p>
        <p><a href="${frame.base}">${words.cancel}</a></p>
      </div>`,
  }
}

/** Asks once, in words that say what will happen. */
export const removeFactorPage = (
  frame: Frame,
  of: { factor: PublicFactor; others: readonly PublicFactor[]; refusal?: Refusal | undefined },
): View => {
  const words = textsOf(frame.language)
  const { factor, others } = of
  const title = sayPlainly(words.factor.removeTitle, { name: factor.name })
  const names = new Intl.ListFormat(frame.language).format(others.map(({ name }) => sayPlainly(words.quoted, { name })))
  return {
    title,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, title, { bad: of.refusal?.summary })}
      <p>${others.length === 0 ? words.factor.removeLast : say(words.factor.removeOther, { names })}</p>
      ${factor.kind === "passkey" ? html`<p class="quiet">${words.factor.removePasskey}</p>` : ""}
      <form method="post" action="${frame.base}/factors/${encodeURIComponent(factor.id)}/remove">
        ${formToken(frame)}${button(words.factor.removeButton, { busy: words.factor.removeBusy, look: "danger" })}
      </form>
      <p><a class="button whole" href="${frame.base}">${words.factor.keep}</a></p>`,
  }
}
