import { CountersignError } from "../engine/errors.ts"

export type Unreadable = "malformed_json" | "malformed_form" | "malformed_text" | "body_already_read" | "token_in_query"

/**
 * The request can't be read at all, as opposed to one that says something wrong. Still an `input_invalid`, so that a
 * dialect that makes no difference needs no case for it; others answer 400 here and 422 there.
 */
export class UnreadableRequest extends CountersignError {
  readonly reason: Unreadable

  constructor(reason: Unreadable) {
    super("input_invalid")
    this.name = "UnreadableRequest"
    this.reason = reason
  }
}
