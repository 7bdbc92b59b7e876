import { html } from "hono/html"
import type { Language } from "../texts/texts.ts"
import { textsOf } from "../texts/texts.ts"
import type { Html } from "./say.ts"
import { sayPlainly } from "./say.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

// Making an Intl object costs far more than using one.
const kept = <T>(make: (language: Language) => T): ((language: Language) => T) => {
  const made = new Map<Language, T>()
  return (language) => {
    const found = made.get(language) ?? make(language)
    made.set(language, found)
    return found
  }
}
const dates = kept((of) => new Intl.DateTimeFormat(textsOf(of).dates, { dateStyle: "long", timeZone: "UTC" }))
const exacts = kept(
  (of) => new Intl.DateTimeFormat(textsOf(of).dates, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }),
)
const relatives = kept((of) => new Intl.RelativeTimeFormat(textsOf(of).dates, { numeric: "auto" }))

/** A day in words: the server doesn't know the person's zone, so no hour. */
export const dateOf = (language: Language, at: number): string => dates(language).format(at)

/** "5 minutes ago", "yesterday", and after a week the date. The exact moment is in the title. */
export const ago = (language: Language, now: number, at: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}" data-exact title="${exacts(language).format(at)} UTC"
    >${agoPlainly(language, now, at)}</time
  >`

export const agoPlainly = (language: Language, now: number, at: number): string => {
  const past = Math.max(0, now - at)
  const relative = relatives(language)
  if (past < minute) return textsOf(language).when.justNow
  if (past < hour) return relative.format(-Math.floor(past / minute), "minute")
  if (past < day) return relative.format(-Math.floor(past / hour), "hour")
  if (past < 7 * day) return relative.format(-Math.floor(past / day), "day")
  return dateOf(language, at)
}

const unit = (language: Language, amount: number, name: "second" | "minute" | "hour" | "day"): string =>
  new Intl.NumberFormat(textsOf(language).dates, { style: "unit", unit: name, unitDisplay: "long" }).format(amount)

/** A span in its largest unit that says it honestly, rounded up. */
export const lasting = (language: Language, seconds: number): string => {
  if (seconds < 90) return unit(language, Math.max(1, Math.ceil(seconds)), "second")
  if (seconds === 3600) return unit(language, 1, "hour")
  if (seconds <= 90 * 60) return unit(language, Math.ceil(seconds / 60), "minute")
  if (seconds < 48 * 3600) return unit(language, Math.ceil(seconds / 3600), "hour")
  return unit(language, Math.round(seconds / 86_400), "day")
}

/** When something may be tried again: "in 5 minutes"; script makes it the person's own time and counts down. */
export const until = (language: Language, now: number, at: number): Html => {
  const { when } = textsOf(language)
  const words = at <= now ? when.over : sayPlainly(when.in, { duration: lasting(language, (at - now) / 1000) })
  return counted(now, at, { words, pattern: when.at, over: when.over })
}

/** How long something is still open. */
export const left = (language: Language, now: number, at: number): Html =>
  counted(now, at, { words: lasting(language, Math.max(1, (at - now) / 1000)), pattern: "{left}", over: "0:00" })

/** Seconds and not an instant for the script: the person's clock may be wrong, which is just what is told elsewhere. */
const counted = (now: number, at: number, of: { words: string; pattern: string; over: string }): Html =>
  html`<time
    datetime="${new Date(at).toISOString()}"
    data-seconds="${Math.max(0, Math.ceil((at - now) / 1000))}"
    data-until="${of.pattern}"
    data-over="${of.over}"
    >${of.words}</time
  >`
