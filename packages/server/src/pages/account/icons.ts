import { html, raw } from "hono/html"
import type { Html } from "./say.ts"

// One grid of 20 px, one stroke of 1.5 px, round ends.
const paths = {
  alert: '<circle cx="10" cy="10" r="7.25"/><path d="M10 6.5v4.25M10 13.4v.1"/>',
  check: '<path d="m4.5 10.5 3.75 3.75 7.25-8"/>',
  done: '<circle cx="10" cy="10" r="7.25"/><path d="m6.75 10.25 2.25 2.25 4.25-4.75"/>',
  shield: '<path d="M10 2.5 3.75 4.75v4.5c0 3.9 2.6 6.9 6.25 8.25 3.65-1.35 6.25-4.35 6.25-8.25v-4.5L10 2.5Z"/>',
  guarded:
    '<path d="M10 2.5 3.75 4.75v4.5c0 3.9 2.6 6.9 6.25 8.25 3.65-1.35 6.25-4.35 6.25-8.25v-4.5L10 2.5Z"/><path d="m7.25 9.75 2 2 3.5-4"/>',
  phone: '<rect x="5.75" y="2.5" width="8.5" height="15" rx="2"/><path d="M9 14.75h2"/>',
  desk: '<rect x="2.75" y="3.75" width="14.5" height="9.5" rx="1.5"/><path d="M7 16.75h6M10 13.25v3.5"/>',
  mail: '<rect x="2.75" y="4.25" width="14.5" height="11.5" rx="2"/><path d="m3.25 6 6.75 5 6.75-5"/>',
  key: '<circle cx="6.75" cy="13.25" r="3.5"/><path d="m9.25 10.75 7-7M13.25 6.75l2.5 2.5M15 5l1.25 1.25"/>',
  codes:
    '<rect x="3.25" y="3.25" width="13.5" height="13.5" rx="2"/><path d="M6.5 7.5h3M6.5 12.5h3M12 7.5h1.5M12 12.5h1.5"/>',
  copy: '<rect x="7" y="7" width="10" height="10" rx="2"/><path d="M13 7V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2h2"/>',
  download: '<path d="M10 3v9.5M6.25 9 10 12.75 13.75 9M3.5 16.75h13"/>',
  print:
    '<path d="M6 7V3h8v4M6 14.5H4a1.5 1.5 0 0 1-1.5-1.5V8.5A1.5 1.5 0 0 1 4 7h12a1.5 1.5 0 0 1 1.5 1.5V13a1.5 1.5 0 0 1-1.5 1.5h-2"/><rect x="6" y="12" width="8" height="5"/>',
  person: '<circle cx="10" cy="6.75" r="3.5"/><path d="M3.5 17c.75-3.25 3.25-5 6.5-5s5.75 1.75 6.5 5"/>',
} as const

export type IconName = keyof typeof paths

/** An icon beside words that say the same: hidden from screen readers. */
export const icon = (name: IconName): Html =>
  html`<svg
    width="20"
    height="20"
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.5"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${raw(paths[name])}
  </svg>`

/** The mark that stands in for a logo: a seal, signed twice. */
export const mark = (): Html =>
  html`<svg class="mark" width="28" height="28" viewBox="0 0 28 28" fill="none" aria-hidden="true" focusable="false">
    <rect width="28" height="28" rx="8" />
    <path
      d="m6.5 14.75 3.5 3.5 6-7.5M14.75 17.25l1 1 6-7.5"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>`

/** The same as a file, for the browser's tab; it knows no custom properties. */
export const markFile =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" fill="none"><rect width="28" height="28" rx="8" fill="#2840a8"/><path d="m6.5 14.75 3.5 3.5 6-7.5M14.75 17.25l1 1 6-7.5" stroke="#fff" stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round"/></svg>'
