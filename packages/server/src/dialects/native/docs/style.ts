/** The document's page: one column of text, a list of contents beside it where there is room, light and dark. */
export const style = `
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --quiet: #59636e; --paper: #fff; --raised: #f6f7f9; --line: #dde1e6;
  --accent: #1a56c4; --get: #1a56c4; --post: #1d7040; --patch: #8a5a00; --delete: #b3261e;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ed; --quiet: #9aa4b0; --paper: #14171b; --raised: #1d2127; --line: #333a43;
    --accent: #8ab4ff; --get: #8ab4ff; --post: #7bd09b; --patch: #e6b55c; --delete: #ff9d94;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 2px; }
code, pre { font-family: var(--mono); font-size: 14px; }
code { background: var(--raised); border-radius: 4px; padding: 1px 2px; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; overflow-x: auto; margin: 12px 0; line-height: 1.5; overflow-wrap: normal; }
pre:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 48px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 14px; margin: 20px 0 4px; color: var(--quiet); font-weight: 600; }
p { margin: 8px 0; max-width: 66ch; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 16px; top: 8px; background: var(--paper); padding: 8px; z-index: 1; }
.shell { display: grid; grid-template-columns: 17rem minmax(0, 48rem); gap: 48px; max-width: 74rem; margin: 0 auto; padding: 32px 24px 96px; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 4px 8px 24px 4px; font-size: 14px; }
nav ul { list-style: none; margin: 0 0 16px; padding: 0; }
nav strong { display: block; padding: 4px 0; }
nav strong a { text-decoration: none; color: var(--ink); }
nav strong a:hover { text-decoration: underline; }
nav li a { display: block; padding: 4px 0 4px 12px; border-left: 1px solid var(--line); color: var(--quiet); text-decoration: none; }
nav li a:hover { color: var(--ink); border-color: var(--accent); }
.quiet { color: var(--quiet); font-size: 14px; }
.operation { border: 1px solid var(--line); border-radius: 8px; margin: 12px 0; }
.operation > summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; padding: 12px 16px; cursor: pointer; list-style: none; }
.operation > summary::-webkit-details-marker { display: none; }
.operation[open] > summary { border-bottom: 1px solid var(--line); }
.operation .summary { flex-basis: 100%; color: var(--quiet); font-size: 14px; }
.operation .inside { padding: 4px 16px 16px; }
.method { font: 600 13px var(--mono); min-width: 3.6rem; }
.get { color: var(--get); } .post { color: var(--post); } .patch, .put { color: var(--patch); } .delete { color: var(--delete); }
.path { font: 15px var(--mono); background: none; padding: 0; }
.fields { margin: 4px 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 8px; }
.fields li { padding: 8px 12px; font-size: 14px; }
.fields li + li { border-top: 1px solid var(--line); }
.fields .fields { margin-top: 8px; }
.type { color: var(--quiet); margin-left: 8px; }
.need { color: var(--delete); margin-left: 8px; }
.fields p { margin: 2px 0 0; }
dl { margin: 4px 0; display: grid; grid-template-columns: 3.5rem 1fr; gap: 6px 8px; font-size: 14px; }
dl.wide { grid-template-columns: minmax(0, 19rem) 1fr; gap: 0; border: 1px solid var(--line); border-radius: 8px; margin-top: 12px; }
dl.wide > * { padding: 6px 12px; }
dl.wide > *:nth-child(n + 3) { border-top: 1px solid var(--line); }
dt { font-family: var(--mono); } dd { margin: 0; }
@media (max-width: 60rem) {
  .shell { grid-template-columns: minmax(0, 1fr); gap: 16px; padding: 20px 16px 64px; }
  nav { position: static; max-height: none; overflow: visible; display: flex; flex-wrap: wrap; gap: 4px 16px; border-bottom: 1px solid var(--line); }
  nav ul { display: none; }
  dl.wide { grid-template-columns: 1fr; }
  dl.wide > dt { padding-bottom: 0; }
  dl.wide > dd { padding-top: 0; border-top: 0 !important; }
}
@media print { nav { display: none; } .shell { display: block; } }
`
