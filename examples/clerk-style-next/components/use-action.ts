import { isClerkAPIResponseError, isReverificationCancelledError } from "@countersign/react/clerk"
import { useState, useTransition } from "react"

export type Action = {
  busy: boolean
  /** What to tell the person; empty while there is nothing to tell. */
  error: string
  /** The person closed the question for a fresh proof, so nothing has changed. */
  cancelled: boolean
  run: (action: () => unknown) => void
}

/** One thing at a time: what is pressed twice runs once, and what fails is said. Busy until the page it leads to is there. */
export function useAction(): Action {
  const [busy, startTransition] = useTransition()
  const [error, setError] = useState("")
  const [cancelled, setCancelled] = useState(false)

  const run = (action: () => unknown) => {
    if (busy) return
    setError("")
    setCancelled(false)
    startTransition(async () => {
      try {
        await action()
      } catch (reason) {
        if (isReverificationCancelledError(reason)) setCancelled(true)
        else setError(sentenceOf(reason))
      }
    })
  }
  return { busy, error, cancelled, run }
}

/** `longMessage` is written for a screen, and says what to do. */
function sentenceOf(error: unknown): string {
  if (isClerkAPIResponseError(error)) return error.errors[0]?.longMessage ?? error.message
  console.error(error)
  return "That did not work. Please try again."
}
