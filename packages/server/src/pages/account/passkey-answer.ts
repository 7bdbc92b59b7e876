import type { Visit } from "./visit.ts"

/**
 * What the person's device answered, as the script put it into the form. Undefined for nothing; what is no JSON is
 * handed on as it is, for the engine to refuse.
 */
export const passkeyAnswerIn = ({ form }: Visit): unknown => {
  const { answer = "" } = form
  if (answer.trim() === "") return undefined
  try {
    return JSON.parse(answer) as unknown
  } catch {
    return answer
  }
}
