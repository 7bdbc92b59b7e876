import type { ReactNode } from "react"

type Props = { title: string; says?: ReactNode; error?: string; children?: ReactNode }

// Always the same function, so that it is called for a new title only.
const focus = (title: HTMLElement | null) => title?.focus()

/** One thing to do on a page of its own. Its title takes the focus, and stands in the browser's tab as well. */
export function Step({ title, says, error = "", children }: Props) {
  return (
    <div className="step">
      <title>{`${error && "Error: "}${title} · Larch Domains`}</title>
      <h1 key={title} tabIndex={-1} ref={focus}>
        {title}
      </h1>
      {says && <p className="quiet">{says}</p>}
      {children}
    </div>
  )
}
