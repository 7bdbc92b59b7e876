/** A problem document (RFC 9457). Extensions never hold what was typed, nor anything of the server's inside. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string | undefined
  readonly [extension: string]: unknown
}

/** `status` of the document is the status of the answer (RFC 9457, section 3.1.2). */
export const problemResponse = (problem: Problem, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headers, "content-type": "application/problem+json" },
  })

/** What is answered where nothing more can be said: an unexpected fault, or a path that is no door's. */
export const bareProblem = (status: number, title: string): Response =>
  problemResponse({ type: "about:blank", title, status })
