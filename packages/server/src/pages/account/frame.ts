import { html } from "hono/html"
import type { Language } from "../texts/texts.ts"
import { languages, textsOf } from "../texts/texts.ts"
import { mark } from "./icons.ts"
import { notice } from "./notices.ts"
import type { Html } from "./say.ts"
import { say, textOf } from "./say.ts"

/** What every page knows of its surroundings. */
export type Frame = {
  readonly language: Language
  /** Epoch milliseconds, from the engine's clock. */
  readonly now: number
  readonly issuer: string
  /** Where the pages stand, for example `/account`. */
  readonly base: string
  readonly assets: { readonly css: string; readonly js: string; readonly icon: string }
  /** Goes into every form; says that the form was ours. Undefined on a page that has no form. */
  readonly formToken: string | undefined
  /** Path and query of the page's own GET, for the language switch. */
  readonly here: string
  /** The page answers a form: a reload or the way back shall ask for its own GET and not send the form again. */
  readonly posted: boolean
  readonly email?: string | null | undefined
  readonly signedIn: boolean
  /** The development mailbox's address, where there is one. */
  readonly mailbox?: string | undefined
}

export type View = {
  readonly title: string
  /** `step`: one thing to do, 26 rem; `wide`: an overview, 44 rem. */
  readonly width: "step" | "wide"
  readonly body: Html
  /** The title says so too. */
  readonly failed?: boolean | undefined
  readonly extraClass?: string | undefined
}

/** A whole document, as text. */
export const documentOf = (frame: Frame, view: View): string => textOf(draw(frame, view))

const draw = (frame: Frame, view: View): Html => {
  const words = textsOf(frame.language)
  const title = `${view.failed ? `${words.error}: ` : ""}${view.title} · ${frame.issuer}`
  return html`<!doctype html>
    <html lang="${frame.language}" dir="${words.direction}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="${frame.assets.css}" />
        <link rel="icon" href="${frame.assets.icon}" type="image/svg+xml" />
        <script type="module" src="${frame.assets.js}"></script>
      </head>
      <body class="${view.width}${view.extraClass ? ` ${view.extraClass}` : ""}">
        <a class="unseen skip" href="#content">${words.skip}</a>
        <header class="frame top">
          <a class="brand" href="${frame.base}" translate="no">${mark()}<span>${frame.issuer}</span></a>
          ${frame.signedIn ? signedIn(frame) : ""}
        </header>
        <main id="content" ${frame.posted ? html`data-here="${frame.here}"` : ""}>${view.body}</main>
        <footer class="frame foot">
          ${frame.mailbox ? html`<p>${say(words.developmentMail, { mailbox: html`<a href="${frame.mailbox}">${words.mailbox}</a>` })}</p>` : ""}
          ${frame.formToken === undefined ? "" : languageSwitch(frame)}
        </footer>
        <p class="unseen" data-live role="status"></p>
      </body>
    </html>`
}

/** The hidden field of every form. */
export const formToken = (frame: Frame): Html =>
  html`<input type="hidden" name="form" value="${frame.formToken ?? ""}" />`

/** The heading of a page, under it what was refused or done. */
export const heading = (
  frame: Frame,
  title: string,
  said: { bad?: Html | undefined; good?: Html | undefined } = {},
): Html =>
  html`<h1>${title}</h1>
    ${said.bad ? notice("bad", said.bad, true) : said.good ? notice("good", said.good, true) : ""}`

const signedIn = (frame: Frame): Html => {
  const words = textsOf(frame.language)
  return html`<form class="who" method="post" action="${frame.base}/sign-out">
    ${formToken(frame)}${frame.email ? html`<span title="${frame.email}"><span class="unseen">${say(words.signedInAs, { email: "" })}</span>${frame.email}</span>` : ""}<button
      class="link"
    >
      ${words.signOut}
    </button>
  </form>`
}

const languageSwitch = (frame: Frame): Html => {
  const words = textsOf(frame.language)
  return html`<form
    class="languages"
    method="post"
    action="${frame.base}/language"
    aria-label="${words.chooseLanguage}"
  >
    ${formToken(frame)}<input type="hidden" name="here" value="${frame.here}" />${languages.map((language) =>
      language === frame.language
        ? html`<span aria-current="true">${textsOf(language).name}</span>`
        : html`<button class="link" name="language" value="${language}" lang="${language}">
            ${textsOf(language).name}
          </button>`,
    )}
  </form>`
}
