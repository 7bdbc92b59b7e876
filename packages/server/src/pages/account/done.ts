import type { Visit } from "./visit.ts"

/** What the page before has done, in words: one of a closed list, so that a URL can't put words into our mouth. */
export const doneWords = (visit: Visit): string | undefined => {
  const asked = visit.query.get("done")
  const { done } = visit.words
  if (asked === null || !Object.hasOwn(done, asked)) return undefined
  return done[asked as keyof typeof done]
}
