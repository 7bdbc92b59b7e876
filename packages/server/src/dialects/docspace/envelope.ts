/** The envelope that every answer of this wire travels in, refusals too. */

export const contentType = "application/json; charset=utf-8"

export type Link = { readonly href: string; readonly action: string }

/** A success. `response` is always there, `null` and `false` as well: scripts look for it. */
export const succeeded = (response: unknown, link: Link) => ({
  response: response ?? null,
  count: countOf(response),
  links: [link],
  status: 0,
  statusCode: 200,
})

/** How many things the response is: a list its length, nothing none, anything else one. */
const countOf = (response: unknown): number =>
  response === null || response === undefined ? 0 : Array.isArray(response) ? response.length : 1

/** A refusal. No type and no stack of the runtime, ever. */
export const failed = (statusCode: number, message: string) => ({ error: { message }, status: 1, statusCode })

/** What is wrong with a body, by the name of the property. */
export type Complaints = Readonly<Record<string, readonly string[]>>

/** A body that breaks a rule: problem details inside a success's wrapper, and the message where refusals have it. */
export const invalid = (errors: Complaints, link: Link) => ({
  ...succeeded(
    {
      type: "https://tools.ietf.org/html/rfc9110#section-15.5.1",
      title: "One or more validation errors occurred.",
      status: 400,
      errors,
      traceId: crypto.randomUUID(),
    },
    link,
  ),
  ...failed(400, Object.values(errors).flat()[0] ?? "The request can't be read."),
})
