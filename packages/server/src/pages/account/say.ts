import { html } from "hono/html"

/** What a template gives: escaped, and safe to put into another. */
export type Html = ReturnType<typeof html>
export type Words = string | number | Html

/**
 * Fills the `{name}` places of a text. What is filled in is escaped unless a template made it.
 * A place without a value is a programmer's mistake: throws TypeError.
 */
export const say = (text: string, values: Readonly<Record<string, Words>> = {}): Html => {
  const parts = text.split(/\{(\w+)\}/).map((part, index) => (index % 2 === 0 ? part : valueOf(values, part)))
  return html`${parts}`
}

/** The same for plain text (a title, an attribute, a file). */
export const sayPlainly = (text: string, values: Readonly<Record<string, string | number>> = {}): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(valueOf(values, name)))

/** A template as text, at once. Throws TypeError where something in it is still to come. */
export const textOf = (template: Html): string => {
  if (template instanceof Promise) throw new TypeError("a page is drawn from what was read before")
  return template.toString()
}

const valueOf = <V>(values: Readonly<Record<string, V>>, name: string): V => {
  const value = values[name]
  if (value === undefined) throw new TypeError(`no value for {${name}}`)
  return value
}
