import type { Level, NeedsReverification } from "@countersign/client"
import { CountersignClientError } from "@countersign/client"
import { useEffect, useLayoutEffect, useRef, useState } from "react"
import { asResourceError, isAPIResponseError } from "./api-errors.ts"
import { useCountersign } from "./context.ts"
import { readConfig } from "./freshness.ts"

type HintBody = {
  readonly type: "forbidden"
  readonly reason: "reverification-error"
  readonly metadata?: { readonly reverification?: unknown }
}
/** What an app's own route or server action answers where it wants a fresh proof (`reverificationError` of `/next`). */
export type ReverificationHint = { readonly countersign_error: HintBody } | { readonly clerk_error: HintBody }

export type UseReverificationOptions = {
  /** Asks in place of the built-in dialog. `level` is the strongest that anybody waits for. */
  readonly onNeedsReverification?: (asked: {
    complete: () => void
    cancel: () => void
    level: Level | undefined
  }) => void
}

type Fetcher = (...given: never[]) => unknown
/** What the fetcher comes to, without hints, and without the `undefined` of `user?.…()`. */
export type ReverificationResult<F extends Fetcher> = Promise<
  Exclude<Awaited<Exclude<ReturnType<F>, undefined>>, ReverificationHint>
>

// React 18 warns about layout effects while it draws on a server.
const useCommitEffect = typeof window === "undefined" ? useEffect : useLayoutEffect

function hintIn(result: unknown): { level: Level | undefined } | undefined {
  if (typeof result !== "object" || result === null) return undefined
  const { countersign_error, clerk_error } = result as Partial<Record<"countersign_error" | "clerk_error", HintBody>>
  const body = countersign_error ?? clerk_error
  if (body?.type !== "forbidden" || body.reason !== "reverification-error") return undefined
  return { level: readConfig(body.metadata?.reverification)?.level }
}

function hintOf(error: unknown): { level: Level | undefined } | undefined {
  const code = "session_reverification_required"
  if (error instanceof CountersignClientError && error.code === code) return { level: error.level }
  const item = isAPIResponseError(error) ? error.errors.find((each) => each.code === code) : undefined
  return item && { level: item.meta.reverification?.level }
}

type Came<T> = { readonly result: T } | { readonly hint: { level: Level | undefined }; readonly error?: unknown }

async function come(run: () => unknown): Promise<Came<unknown>> {
  try {
    const returned = await run()
    const isResponse = typeof Response !== "undefined" && returned instanceof Response
    const result: unknown = isResponse ? await returned.json() : returned
    const hint = hintIn(result)
    return hint ? { hint } : { result }
  } catch (error) {
    const hint = hintOf(error)
    if (!hint) throw error
    return { hint, error }
  }
}

/**
 * Wraps a call that may need a fresh proof: where it is refused for want of one, the person is asked, and the call is
 * made once more. The returned function stays the same for the component's life and calls the latest fetcher.
 */
export function useReverification<F extends Fetcher>(
  fetcher: F,
  options: UseReverificationOptions = {},
): (...given: Parameters<F>) => ReverificationResult<F> {
  const client = useCountersign()
  const latest = useRef({ fetcher, options, client })
  useCommitEffect(() => {
    latest.current = { fetcher, options, client }
  })
  const [wrapped] = useState(() => {
    const run = async (...given: Parameters<F>): Promise<unknown> => {
      const call = (): unknown =>
        latest.current.client.reverification.withoutAsking(() => latest.current.fetcher(...given))
      const first = await come(call)
      if ("result" in first) return first.result
      const { onNeedsReverification } = latest.current.options
      const ask: NeedsReverification | undefined =
        onNeedsReverification &&
        ((request) =>
          onNeedsReverification({ complete: request.complete, cancel: request.cancel, level: request.level }))
      try {
        await latest.current.client.reverification.require(first.hint.level ?? "second_factor", ask)
      } catch (error) {
        throw asResourceError(error)
      }
      const second = await come(call)
      if ("result" in second) return second.result
      throw second.error ?? asResourceError(latest.current.client.refusal("session_reverification_required", 403))
    }
    return run as (...given: Parameters<F>) => ReverificationResult<F>
  })
  return wrapped
}
