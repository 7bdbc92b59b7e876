import { html } from "hono/html"
import type { HtmlEscapedString } from "hono/utils/html"
import type { Json } from "../openapi.ts"

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** Text of the document: what stands between backticks is code. */
export const prose = (text: string): Html[] =>
  text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))

const refPrefix = "#/components/schemas/"
const nameOf = (schema: Json): string | undefined =>
  typeof schema["$ref"] === "string" ? schema["$ref"].slice(refPrefix.length) : undefined

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : [])

/** A schema's type in a few words: `text`, `list of Factor`, `"complete" or "enrolment"`. */
export const typeOf = (schema: Json): Html => {
  const name = nameOf(schema)
  if (name !== undefined) return html`<a href="#schema-${name}">${name}</a>`
  if ("const" in schema) return html`<code>${JSON.stringify(schema["const"])}</code>`
  const { enum: choices, anyOf, type, format, items, prefixItems } = schema
  if (Array.isArray(choices)) return joined(choices.map((choice) => html`<code>${JSON.stringify(choice)}</code>`))
  if (Array.isArray(anyOf)) return joined(listOf(anyOf).map(typeOf))
  if (Array.isArray(type)) return html`${type.map(plain).join(" or ")}`
  if (type === "array")
    return isJson(items) ? html`list of ${typeOf(items)}` : html`list of ${listOf(prefixItems).length}`
  return html`${format === "date-time" ? "instant" : plain(type)}`
}

const joined = (parts: Html[]): Html => html`${parts.map((part, at) => (at === 0 ? part : html` or ${part}`))}`

const words: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  object: "object",
  null: "null",
}
const plain = (type: unknown): string => (typeof type === "string" ? (words[type] ?? type) : "anything")

const limitsOf = ({ minLength, maxLength, minimum, maximum }: Json): string => {
  const bounds = [
    typeof minLength === "number" && minLength > 1 ? `at least ${minLength} characters` : "",
    typeof maxLength === "number" ? `at most ${maxLength} characters` : "",
    typeof minimum === "number" && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : "",
    typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : "",
  ]
  return bounds.filter(Boolean).join(", ")
}

/** The members of an object's schema, one a line, nested ones inside. */
export const fieldList = (schema: Json, names: { required: boolean }): Html => {
  const { properties, required, items } = schema
  if (!isJson(properties)) return isJson(items) ? fieldList(items, names) : html`<p class="quiet">${typeOf(schema)}</p>`
  const needed: unknown[] = Array.isArray(required) ? required : []
  const entries = Object.entries(properties).filter((entry): entry is [string, Json] => isJson(entry[1]))
  if (entries.length === 0) return html`<p class="quiet">Nothing.</p>`
  return html`<ul class="fields">
    ${entries.map(
      ([name, member]) =>
        html`<li>
          <code>${name}</code><span class="type">${typeOf(member)}</span>${
            names.required && needed.includes(name) ? html`<span class="need">required</span>` : ""
          }${!names.required && !needed.includes(name) ? html`<span class="type">may be missing</span>` : ""}
          ${limitsOf(member) === "" ? "" : html`<span class="type">${limitsOf(member)}</span>`}
          ${typeof member["description"] === "string" ? html`<p>${prose(member["description"])}</p>` : ""}
          ${isJson(member["properties"]) || isJson(innerOf(member)) ? fieldList(innerOf(member) ?? member, names) : ""}
        </li>`,
    )}
  </ul>`
}

/** The object inside a list, where it is spelled out rather than named. */
const innerOf = ({ items }: Json): Json | undefined =>
  isJson(items) && isJson(items["properties"]) ? items : undefined
