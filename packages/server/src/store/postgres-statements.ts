import type { Statement, Write } from "./database.ts"
import type { Part } from "./postgres-batch.ts"

type Text = { readonly text: string; readonly returns: boolean; readonly key: string | undefined }

const texts = new WeakMap<TemplateStringsArray, Text>()
let count = 0

/**
 * The text of a template with PostgreSQL's placeholders, made once. Tagged templates are frozen and live as long as
 * the source does, so they are prepared under a name; a list that was put together at run time is not.
 */
function textOf(template: TemplateStringsArray): Text {
  let known = texts.get(template)
  if (known === undefined) {
    const text = template.reduce((before, piece, place) => `${before}$${place}${piece}`)
    known = { text, returns: givesRows(text), key: Object.isFrozen(template) ? `countersign_${++count}` : undefined }
    texts.set(template, known)
  }
  return known
}

/** Whether the statement gives rows: a reading one, or a changing one with `returning`. */
const givesRows = (text: string): boolean =>
  /\breturning\b/i.test(text) || !/(^|\))\s*(insert|update|delete|create|drop|alter)\b/i.test(text)

export function readPart({ template, values }: Statement): Part {
  const { text, key } = textOf(template)
  return { text, name: key, returns: true, values }
}

/**
 * A write as a part. Where rows are demanded, the server itself counts them and breaks the transaction when there are
 * more or fewer, so that a guarded commit needs no second round trip. The broken cast says in its own words what it
 * is, because the server's log shows it.
 */
export function writePart({ statement, rows }: Write): Part {
  const { text, returns, key } = textOf(statement.template)
  if (rows === undefined) return { text, name: key, returns, values: statement.values }
  const counted = `case when (select count(*) from changed) = ${rows} then 1
    else cast('${guardSaid}' || (select count(*) from changed)::text as integer) end`
  // The verdict stands in the result, so that it is computed whatever the plan, also when no row changed.
  const guarded = returns
    ? `with changed as (${text}) select verdict.*, changed.* from (select ${counted}) as verdict left join changed on true`
    : `with changed as (${text} returning 1) select ${counted}`
  return {
    text: guarded,
    name: key && `${key}_${rows}`,
    returns: returns && rows > 0,
    skip: 1,
    values: statement.values,
  }
}

/** How a broken guard begins what it says. */
export const guardSaid = "a guarded write changed another number of rows: "
