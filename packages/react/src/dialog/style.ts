/**
 * The dialog's look. An app sets `--countersign-accent`, `-accent-ink`, `-paper`, `-ink`, `-line`, `-error` or `-font`;
 * light and dark follow the app's `color-scheme`.
 */
const css = `
.countersign-dialog{
--paper:var(--countersign-paper,light-dark(#fff,#16181d));--ink:var(--countersign-ink,light-dark(#16181d,#eceef2));
--quiet:color-mix(in srgb,var(--ink) 68%,var(--paper));--line:var(--countersign-line,color-mix(in srgb,var(--ink) 48%,var(--paper)));
--accent:var(--countersign-accent,light-dark(#1b4fd8,#8fb0ff));--accent-ink:var(--countersign-accent-ink,light-dark(#fff,#0d1220));
--error:var(--countersign-error,light-dark(#b3241c,#ff9c92));
box-sizing:border-box;width:min(26rem,100vw - 2rem);max-height:calc(100dvh - 2rem);margin:auto;padding:24px;overflow:auto;
border:1px solid color-mix(in srgb,var(--ink) 14%,var(--paper));border-radius:8px;background:var(--paper);color:var(--ink);
font:16px/1.5 var(--countersign-font,system-ui,sans-serif);box-shadow:0 16px 48px rgb(0 0 0/.2);text-align:start}
.countersign-dialog *{box-sizing:border-box;font:inherit;letter-spacing:normal}
.countersign-dialog::backdrop{background:rgb(8 10 14/.5)}
.countersign-dialog form{display:grid;gap:16px;margin:0}
.countersign-dialog h2{margin:0;font-size:20px;line-height:28px;font-weight:600;text-wrap:balance}
.countersign-dialog p{margin:0;color:var(--quiet)}
.countersign-dialog .field{display:grid;gap:8px}.countersign-dialog label{font-size:14px;font-weight:600}
.countersign-dialog input{width:100%;height:48px;padding:0 12px;border:1px solid var(--line);border-radius:8px;background:none;color:inherit;font-size:16px;font-weight:400}
.countersign-dialog input.code{font:20px ui-monospace,monospace;font-variant-numeric:tabular-nums}
.countersign-dialog .boxes{position:relative;display:grid;grid-template-columns:repeat(6,1fr);gap:8px;direction:ltr;font:20px/46px ui-monospace,monospace;text-align:center}
.countersign-dialog .boxes span{height:48px;border:1px solid var(--line);border-radius:8px;font:inherit}
.countersign-dialog .boxes .here{border-color:var(--accent);outline:2px solid var(--accent);outline-offset:1px}
.countersign-dialog .boxes input{position:absolute;inset:0;border-color:transparent;color:transparent;caret-color:transparent;outline:0}
.countersign-dialog .boxes input::selection{color:transparent;background:none}
.countersign-dialog [aria-invalid=true],.countersign-dialog .bad span{border-color:var(--error)}
.countersign-dialog .boxes [aria-invalid=true]{border-color:transparent}
.countersign-dialog .error{color:var(--error);font-size:14px}.countersign-dialog .error:empty{margin-top:-16px}
.countersign-dialog button{min-height:48px;padding:0 16px;border:1px solid transparent;border-radius:8px;background:none;color:var(--accent);cursor:pointer}
.countersign-dialog .main{background:var(--accent);color:var(--accent-ink);font-weight:600}
.countersign-dialog .main[aria-disabled=true]{opacity:.7;cursor:default}
.countersign-dialog .others{display:grid;justify-items:start;margin:-4px -8px -12px}
.countersign-dialog .others button{min-height:36px;padding:0 8px;font-size:14px;text-align:start;text-decoration:underline;text-underline-offset:3px}
.countersign-dialog .others :last-child{color:var(--quiet)}
.countersign-dialog :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
`

let applied = false

/** Adds the look to the page once. As a constructed sheet it passes a content policy that forbids inline styles. */
export function applyStyle(): void {
  if (applied) return
  applied = true
  if (typeof CSSStyleSheet === "function" && "replaceSync" in CSSStyleSheet.prototype && document.adoptedStyleSheets) {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  } else {
    const style = document.createElement("style")
    style.textContent = css
    document.head.append(style)
  }
}
