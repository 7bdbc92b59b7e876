import { CountersignClientError, isClientError } from "./client-error.ts"
import type { ErrorCode, SentenceFor } from "./client-error.ts"
import type { Level } from "./wire.ts"

/** One request to prove again who is there. Everybody who needs it meanwhile joins in. */
export type ReverificationRequest = {
  /** The strongest level that anybody waits for; it may grow while the request is open. */
  readonly level: Level
  /** It has been proved: whatever waited goes on. */
  readonly complete: () => void
  /** It won't be: whatever waited is refused with `reverification_cancelled`. */
  readonly cancel: () => void
  /** Settles, and never fails, once nobody waits any more: also when the session ended meanwhile. */
  readonly closed: Promise<void>
}

/** Asks the person. It is called once for all that wait, and settles by `complete` or `cancel`. */
export type NeedsReverification = (request: ReverificationRequest) => void

export type Reverification = {
  /** Settles when it has been proved; `handler` asks instead of the ones that listen, if nobody is asking yet. */
  readonly require: (level: Level, handler?: NeedsReverification) => Promise<void>
  /** Who asks from now on; the last one that came. Returns how to leave. */
  readonly listen: (handler: NeedsReverification) => () => void
  /** Calls made by `run` before its first `await` don't ask by themselves: the caller does. */
  readonly withoutAsking: <T>(run: () => T) => T
  /** Whether a call made now asks by itself. */
  readonly asks: () => boolean
  /** Refuses whoever waits: the session has ended or is another one. */
  readonly cancel: () => void
  /** Runs it; refused for want of a fresh proof, asks and runs it once more. */
  readonly around: <T>(run: () => Promise<T>, ask: boolean) => Promise<T>
}

const strength: readonly Level[] = ["first_factor", "second_factor", "multi_factor"]

/** Whether `has` covers what `wanted` asks for. */
const covers = (has: Level, wanted: Level): boolean => strength.indexOf(has) >= strength.indexOf(wanted)

/** The one gate for step-up: one question at a time, however many wait for its answer. */
export function createReverification(base: NeedsReverification | undefined, sentence?: SentenceFor): Reverification {
  const handlers: NeedsReverification[] = base ? [base] : []
  let open: { level: Level; settled: Promise<void>; cancel(): void } | undefined
  let quiet = 0
  const refuse = (code: ErrorCode): CountersignClientError => new CountersignClientError({ code }, sentence)

  const gate: Reverification = {
    async require(level, handler = handlers.at(-1)) {
      if (open) {
        if (!covers(open.level, level)) open.level = level
        return open.settled
      }
      if (!handler) throw refuse("reverification_ui_unavailable")
      // `Promise.withResolvers` is not in every React Native.
      let resolve!: () => void
      let reject!: (reason: unknown) => void
      const settled = new Promise<void>((...both) => ([resolve, reject] = both))
      const mine = {
        level,
        settled,
        cancel: () => settle(() => reject(refuse("reverification_cancelled"))),
      }
      const settle = (how: () => void): void => {
        if (open === mine) open = undefined
        how()
      }
      open = mine
      try {
        handler({
          get level() {
            return mine.level
          },
          complete: () => settle(resolve),
          cancel: mine.cancel,
          closed: settled.catch(() => undefined),
        })
      } catch (error) {
        settle(() => reject(error))
      }
      return settled
    },
    listen(handler) {
      const own: NeedsReverification = (request) => handler(request)
      handlers.push(own)
      return () => void handlers.splice(handlers.indexOf(own) >>> 0, 1)
    },
    withoutAsking(run) {
      quiet += 1
      try {
        return run()
      } finally {
        quiet -= 1
      }
    },
    asks: () => quiet === 0 && handlers.length > 0,
    cancel: () => open?.cancel(),
    async around(run, ask) {
      try {
        return await run()
      } catch (error) {
        if (!ask || !isClientError(error, "session_reverification_required")) throw error
        await gate.require(error.level ?? "second_factor")
        return run()
      }
    },
  }
  return gate
}
