"use client"

import { useReverification } from "@countersign/react/clerk"
import { useState } from "react"
import { useAction } from "./use-action"

async function requestPayout(): Promise<{ reference: string }> {
  const response = await fetch("/api/payout", { method: "POST" })
  // 403 holds what useReverification reads: it asks for a fresh code and calls this function once more.
  if (!response.ok && response.status !== 403) throw new Error(`payout: ${response.status}`)
  return response.json()
}

export function Payout() {
  const [reference, setReference] = useState("")
  const { busy, error, run } = useAction()
  const payOut = useReverification(requestPayout)

  return (
    <section className="card">
      <div>
        <h2>£1,240.00 to pay out</h2>
        <p className="quiet">To your bank account ending in 4017. We ask first whether it is you.</p>
        {reference && (
          <p className="good" role="status">
            Paid out. Reference {reference}
          </p>
        )}
        <p className="error" role="alert">
          {error}
        </p>
      </div>
      <button
        type="button"
        className="main"
        aria-disabled={busy}
        onClick={() => run(async () => setReference((await payOut()).reference))}
      >
        {busy ? "Paying out …" : "Pay out"}
      </button>
    </section>
  )
}
