import type { ReverificationConfig } from "../freshness.ts"

export type ReverificationErrorBody = {
  readonly countersign_error: {
    readonly type: "forbidden"
    readonly reason: "reverification-error"
    readonly metadata: { readonly reverification: ReverificationConfig }
  }
}

/** What a server action gives back where `has({ reverification })` is false: `useReverification` asks and calls again. */
export const reverificationError = (reverification: ReverificationConfig): ReverificationErrorBody => ({
  countersign_error: { type: "forbidden", reason: "reverification-error", metadata: { reverification } },
})

/** The same as a route handler's answer. */
export const reverificationErrorResponse = (reverification: ReverificationConfig): Response =>
  Response.json(reverificationError(reverification), { status: 403 })
