"use client"

import { useReverification, useUser } from "@countersign/react/clerk"
import Link from "next/link"
import { useState } from "react"
import { RecoveryCodes } from "../../../components/recovery-codes"
import { SignInFirst } from "../../../components/sign-in-first"
import { useAction } from "../../../components/use-action"

export default function ManageMfaPage() {
  const { isLoaded, isSignedIn, user } = useUser()
  const [codes, setCodes] = useState<readonly string[]>()
  if (!isLoaded) return null
  if (!isSignedIn) return <SignInFirst />
  if (codes) return <RecoveryCodes codes={codes} onSaved={() => setCodes(undefined)} />

  return (
    <>
      <h1>Two-step verification</h1>
      <p className="quiet">
        With your password alone nobody gets in: signing in, and whatever moves money, takes a code from your phone as
        well.
      </p>
      {user.totpEnabled ? <AppIsOn /> : <AppIsOff />}
      {user.backupCodeEnabled && user.twoFactorEnabled && (
        <CodesLeft left={user.backupCodesRemaining} onNewCodes={setCodes} />
      )}
    </>
  )
}

function AppIsOff() {
  return (
    <section className="card">
      <div>
        <h2>Authenticator app</h2>
        <p className="quiet">Off. Any app that shows six-digit codes will do.</p>
      </div>
      <Link className="button main" href="/account/manage-mfa/add">
        Add
      </Link>
    </section>
  )
}

function AppIsOn() {
  const { user } = useUser()
  const { busy, error, run } = useAction()
  const [asking, setAsking] = useState(false)
  const disableTOTP = useReverification(() => user?.disableTOTP())

  return (
    <section className="card">
      <div>
        <h2>Authenticator app</h2>
        <p className="good">On</p>
        {asking && <p>Your password alone will sign you in, and your recovery codes stop working.</p>}
        <p className="error" role="alert">
          {error}
        </p>
      </div>
      {asking ? (
        <div className="row">
          <button type="button" className="danger" aria-disabled={busy} onClick={() => run(disableTOTP)}>
            {busy ? "Removing …" : "Remove the app"}
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            Keep it
          </button>
        </div>
      ) : (
        <button type="button" onClick={() => setAsking(true)}>
          Remove
        </button>
      )}
    </section>
  )
}

function CodesLeft({ left, onNewCodes }: { left: number; onNewCodes: (codes: readonly string[]) => void }) {
  const { user } = useUser()
  const { busy, error, run } = useAction()
  const createBackupCode = useReverification(() => user?.createBackupCode())

  return (
    <section className="card">
      <div>
        <h2>Recovery codes</h2>
        <p className="quiet">{left} left, for when you don’t have your phone. New ones replace them.</p>
        <p className="error" role="alert">
          {error}
        </p>
      </div>
      <button
        type="button"
        aria-disabled={busy}
        onClick={() => run(async () => onNewCodes((await createBackupCode()).codes))}
      >
        {busy ? "Making …" : "Make new ones"}
      </button>
    </section>
  )
}
