import { useEffect, useRef, useState } from "react"

const length = 6

/** One real input, so that pasting, autofill and screen readers work, over six drawn boxes. Full, it submits its form. */
export function CodeField({ busy, error }: { busy: boolean; error: string }) {
  const input = useRef<HTMLInputElement>(null)
  const [code, setCode] = useState("")

  const take = (typed: string) => {
    // After a refusal what was typed stands there, and the newest digits count.
    const digits = typed.normalize("NFKC").replace(/\D/g, "").slice(-length)
    setCode(digits)
    if (digits.length === length && digits !== code) setTimeout(() => input.current?.form?.requestSubmit())
  }
  // What was typed or filled in before the page came to life.
  useEffect(() => take(input.current?.value ?? ""), [])
  useEffect(() => {
    if (busy) return
    input.current?.focus()
    if (error) input.current?.select()
  }, [busy, error])

  return (
    <div className="code">
      <input
        ref={input}
        id="code"
        name="code"
        value={code}
        onChange={(event) => take(event.target.value)}
        readOnly={busy}
        inputMode="numeric"
        autoComplete="one-time-code"
        aria-describedby="problem"
        aria-invalid={error !== ""}
      />
      {Array.from({ length }, (_, index) => (
        <span key={index} className={index === Math.min(code.length, length - 1) ? "here" : undefined} aria-hidden>
          {code[index]}
        </span>
      ))}
    </div>
  )
}
