import { escape } from "./templates/layout.ts"
import type { KeptMail } from "./mailbox.ts"

/** The pages of the development mailbox. They need no script and ask nothing of another host. */

export const listPage = (view: {
  mails: readonly KeptMail[]
  issuer: string
  to?: string | undefined
  missing?: boolean
}): string =>
  frame(
    view.issuer,
    "Mailbox",
    `<header class="top">
      <div>
        <h1>Mailbox</h1>
        <p class="quiet">Mails that ${escape(view.issuer)} would send land here while you develop. The newest 200 are kept
        in memory until the server stops.</p>
      </div>
      <a class="button" href="">Look again</a>
    </header>
    ${view.missing ? `<p class="note" role="status">That mail is no longer here.</p>` : ""}
    ${
      view.to === undefined
        ? ""
        : `<p class="note">Only mails to <strong>${escape(view.to)}</strong>. <a href="/dev/mailbox">Show all</a></p>`
    }
    ${view.mails.length === 0 ? empty : `<ol class="mails">${view.mails.map(row).join("")}</ol>`}
    <p class="quiet foot">For scripts: <a href="/dev/mailbox.json">/dev/mailbox.json</a></p>`,
  )

export const mailPage = (view: { mail: KeptMail; issuer: string }): string => {
  const { mail } = view
  return frame(
    view.issuer,
    mail.subject,
    `<nav aria-label="Mailbox"><a href="/dev/mailbox">${back} All mails</a></nav>
    <h1>${escape(mail.subject)}</h1>
    <dl>
      <div><dt>To</dt><dd>${escape(mail.to)}</dd></div>
      <div><dt>From</dt><dd>${escape(mail.from)}</dd></div>
      <div><dt>Sent</dt><dd>${time(mail.writtenAt)}</dd></div>
    </dl>
    <h2>As text</h2>
    <pre>${linked(mail.text)}</pre>
    <h2>As HTML</h2>
    <iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
      srcdoc="${escape(mail.html.replace("<head>", '<head><base target="_top">'))}"></iframe>`,
  )
}

const row = (mail: KeptMail) =>
  `<li><a class="mail" href="/dev/mailbox/${escape(encodeURIComponent(mail.id))}">
    <span class="subject">${escape(mail.subject)}</span>
    <span class="to">${escape(mail.to)}</span>
    ${mail.code === null ? "" : `<span class="code">${escape(mail.code)}</span>`}
    <span class="when">${time(mail.writtenAt)}</span>
  </a></li>`

const empty = `<div class="empty">
  <svg width="40" height="40" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.2" aria-hidden="true">
    <rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/><path d="m3 5.5 7 5.5 7-5.5"/></svg>
  <p><strong>No mail yet</strong></p>
  <p class="quiet">Sign up with any address, and its confirmation arrives here.</p>
</div>`

const back = `<svg width="16" height="16" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
  aria-hidden="true"><path d="M12.5 4 6.5 10l6 6"/></svg>`

const time = (at: number): string => {
  const iso = new Date(at).toISOString()
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}

const linked = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part, index) => (index % 2 === 1 ? `<a href="${escape(part)}">${escape(part)}</a>` : escape(part)))
    .join("")

const frame = (issuer: string, title: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)} – ${escape(issuer)} development mailbox</title>
<style>${style}</style>
</head>
<body><main>${body}</main></body>
</html>
`

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --quiet: #5a6472; --paper: #fff; --ground: #f6f7f9; --line: #e0e3e8;
  --accent: #1f4fd8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaee; --quiet: #a0a8b4; --paper: #191d23; --ground: #111418;
  --line: #2e343d; --accent: #8fb0ff; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 44rem; margin: 0 auto; padding: 40px 16px 64px }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere }
h2 { font-size: 14px; color: var(--quiet); margin: 32px 0 8px; font-weight: 600 }
p { margin: 0 }
a { color: var(--accent) }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.quiet { color: var(--quiet) }
.top { display: flex; gap: 24px; justify-content: space-between; align-items: flex-start; margin-bottom: 32px }
.button { flex: none; padding: 8px 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--paper);
  color: var(--ink); text-decoration: none; font-weight: 600; font-size: 14px }
.button:hover { border-color: var(--quiet) }
.note { padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--paper);
  margin-bottom: 16px }
.mails { list-style: none; margin: 0; padding: 0; background: var(--paper); border: 1px solid var(--line);
  border-radius: 8px; overflow: hidden }
.mails li + li { border-top: 1px solid var(--line) }
.mail { display: grid; grid-template-columns: 1fr auto; gap: 0 16px; padding: 12px 16px; color: inherit;
  text-decoration: none }
.mail:hover { background: var(--ground) }
.mail:focus-visible { outline-offset: -2px }
.subject { font-weight: 600; overflow-wrap: anywhere; grid-column: 1 }
.to { color: var(--quiet); font-size: 14px; overflow-wrap: anywhere; grid-column: 1; grid-row: 2 }
.when { color: var(--quiet); font-size: 14px; font-variant-numeric: tabular-nums; grid-column: 2; grid-row: 2;
  text-align: right }
.code { font: 600 16px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; grid-column: 2; grid-row: 1;
  text-align: right; letter-spacing: 0.08em }
.empty { text-align: center; padding: 64px 16px; background: var(--paper); border: 1px solid var(--line);
  border-radius: 8px; color: var(--ink) }
.empty svg { color: var(--quiet) }
.foot { margin-top: 24px; font-size: 14px }
nav { margin-bottom: 16px; font-size: 14px }
nav a { display: inline-flex; gap: 4px; align-items: center; text-decoration: none; font-weight: 600 }
dl { margin: 16px 0 0; font-size: 14px }
dl div { display: flex; gap: 8px }
dt { color: var(--quiet); width: 3.5rem; flex: none }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
pre { margin: 0; padding: 16px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
  white-space: pre-wrap; overflow-wrap: anywhere;
  font: 14px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
iframe { width: 100%; height: 800px; border: 1px solid var(--line); border-radius: 8px; background: #fff; display: block }
@media (max-width: 30rem) { main { padding-top: 24px } .top { flex-direction: column; gap: 16px }
  .mail { grid-template-columns: 1fr } .when, .code { grid-column: 1; grid-row: auto; text-align: left } }
`
