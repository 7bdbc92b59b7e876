import { useState } from "react"

export type UseMfaErrorReturn = {
  /** A sentence for the screen; null while there is nothing to say. */
  readonly error: string | null
  /** Waits for a call of `user`, `useMfa` or the client. What it refuses with becomes `error`, and `undefined` is given. */
  readonly watch: <T>(call: Promise<T>) => Promise<T | undefined>
  readonly clear: () => void
}

const sentenceIn = (reason: unknown): string => {
  const { errors, sentence, message } = reason as {
    errors?: { longMessage?: string }[]
    sentence?: string
    message?: string
  }
  return errors?.[0]?.longMessage ?? sentence ?? message ?? "Something went wrong. Try again in a moment."
}

/** Shows what a call was refused with, so that no page forgets to. A dialog that was closed is no error to show. */
export function useMfaError(): UseMfaErrorReturn {
  const [error, setError] = useState<string | null>(null)
  const [calls] = useState(() => ({
    clear: () => setError(null),
    watch: async <T>(call: Promise<T>): Promise<T | undefined> => {
      setError(null)
      try {
        return await call
      } catch (reason) {
        if ((reason as { code?: string }).code !== "reverification_cancelled") setError(sentenceIn(reason))
        return undefined
      }
    },
  }))
  return { error, ...calls }
}
