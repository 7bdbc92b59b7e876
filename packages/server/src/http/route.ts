import type { Actor, Source } from "../engine/engine.ts"
import type { CountersignError } from "../engine/errors.ts"
import type { CookieChange } from "./cookies.ts"
import type { Credential } from "./credentials.ts"

/** One request, as a door reads it. Nothing is parsed or looked up before it is asked for. */
export type Call = {
  readonly request: Request
  /** As the request names it. Never build a link from it: links stand on the configured public URL. */
  readonly url: URL
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly source: Source
  /**
   * The body as a JSON object, read strictly: no duplicate key, no lone surrogate, no NUL, bounded depth.
   * Throws `unsupported_media_type`, `body_too_large`, `request_timeout`, or `input_invalid` (as `UnreadableRequest`
   * where the text is not JSON at all).
   */
  readonly body: () => Promise<Record<string, unknown>>
  /** As `body`, but any JSON value; undefined when nothing was sent (then without regard to the content type). */
  readonly json: () => Promise<unknown>
  /** A form that was posted `application/x-www-form-urlencoded`. A field that comes twice is refused. */
  readonly form: () => Promise<Record<string, string>>
  /** The body's text, whatever its type, within the limits. */
  readonly text: () => Promise<string>
  /** Who the cookie or the bearer is, resolved once. Undefined without one, and when it is unknown or has ended. */
  readonly actor: () => Promise<Actor | undefined>
  /** A bearer decides alone: where one is sent, no cookie is looked at. */
  readonly credential: Credential | undefined
  /** From its cookie, or a `csc_` bearer. */
  readonly challengeToken: string | undefined
  /** The remembered device's cookie. */
  readonly deviceToken: string | undefined
  /**
   * Counts a mail to the client's address, for a route that finds out only on its way that it sends one. Throws
   * `too_many_requests`.
   */
  readonly countMail: () => Promise<void>
  /** A cookie of ours by its short name (`session`, `challenge`, `device`, or a door's own). */
  readonly cookie: (name: string) => string | undefined
}

/** What a door answers. `json`, `html` and `text` set the content type; none of them: an empty body. */
export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly json?: unknown
  readonly html?: string | undefined
  readonly text?: string | undefined
  readonly cookies?: readonly CookieChange[] | undefined
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

export type Route = {
  readonly method: Method
  /** A hono pattern below the door's prefix: `/`, `/factors/:id`. */
  readonly path: string
  /**
   * Which limit on the client's address applies: `sign-in` counts tries that were refused, `mail` counts every
   * request, since each may send one.
   */
  readonly limit?: "sign-in" | "mail" | undefined
  /** For a GET that changes something (a mailed link): HEAD is refused, so that a link scanner spends nothing. */
  readonly head?: false | undefined
  readonly bodyLimitBytes?: number | undefined
  readonly handle: (call: Call) => Promise<Reply | Response> | Reply | Response
}

/** A set of routes under one prefix, with one way of answering refusals. Dialects, pages and the root's few files are doors. */
export type Door = {
  readonly name: string
  /** `/v1`, or empty for the root. The longest prefix that fits serves. */
  readonly prefix: string
  /** The whole path is matched without case. Such a door has no path parameters. */
  readonly caseInsensitive?: boolean | undefined
  /** False for a door that never reads a cookie: then the origin is not checked either. */
  readonly cookies?: boolean | undefined
  /** Default 16 KiB. */
  readonly bodyLimitBytes?: number | undefined
  readonly routes: readonly Route[]
  /** The one place where a refusal gets its status and body. */
  readonly renderError: (error: CountersignError, call: Asked) => Response
  /** What is answered to an unexpected fault (500). Without it: a bare problem document. */
  readonly renderFault?: ((call: Asked) => Response) | undefined
}

/** As much of a request as an error's rendering may look at. */
export type Asked = {
  readonly request: Request
  readonly url: URL
  readonly credential: Credential | undefined
}
