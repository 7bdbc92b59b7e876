import { isIP } from "node:net"
import { readAgent } from "./browser.ts"
import { english } from "./english.ts"
import { german } from "./german.ts"
import { layOut, type Rendered } from "./layout.ts"
import {
  noticeNames,
  templateNames,
  type Facts,
  type Letters,
  type NoticeName,
  type Telling,
  type TemplateName,
} from "./letter.ts"

export type { Rendered } from "./layout.ts"
export { noticeNames, templateNames, type Facts, type NoticeName, type TemplateName } from "./letter.ts"

/**
 * What every mail may name. `securityUrl`: the page of sessions and sign-in methods, where the installation has one.
 */
export type Service = { readonly issuer: string; readonly securityUrl?: string | undefined }

/** A language is added with its file and its line here. */
const languages: Readonly<Record<string, Letters>> = { en: english, de: german }

/**
 * Writes one mail. An unknown locale is read as English.
 *
 * Facts that are read: `link` or `code`; `subject` (`plain`: without the service's name); `at` and `until`, in epoch milliseconds, or `seconds` from `at`; `agent`,
 * `address`, `name`, `newAddress`, `left`, `dead` (0 or 1); `notice` for a notice. Others are left out.
 *
 * @throws TypeError for a template or notice that does not exist, or a link that is no web address.
 */
export const renderMail = (mail: { template: string; locale: string; facts: Facts }, service: Service): Rendered => {
  const language = mail.locale.split("-")[0]?.toLowerCase() ?? ""
  const known = Object.hasOwn(languages, language) ? language : "en"
  const letters = languages[known] ?? english
  const telling = tell(mail.facts, letters, service, known === language ? mail.locale : letters.locale)
  const letter =
    mail.template === "notice"
      ? letters.notices[noticeOf(mail.facts)](telling)
      : letters.mails[templateOf(mail.template)](telling)
  return layOut(letter, { issuer: service.issuer, language: known })
}

const templateOf = (name: string): Exclude<TemplateName, "notice"> => {
  const found = templateNames.find((candidate) => candidate === name)
  if (found === undefined || found === "notice")
    throw new TypeError(`there is no mail template ${JSON.stringify(name)}`)
  return found
}

const noticeOf = (facts: Facts): NoticeName => {
  const found = noticeNames.find((candidate) => candidate === facts["notice"])
  if (!found) throw new TypeError(`there is no notice ${JSON.stringify(facts["notice"])}`)
  return found
}

const tell = (facts: Facts, letters: Letters, service: Service, locale: string): Telling => {
  const moment = (name: string) => {
    const value = facts[name]
    return typeof value === "number" ? formatMoment(value, locale, letters.locale) : null
  }
  return {
    issuer: service.issuer,
    securityUrl: service.securityUrl ?? null,
    link: words(facts["link"]),
    code: words(facts["code"]),
    plainSubject: facts["subject"] === "plain",
    when: moment("at"),
    browser: browserOf(facts["agent"], letters),
    address: addressOf(facts["address"], letters),
    name: nameOf(facts["name"]),
    newAddress: words(facts["newAddress"]),
    left: typeof facts["left"] === "number" ? facts["left"] : null,
    until: moment("until"),
    dead: facts["dead"] === 1,
    lifetime: lifetimeOf(facts, letters),
  }
}

const words = (fact: Facts[string] | undefined): string | null =>
  typeof fact === "string" && fact !== "" ? fact : null

const formatMoment = (at: number, locale: string, fallback: string): string => {
  const options = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" } as const
  try {
    // A bare `en` would be formatted in the American way.
    return `${new Intl.DateTimeFormat(locale.includes("-") ? locale : fallback, options).format(at)} UTC`
  } catch {
    return `${new Intl.DateTimeFormat(fallback, options).format(at)} UTC`
  }
}

/** Undefined fact: the mail does not speak of a browser. Null: it was not known. */
const browserOf = (agent: Facts[string] | undefined, letters: Letters): string | null => {
  if (agent === undefined) return null
  const { browser, system } = readAgent(typeof agent === "string" ? agent : "")
  if (browser && system) return letters.on(browser, system)
  return browser ?? system ?? letters.unknown
}

const addressOf = (address: Facts[string] | undefined, letters: Letters): string | null => {
  if (address === undefined) return null
  return typeof address === "string" && isIP(address) !== 0 ? address : letters.unknown
}

/**
 * A name that a person gave to a factor or key. Whoever acts for an account could put an address or a sentence there,
 * and have it sent by us: what looks like one is left out.
 */
const nameOf = (name: Facts[string] | undefined): string | null => {
  if (typeof name !== "string") return null
  const clean = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim()
  if (clean === "" || clean.length > 60 || /[:/\\@]|\.\p{L}/u.test(clean)) return null
  return clean
}

/** How long a link or code is good, in words. A notice has no life: there `until` is the end of a lock. */
const lifetimeOf = (facts: Facts, letters: Letters): string | null => {
  const { at } = facts
  const until = expiryOf(facts)
  return typeof at === "number" && until !== undefined
    ? letters.lifetime(Math.max(1, Math.round((until - at) / 60_000)))
    : null
}

/** When what the mail carries is of no more use; undefined where it carries nothing that ends. */
export const expiryOf = (facts: Facts): number | undefined => {
  const { at, until, seconds, notice } = facts as Record<string, unknown>
  if (notice !== undefined) return undefined
  if (typeof until === "number") return until
  return typeof at === "number" && typeof seconds === "number" ? at + seconds * 1000 : undefined
}
