import { html } from "hono/html"
import { textsOf } from "../../texts/texts.ts"
import type { Frame, View } from "../frame.ts"
import { notice } from "../notices.ts"
import type { Html } from "../say.ts"

export type Problem =
  | { readonly is: "not_found" | "no_access" | "link_invalid" | "expired" | "unavailable" }
  | { readonly is: "wait" | "refused"; readonly words: Html }

/** A page that only says what is wrong and where to go next. */
export const problemPage = (frame: Frame, problem: Problem, next?: { href: string; label: string }): View => {
  const words = textsOf(frame.language)
  const { problem: says } = words
  const { title, body } = {
    not_found: { title: says.notFoundTitle, body: html`${says.notFoundBody}` },
    no_access: { title: says.accessTitle, body: html`${words.refusals.forbidden}` },
    link_invalid: { title: says.linkTitle, body: html`${says.linkBody}` },
    expired: { title: says.expiredTitle, body: html`${words.refusals.challenge_spent}` },
    unavailable: { title: says.unavailableTitle, body: html`${words.refusals.unavailable}` },
    wait: { title: says.waitTitle, body: "words" in problem ? problem.words : html`` },
    refused: { title: says.title, body: "words" in problem ? problem.words : html`` },
  }[problem.is]
  const to = next ?? { href: frame.base, label: says.start }
  return {
    title,
    width: "step",
    failed: true,
    body: html`<h1>${title}</h1>
      ${notice(problem.is === "not_found" ? "plain" : "bad", html`${body}`, true)}
      <p><a class="button main whole" href="${to.href}">${to.label}</a></p>`,
  }
}
