import { html } from "hono/html"
import type { Language } from "../../texts/texts.ts"
import { textsOf } from "../../texts/texts.ts"
import { button, checkbox } from "../fields.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import { icon } from "../icons.ts"
import { dateOf } from "../moments.ts"
import type { Refusal } from "../refusals.ts"
import { sayPlainly } from "../say.ts"

/** A recovery code as people read it: halves of five, or groups of four. */
export const grouped = (code: string): string =>
  code.length === 10 ? `${code.slice(0, 5)}-${code.slice(5)}` : code.replaceAll(/(.{4})(?=.)/g, "$1-")

/** The codes, once. Copy and print where script runs; the file comes from the server. */
export const codesPage = (
  frame: Frame,
  of: {
    codes: readonly string[]
    account: string
    madeAt: number
    returnTo?: string | undefined
    done?: string | undefined
    refusal?: Refusal | undefined
  },
): View => {
  const words = textsOf(frame.language)
  const { codes } = words
  const shown = of.codes.map(grouped)
  return {
    title: codes.title,
    width: "step",
    failed: of.refusal !== undefined,
    extraClass: "codes-page",
    body: html`${heading(frame, codes.title, { bad: of.refusal?.summary, good: of.done === undefined ? undefined : html`${of.done}` })}
      <p>${codes.body}</p>
      <div class="printed">
        <div class="only-print">
          <b>${sayPlainly(codes.file.title, { issuer: frame.issuer })}</b>
          <p>${sayPlainly(codes.file.account, { account: of.account })}</p>
          <p>${sayPlainly(codes.file.made, { date: dateOf(frame.language, of.madeAt) })}</p>
        </div>
        <ul
          class="codes${(shown[0]?.length ?? 0) > 12 ? " long" : ""}"
          aria-label="${codes.list}"
          translate="no"
          data-copied-from
        >
          ${shown.map((code) => html`<li>${code}</li>`)}
        </ul>
        <p class="only-print">${codes.file.once} ${codes.file.newer}</p>
      </div>
      <div class="buttons even">
        <button
          class="button short"
          type="button"
          data-scripted
          data-copy="${shown.join("\n")}"
          data-copied="${words.copied}"
        >
          ${icon("copy")}<span>${codes.copy}</span>
        </button>
        <a class="button short" href="${frame.base}/recovery-codes/file" download
          >${icon("download")}<span>${codes.download}</span></a
        >
        <button class="button short" type="button" data-scripted data-print>
          ${icon("print")}<span>${codes.print}</span>
        </button>
      </div>
      <form class="stack" method="post" action="${frame.base}/recovery-codes/saved">
        ${formToken(frame)}${of.returnTo === undefined ? "" : html`<input type="hidden" name="return_to" value="${of.returnTo}" />`}
        ${checkbox({ name: "saved", label: codes.saved, required: true, wrong: of.refusal?.fields["saved"] })}
        ${button(codes.button, { busy: codes.busy })}
      </form>`,
  }
}

/** The file that is downloaded: plain text that any printer or manager takes. */
export const codesFile = (
  language: Language,
  of: { codes: readonly string[]; issuer: string; account: string; madeAt: number },
): string => {
  const { file } = textsOf(language).codes
  const lines = [
    sayPlainly(file.title, { issuer: of.issuer }),
    sayPlainly(file.account, { account: of.account }),
    sayPlainly(file.made, { date: dateOf(language, of.madeAt) }),
    "",
    ...of.codes.map(grouped),
    "",
    file.once,
    file.newer,
  ]
  // Line ends that Notepad of older Windows takes as well.
  return `${lines.join("\r\n")}\r\n`
}

/** The codes were acknowledged, or made by another session: they are never shown again. */
export const codesGonePage = (frame: Frame): View => {
  const { codes, checkMail } = textsOf(frame.language)
  return {
    title: codes.goneTitle,
    width: "step",
    body: html`${heading(frame, codes.goneTitle)}
      <p>${codes.gone}</p>
      <p><a class="button" href="${frame.base}/recovery-codes/new">${codes.newButton}</a></p>
      <p class="others"><a href="${frame.base}">${checkMail.backToSecurity}</a></p>`,
  }
}

export const newCodesPage = (frame: Frame, of: { left: number; refusal?: Refusal | undefined }): View => {
  const words = textsOf(frame.language)
  const { codes } = words
  return {
    title: codes.newTitle,
    width: "step",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, codes.newTitle, { bad: of.refusal?.summary })}
      <p>${codes.newBody(of.left)}</p>
      <form method="post" action="${frame.base}/recovery-codes/new">
        ${formToken(frame)}${button(codes.newButton, { busy: codes.newBusy })}
      </form>
      <p class="others"><a href="${frame.base}">${words.cancel}</a></p>`,
  }
}
