import { useEffect, useRef } from "react"

type Props = { value: string; onChange: (code: string) => void; error: string; busy: boolean }

/** One real input, so that pasting, autofill and screen readers work, drawn as six boxes. Submits its form when full. */
export function CodeField({ value, onChange, error, busy }: Props) {
  const input = useRef<HTMLInputElement>(null)

  // After a refusal the code stands marked: the next one is typed over it.
  useEffect(() => {
    if (!busy) input.current?.focus()
    if (error) input.current?.select()
  }, [error, busy])

  const take = (typed: string) => {
    const digits = typed.normalize("NFKC").replace(/\D/g, "").slice(0, 6)
    onChange(digits)
    if (digits.length === 6 && digits !== value) setTimeout(() => input.current?.form?.requestSubmit())
  }

  return (
    <div className="code">
      <input
        ref={input}
        id="code"
        value={value}
        onChange={(event) => take(event.target.value)}
        readOnly={busy}
        inputMode="numeric"
        autoComplete="one-time-code"
        aria-describedby="code-error"
        aria-invalid={error !== ""}
      />
      <div className="boxes" aria-hidden>
        {Array.from({ length: 6 }, (_, index) => (
          <i key={index} />
        ))}
      </div>
    </div>
  )
}
