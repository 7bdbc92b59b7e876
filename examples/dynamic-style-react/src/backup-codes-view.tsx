import { useState } from "react"
import { Step } from "./step.tsx"
import { useAction } from "./use-action.ts"

type Props = { codes: string[]; onAccept: () => Promise<void> }

/** The same codes again after a reload, until they are accepted; never after that. */
export function BackupCodesView({ codes, onAccept }: Props) {
  const [saved, setSaved] = useState(false)
  const [copied, setCopied] = useState(false)
  const { busy, error, run } = useAction()
  const grouped = codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
  const text = grouped.join("\n")

  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }

  return (
    <Step
      title="Save your recovery codes"
      says="Each of them works once, when you don’t have your phone. Keep them where you keep important papers."
      error={error}
    >
      <ol className="codes">
        {grouped.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="row">
        <button type="button" onClick={() => run(copy)}>
          {copied ? "Copied" : "Copy"}
        </button>
        <a
          className="button"
          href={`data:text/plain,${encodeURIComponent(text)}`}
          download="larch-domains-recovery-codes.txt"
        >
          Download
        </a>
      </div>
      <label className="check">
        <input type="checkbox" checked={saved} onChange={(event) => setSaved(event.target.checked)} />I have saved these
        codes
      </label>
      <p className="error" role="alert">
        {error}
      </p>
      <button type="button" className="main" disabled={!saved} aria-disabled={busy} onClick={() => run(onAccept)}>
        {busy ? "Saving …" : "Continue"}
      </button>
    </Step>
  )
}
