"use client"

import { useState } from "react"

const grouped = (code: string) => `${code.slice(0, 5)}-${code.slice(5)}`

/** Recovery codes, the only time that they are there to be seen. */
export function RecoveryCodes({ codes, onSaved }: { codes: readonly string[]; onSaved: () => void }) {
  const [saved, setSaved] = useState(false)
  const [copied, setCopied] = useState(false)
  const text = codes.map(grouped).join("\n")

  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }

  return (
    <div className="step">
      <h1>Save your recovery codes</h1>
      <p className="quiet">
        When you don’t have your phone, each of them signs you in once. They are shown this one time: keep them where
        you keep important papers.
      </p>
      <ol className="codes">
        {codes.map((code) => (
          <li key={code}>{grouped(code)}</li>
        ))}
      </ol>
      <div className="row">
        <button type="button" onClick={() => void copy()}>
          {copied ? "Copied" : "Copy"}
        </button>
        <a className="button" href={`data:text/plain,${encodeURIComponent(text)}`} download="heron-books-codes.txt">
          Download
        </a>
      </div>
      <label className="check">
        <input type="checkbox" checked={saved} onChange={(event) => setSaved(event.target.checked)} />
        <span>I have saved these codes</span>
      </label>
      <button type="button" className="main" disabled={!saved} onClick={onSaved}>
        Done
      </button>
    </div>
  )
}
