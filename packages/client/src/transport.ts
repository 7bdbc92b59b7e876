import { CountersignClientError, isClientError } from "./client-error.ts"
import { createInFlight } from "./in-flight.ts"
import type { ErrorCode, ErrorFacts, SentenceFor } from "./client-error.ts"

export type Fetch = (input: string, init: RequestInit) => Promise<Response>

export type Outgoing = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  /** Under `/v1`, with its query. */
  readonly path: string
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Delivered twice by a bad network, it is done once. */
  readonly once?: boolean | undefined
}

export type TransportOptions = {
  /** Where Countersign is, without a slash at the end; throws where nobody has said. */
  base(): string
  fetch?: Fetch | undefined
  credentials: "same-origin" | "include" | "omit"
  /** What goes into `Authorization`, where the client speaks as a bearer. */
  bearer(path: string): Promise<string | undefined> | string | undefined
  /** Sees the headers of every answer. */
  answered?(headers: Headers): void
  sentence?: SentenceFor | undefined
  timeoutMilliseconds?: number | undefined
  /** Waits before a GET that got no answer is tried again. Nothing else is ever tried again by itself. */
  retryMilliseconds?: readonly number[] | undefined
}

export type Send = <T>(outgoing: Outgoing) => Promise<T>

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const codeOfStatus = (status: number): ErrorCode =>
  status === 429 ? "too_many_requests" : status > 501 && status < 505 ? "unavailable" : "unexpected_answer"

type Problem = Partial<Omit<ErrorFacts, "fields">> & {
  errors?: { field: string; reason: string }[]
  type?: string
  title?: string
  detail?: string
}

async function refusalOf(response: Response): Promise<ErrorFacts> {
  const { status, headers } = response
  const problem = ((await response.json().catch(() => null)) ?? {}) as Problem
  const { errors = [], type: _1, title: _2, detail: _3, ...facts } = problem
  const wait = Number(headers.get("retry-after") ?? Number.NaN)
  return {
    code: codeOfStatus(status),
    retryAfter: Number.isFinite(wait) ? wait : undefined,
    requestId: headers.get("x-request-id") ?? undefined,
    ...facts,
    status,
    fields: errors,
  }
}

/** One way out to the server: JSON in, JSON or a `CountersignClientError` back. Equal calls in flight share one answer. */
export function createTransport(options: TransportOptions): Send {
  const { sentence, timeoutMilliseconds = 30_000, retryMilliseconds = [700, 1500, 3000] } = options
  const inFlight = createInFlight()
  const call: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))

  async function attempt({ method, path, body, headers: more, once }: Outgoing): Promise<unknown> {
    const url = `${options.base()}/v1${path}`
    const token = await options.bearer(path)
    const sent = method === "POST" || method === "PATCH" ? JSON.stringify(body ?? {}) : undefined
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), timeoutMilliseconds)
    try {
      const response = await call(url, {
        method,
        headers: {
          accept: "application/json",
          ...(sent === undefined ? {} : { "content-type": "application/json" }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          // Only has to differ from this session's other requests of the last minute.
          ...(once ? { "idempotency-key": `${Date.now()}-${Math.random()}` } : {}),
          ...more,
        },
        credentials: options.credentials,
        cache: "no-store",
        signal: abort.signal,
        ...(sent === undefined ? {} : { body: sent }),
      })
      options.answered?.(response.headers)
      if (!response.ok) throw new CountersignClientError(await refusalOf(response), sentence)
      if (response.status === 204) return undefined
      return await response.json().catch((cause: unknown) => {
        throw new CountersignClientError({ code: "unexpected_answer", status: response.status }, sentence, cause)
      })
    } catch (cause) {
      if (cause instanceof CountersignClientError) throw cause
      throw new CountersignClientError({ code: "network_error" }, sentence, cause)
    } finally {
      clearTimeout(timer)
    }
  }

  async function deliver(outgoing: Outgoing): Promise<unknown> {
    const waits = outgoing.method === "GET" ? retryMilliseconds : []
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt(outgoing)
      } catch (error) {
        const wait = waits[tries]
        const again = isClientError(error, "network_error") || isClientError(error, "unavailable")
        if (wait === undefined || !again) throw error
        await sleep(wait)
      }
    }
  }

  return <T>(outgoing: Outgoing): Promise<T> => {
    const key = JSON.stringify([outgoing.method, outgoing.path, outgoing.body, outgoing.headers])
    return inFlight.share(key, async () => {
      try {
        return (await deliver(outgoing)) as T
      } finally {
        // What was being read while something was written may be old: whoever asks from now on asks anew.
        if (outgoing.method !== "GET") inFlight.forget('["GET"')
      }
    })
  }
}
