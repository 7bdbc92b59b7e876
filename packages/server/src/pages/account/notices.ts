import { html } from "hono/html"
import type { IconName } from "./icons.ts"
import { icon } from "./icons.ts"
import type { Html } from "./say.ts"

export type Tone = "bad" | "good" | "warn" | "plain"

const icons: Record<Tone, IconName> = { bad: "alert", good: "done", warn: "alert", plain: "alert" }

/**
 * A sentence in a box. With `focus` the browser goes there when the page opens, and a screen reader reads it: for
 * what a person has to know before going on.
 */
export const notice = (tone: Tone, body: Html, focus = false): Html =>
  focus
    ? html`<div class="notice ${tone}" role="${tone === "bad" ? "alert" : "status"}" tabindex="-1" autofocus>
        ${icon(icons[tone])}
        <div>${body}</div>
      </div>`
    : html`<div class="notice ${tone}">
        ${icon(icons[tone])}
        <div>${body}</div>
      </div>`
