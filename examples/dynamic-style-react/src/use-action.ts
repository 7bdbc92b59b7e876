import { useState, useTransition } from "react"

/** One thing at a time: what is pressed twice runs once, and what fails is said. */
export function useAction() {
  const [busy, startTransition] = useTransition()
  const [error, setError] = useState("")
  const run = (action: () => unknown) => {
    if (busy) return
    setError("")
    startTransition(async () => {
      try {
        await action()
      } catch (reason) {
        // What these hooks throw says what happened in a sentence that is fit for a screen.
        setError(reason instanceof Error ? reason.message : String(reason))
      }
    })
  }
  return { busy, error, run }
}
