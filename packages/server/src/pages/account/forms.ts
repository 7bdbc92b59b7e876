import { CountersignError } from "../../engine/errors.ts"
import { refuse } from "./answers.ts"
import type { View } from "./frame.ts"
import type { Refusal, RefusalContext } from "./refusals.ts"
import { missing, refusalOf } from "./refusals.ts"
import type { Visit } from "./visit.ts"

/** Refuses a form in which one of the fields is empty, with the page that says which. */
export const demandFields = async (
  visit: Visit,
  names: readonly string[],
  page: (refusal: Refusal) => View | Promise<View>,
): Promise<void> => {
  const absent = names.filter((name) => (visit.form[name] ?? "").trim() === "")
  if (absent.length === 0) return
  const error = new CountersignError("input_invalid", { fields: absent.map((field) => ({ field, reason: "missing" })) })
  await refuse(visit, error, await page(missing(visit.frame, absent)))
}

/** Does what a form asks for; what the engine refuses becomes the form again, with words. A fresh proof is asked for elsewhere. */
export const attempt = async <T>(
  visit: Visit,
  work: () => Promise<T>,
  context: RefusalContext,
  page: (refusal: Refusal) => View | Promise<View>,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (
      !(error instanceof CountersignError) ||
      error.code === "session_reverification_required" ||
      error.code === "challenge_spent"
    )
      throw error
    return await refuse(visit, error, await page(refusalOf(error, visit.frame, context)))
  }
}

/** The shortest password that policy lets this person choose. */
export const minimumPassword = async (visit: Visit): Promise<number> =>
  (await visit.engine.policy.read(visit.person?.actor)).minimumPasswordLength
