import { isAPIResponseError, isReverificationCancelledError, isRuntimeError } from "@countersign/react/expo"
import { useState, useTransition } from "react"

/** What to tell the person. `longMessage` is written for a screen. */
function sentenceOf(error: unknown): string {
  if (isReverificationCancelledError(error)) return "You closed the confirmation, so nothing was changed."
  if (isAPIResponseError(error)) return error.errors[0]?.longMessage ?? error.message
  if (isRuntimeError(error) && error.code === "network_error") return "No connection. Check it and try again."
  console.warn(error)
  return "That did not work. Please try again."
}

export type Action = { busy: boolean; error: string; run: (action: () => unknown) => void }

/** One thing at a time: what is pressed twice runs once, and what fails is said. */
export function useAction(): Action {
  const [busy, startTransition] = useTransition()
  const [error, setError] = useState("")
  const run = (action: () => unknown) => {
    if (busy) return
    setError("")
    startTransition(async () => {
      try {
        await action()
      } catch (reason) {
        setError(sentenceOf(reason))
      }
    })
  }
  return { busy, error, run }
}
