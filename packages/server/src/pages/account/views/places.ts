import { html } from "hono/html"
import { textsOf } from "../../texts/texts.ts"
import { deviceName, deviceOf } from "../agents.ts"
import type { Frame } from "../frame.ts"
import { formToken } from "../frame.ts"
import { icon } from "../icons.ts"
import { ago, dateOf } from "../moments.ts"
import type { Html } from "../say.ts"
import { say } from "../say.ts"
import type { Browsers, Sessions } from "./security.ts"

/** A button that asks once, in words that say what will happen. Works without script. */
const ask = (
  frame: Frame,
  of: { label: string; about?: string; question: string; button: string; action: string },
): Html =>
  html`<details class="ask"><summary${of.about === undefined ? "" : html` aria-label="${of.label}: ${of.about}"`}>${of.label}</summary><div><p>${of.question}</p><form method="post" action="${frame.base}${of.action}">${formToken(frame)}<button class="button danger short" data-busy="${textsOf(frame.language).working}">${of.button}</button></form></div></details>`

const place = (address: string | null): Html | "" =>
  address === null ? "" : html`<i> · </i><span class="nowrap" translate="no">${address}</span>`

/** Where the person is signed in, this one first. */
export const sessionPart = (frame: Frame, sessions: Sessions): Html => {
  const words = textsOf(frame.language).security
  const others = sessions.filter(({ current }) => !current).length
  return html`<section class="part" aria-labelledby="sessions">
    <div class="part-head"><h2 id="sessions">${words.sessions}</h2></div>
    <ul class="rows">
      ${sessions
        .toSorted((a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt - a.lastUsedAt)
        .map((session) => {
          const name = deviceName(session.agent, words)
          return html`<li>
            ${icon(deviceOf(session.agent).handheld ? "phone" : "desk")}
            <div>
              <p><strong>${name}</strong>${session.current ? html`<span class="tag">${words.here}</span>` : ""}</p>
              <p class="hint parts">
                ${say(words.lastSeen, { date: ago(frame.language, frame.now, session.lastUsedAt) })}${place(session.address)}
              </p>
            </div>
            ${
              session.current
                ? ""
                : ask(frame, {
                    label: words.endOne,
                    about: name,
                    question: words.endOneAsk.replace("{device}", name),
                    button: words.endOneButton,
                    action: `/sessions/${encodeURIComponent(session.id)}/end`,
                  })
            }
          </li>`
        })}
    </ul>
    ${others === 0 ? "" : ask(frame, { label: words.endOthers, question: words.endOthersAsk(others), button: words.endOthersButton, action: "/sessions/end-others" })}
  </section>`
}

/** Browsers that were told not to ask for a code. */
export const browserPart = (frame: Frame, browsers: Browsers): Html => {
  const words = textsOf(frame.language).security
  return html`<section class="part" aria-labelledby="browsers">
    <div class="part-head"><h2 id="browsers">${words.browsers}</h2></div>
    <ul class="rows">
      ${browsers.map((browser) => {
        const name = deviceName(browser.agent, words)
        return html`<li>
          ${icon(deviceOf(browser.agent).handheld ? "phone" : "desk")}
          <div>
            <p><strong>${name}</strong>${browser.current ? html`<span class="tag">${words.here}</span>` : ""}</p>
            <p class="hint parts">
              ${say(words.browserUntil, { date: dateOf(frame.language, browser.expiresAt) })}${place(browser.address)}
            </p>
          </div>
          ${ask(frame, { label: words.forget, about: name, question: words.forgetAsk.replace("{device}", name), button: words.forgetButton, action: `/browsers/${encodeURIComponent(browser.id)}/forget` })}
        </li>`
      })}
    </ul>
    ${browsers.length < 2 ? "" : ask(frame, { label: words.forgetAll, question: words.forgetAllAsk, button: words.forgetAll, action: "/browsers/forget-all" })}
  </section>`
}
