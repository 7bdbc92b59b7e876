import type { ReactNode } from "react"

/**
 * `onSubmit` keeps what was typed when it is refused. `action` is for who was faster than the page's script: React
 * holds the form until then, where a browser would send it off by itself.
 */
export function Form({ onTyped, children }: { onTyped: (typed: FormData) => void; children: ReactNode }) {
  return (
    <form
      className="step"
      noValidate
      action={onTyped}
      onSubmit={(event) => {
        event.preventDefault()
        onTyped(new FormData(event.currentTarget))
      }}
    >
      {children}
    </form>
  )
}
