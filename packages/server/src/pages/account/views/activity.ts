import { html } from "hono/html"
import type { Activity } from "../../../engine/engine.ts"
import { textsOf } from "../../texts/texts.ts"
import { deviceName } from "../agents.ts"
import type { Frame, View } from "../frame.ts"
import { heading } from "../frame.ts"
import { ago } from "../moments.ts"
import type { Html } from "../say.ts"

// Steps on the way to something that is recorded as well.
const steps: ReadonlySet<string> = new Set(["sign_in.opened", "step_up.opened", "enrolment.opened", "factor.begun"])

const finishingSeconds = 15 * 60

/**
 * What a person would call an event, newest first. A password that was typed belongs to the sign-in that followed from
 * the same place; one that nothing followed is told.
 */
export const worthTelling = (items: readonly Activity[]): Activity[] =>
  items.filter((item, index) => {
    if (item.event !== "sign_in.password" || item.outcome !== "success") return !steps.has(item.event)
    return !items
      .slice(0, index)
      .some(
        ({ event, outcome, agent, address, at }) =>
          (event === "sign_in.complete" || (event === "sign_in.second_factor" && outcome !== "success")) &&
          agent === item.agent &&
          address === item.address &&
          at - item.at <= finishingSeconds * 1000,
      )
  })

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
