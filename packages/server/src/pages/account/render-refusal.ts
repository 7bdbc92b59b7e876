import type { ErrorCode } from "../../engine/errors.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Asked, Door } from "../../http/route.ts"
import { languageOf, wishedLanguage } from "../texts/texts.ts"
import { pageHeaders, RefusedPage, statusOf } from "./answers.ts"
import type { Frame, View } from "./frame.ts"
import { documentOf } from "./frame.ts"
import { refusalOf } from "./refusals.ts"
import { problemPage } from "./views/problem.ts"
import type { Surroundings } from "./visit.ts"

/**
 * The one place where a refusal of this door becomes bytes: the page that it brings along, or one that only says what
 * is wrong. Nothing is looked up here, so such a page knows nobody.
 */
export const renderRefusal = (
  around: Surroundings,
): { error: Door["renderError"]; fault: NonNullable<Door["renderFault"]> } => {
  const frameOf = ({ request }: Asked): Frame => ({
    language:
      wishedLanguage(request.headers.get("accept-language")) ?? languageOf(around.engine.settings.locale) ?? "en",
    now: around.settings.now(),
    issuer: around.engine.settings.issuer,
    base: around.base,
    assets: around.assets,
    formToken: undefined,
    here: around.base,
    posted: false,
    signedIn: false,
  })
  const answer = (asked: Asked, error: CountersignError): Response => {
    const frame = frameOf(asked)
    const { retryAfter } = error.details
    return new Response(documentOf(frame, viewOf(frame, error)), {
      status: statusOf(error.code),
      headers: {
        ...pageHeaders(around.engine.settings.allowedOrigins),
        "content-type": "text/html; charset=utf-8",
        ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      },
    })
  }
  return {
    error: (error, asked) => (error instanceof RefusedPage ? responseOf(error) : answer(asked, error)),
    fault: (asked) => {
      const unavailable = answer(asked, new CountersignError("unavailable"))
      return new Response(unavailable.body, { status: 500, headers: unavailable.headers })
    },
  }
}

const responseOf = ({ reply }: RefusedPage): Response =>
  new Response(reply.html ?? "", {
    status: reply.status,
    headers: { ...reply.headers, "content-type": "text/html; charset=utf-8" },
  })

const problems: Partial<Record<ErrorCode, "not_found" | "no_access" | "link_invalid" | "expired" | "unavailable">> = {
  not_found: "not_found",
  method_not_allowed: "not_found",
  forbidden: "no_access",
  insufficient_scope: "no_access",
  link_invalid: "link_invalid",
  challenge_spent: "expired",
  unavailable: "unavailable",
}

const viewOf = (frame: Frame, error: CountersignError): View => {
  const is = problems[error.code]
  if (is !== undefined) return problemPage(frame, { is })
  const waits = error.code === "too_many_requests" || error.code === "too_many_attempts"
  return problemPage(frame, { is: waits ? "wait" : "refused", words: refusalOf(error, frame).summary })
}
