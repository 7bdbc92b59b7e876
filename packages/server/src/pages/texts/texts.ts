import { de } from "./de.ts"
import type { Texts } from "./en.ts"
import { en } from "./en.ts"

export type { Texts } from "./en.ts"

const all = { en, de } satisfies Record<string, Texts>

export type Language = keyof typeof all

export const languages = Object.keys(all) as Language[]

export const textsOf = (language: Language): Texts => all[language]

/** The language of a tag like `de-AT`; undefined when there is none of ours. */
export const languageOf = (tag: string | null | undefined): Language | undefined => {
  const primary = tag?.trim().toLowerCase().split(/[-_]/)[0]
  return languages.find((language) => language === primary)
}

/** The first wish of an Accept-Language header that can be met (RFC 9110, 12.5.4). */
export const wishedLanguage = (header: string | null): Language | undefined => {
  if (!header || header.length > 1000) return undefined
  const wishes = header.split(",").map((part) => {
    const [tag = "", ...parameters] = part.split(";")
    const weight = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find((found) => found !== undefined)
    return { language: languageOf(tag), weight: weight === undefined ? 1 : Number(weight) }
  })
  return wishes
    .filter(({ language, weight }) => language !== undefined && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)[0]?.language
}
