import type { Block, Letter } from "./letter.ts"

export type Rendered = { readonly subject: string; readonly text: string; readonly html: string }

/*
 * The colours are chosen so that none is a run of six digits: whoever looks for a six-digit code in the source of a
 * mail finds the code and nothing else.
 */
const ink = "#1c2a3a"
const quiet = "#5b6676"
const paper = "#ffffff"
const ground = "#f3f4f6"
const line = "#e1e4ea"
const accent = "#1f4fd8"
const face = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const fixed = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"

/** Turns a letter into its two forms. Everything from the letter is escaped in the HTML form. */
export const layOut = (letter: Letter, about: { issuer: string; language: string }): Rendered => ({
  subject: oneLine(letter.subject),
  text: [letter.title, ...letter.blocks.map(asText), `-- \n${letter.footer}`].join("\n\n") + "\n",
  html: page(letter, about),
})

const asText = (block: Block): string => {
  if ("text" in block) return block.text
  if ("code" in block) return `    ${spoken(block)}`
  if ("link" in block) return `${block.label}:\n${block.link}`
  if ("details" in block) return block.details.map(([name, value]) => `${name}: ${value}`).join("\n")
  return `${block.heading}\n${block.advice.join("\n")}`
}

/** What stands before a code stands in one line with it: clients and people look for "code: …". */
const spoken = ({ code, label }: { code: string; label?: string }): string => (label ? `${label} ${code}` : code)

const asHtml = (block: Block): string => {
  if ("text" in block) return paragraph(escape(block.text))
  if ("code" in block)
    return `<p style="margin:24px 0;padding:16px;background:${ground};border-radius:8px;text-align:center;
      font:600 ${block.code.length > 12 ? 16 : 32}px/1.4 ${fixed};color:${ink};
      ${block.code.length > 12 ? "word-break:break-all" : "letter-spacing:0.2em"}">${escape(spoken(block))}</p>`
  if ("link" in block) {
    const url = escape(webAddress(block.link))
    return `<p style="margin:24px 0"><a href="${url}"
      style="display:inline-block;padding:12px 20px;background:${accent};color:${paper};border-radius:8px;
      font:600 16px/1.5 ${face};text-decoration:none">${escape(block.label)}</a></p>
      <p style="margin:0 0 16px;font:14px/1.5 ${face};color:${quiet}">${escape(block.copy)}<br>
      <a href="${url}" style="color:${accent};word-break:break-all">${url}</a></p>`
  }
  if ("details" in block)
    return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px">
      ${block.details.map(detail).join("\n")}</table>`
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 8px">
    <tr><td style="padding:16px;border:1px solid ${line};border-radius:8px">
    <p style="margin:0 0 4px;font:600 16px/1.5 ${face};color:${ink}">${escape(block.heading)}</p>
    ${block.advice.map((sentence) => `<p style="margin:4px 0 0;font:16px/1.5 ${face};color:${ink}">${escape(sentence)}</p>`).join("\n")}
    </td></tr></table>`
}

const paragraph = (html: string) => `<p style="margin:0 0 16px;font:16px/1.5 ${face};color:${ink}">${html}</p>`

const detail = ([name, value]: readonly [string, string]) =>
  `<tr><td style="padding:4px 16px 4px 0;font:14px/1.5 ${face};color:${quiet};vertical-align:top">${escape(name)}</td>
   <td style="padding:4px 0;font:14px/1.5 ${face};color:${ink}">${escape(value)}</td></tr>`

const page = (letter: Letter, about: { issuer: string; language: string }) => `<!doctype html>
<html lang="${escape(about.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escape(letter.subject)}</title>
</head>
<body style="margin:0;padding:0;background:${ground}">
<div role="main">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:${ground}">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">
<tr><td style="padding:0 4px 16px;font:600 14px/1.5 ${face};color:${quiet}">${escape(about.issuer)}</td></tr>
<tr><td style="padding:32px;background:${paper};border:1px solid ${line};border-radius:8px">
<h1 style="margin:0 0 16px;font:600 20px/1.4 ${face};color:${ink}">${escape(letter.title)}</h1>
${letter.blocks.map(asHtml).join("\n")}
</td></tr>
<tr><td style="padding:16px 4px 0;font:14px/1.5 ${face};color:${quiet}">${escape(letter.footer)}</td></tr>
</table>
</td></tr>
</table>
</div>
</body>
</html>
`

/** Only web addresses become anchors. Throws a TypeError for anything else: no mail of ours carries `javascript:`. */
const webAddress = (link: string): string => {
  const url = URL.parse(link)
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError("a link in a mail has to be an http or https address")
  }
  return link
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")

/** RFC 5322 section 2.2: a header has no line ends of its own. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ").trim()
