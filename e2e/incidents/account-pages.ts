/** The account pages, used as a browser without script uses them. */
import type { Answer, TestClient } from "countersign/testing"

/** The hidden proof that a form is the server's own. */
export const formTokenIn = (html: string): string => /name="form" value="([^"]*)"/.exec(html)?.[1] ?? ""

/** Opens a page and posts one of its forms. */
export const submitOn = async (
  client: TestClient,
  page: string,
  action: string,
  fields: Record<string, string> = {},
): Promise<Answer<unknown>> => {
  const { text } = await client.get(page)
  return await client.submit(action, { form: formTokenIn(text), ...fields })
}

/** Where a redirect leads; empty where the answer is none. */
export const leadsTo = (answer: Answer<unknown>): string => answer.headers.get("location") ?? ""
