import { html } from "hono/html"
import type { Activity } from "../../../engine/engine.ts"
import { textsOf } from "../../texts/texts.ts"
import { deviceName } from "../agents.ts"
import type { Frame, View } from "../frame.ts"
import { heading } from "../frame.ts"
import { ago } from "../moments.ts"
import type { Html } from "../say.ts"

/** What happened, in plain words, newest first. */
export const activityRows = (frame: Frame, items: readonly Activity[]): Html => {
  const words = textsOf(frame.language)
  return html`<ul class="moments">
    ${items.map((item) => {
      const from =
        item.door === "cli"
          ? words.activity.operator
          : [item.agent === null ? undefined : deviceName(item.agent, words.security), item.address]
              .filter(Boolean)
              .join(" · ")
      return html`<li>
        <p>${wordsOf(frame, item)}</p>
        ${ago(frame.language, frame.now, item.at)}
        <p class="hint">${from}</p>
      </li>`
    })}
  </ul>`
}

const wordsOf = (frame: Frame, item: Activity): string => {
  const { activity } = textsOf(frame.language)
  const refused = item.outcome === "success" ? undefined : activity.refusedEvents[item.event]
  return refused ?? activity.events[item.event] ?? activity.unknown
}

export const activityPage = (
  frame: Frame,
  of: { items: readonly Activity[]; next: string | null; first: boolean },
): View => {
  const words = textsOf(frame.language)
  const { activity } = words
  return {
    title: activity.title,
    width: "wide",
    body: html`${heading(frame, activity.title)}
      ${of.items.length === 0 ? html`<p class="quiet">${words.security.activityNone}</p>` : activityRows(frame, of.items)}
      <p class="buttons">
        ${of.first ? "" : html`<a href="${frame.base}/activity">${activity.newest}</a>`}${of.next === null ? "" : html`<a href="${frame.base}/activity?after=${encodeURIComponent(of.next)}">${activity.older}</a>`}
      </p>
      <p class="others"><a href="${frame.base}">${words.checkMail.backToSecurity}</a></p>`,
  }
}
