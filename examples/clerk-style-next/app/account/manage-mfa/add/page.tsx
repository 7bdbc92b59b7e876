"use client"

import { useClerk, useUser } from "@countersign/react/clerk"
import type { UserResource } from "@countersign/react/clerk"
import { useRouter } from "next/navigation"
import { useState } from "react"
import { AddApp } from "./add-app"
import { RecoveryCodes } from "../../../../components/recovery-codes"
import { SignInFirst } from "../../../../components/sign-in-first"

export default function AddMfaPage() {
  const { isLoaded, isSignedIn, user } = useUser()
  if (!isLoaded) return null
  if (!isSignedIn) return <SignInFirst />
  return <Wizard user={user} />
}

function Wizard({ user }: { user: UserResource }) {
  const { session, setActive } = useClerk()
  const router = useRouter()
  // Only how it begins: `totpEnabled` turns true under the wizard, and the codes are still to be shown then.
  const [step, setStep] = useState<"app" | "codes" | "done">(user.totpEnabled ? "done" : "app")
  const [codes, setCodes] = useState<readonly string[]>([])

  const added = (recoveryCodes: readonly string[] = []) => {
    setCodes(recoveryCodes)
    setStep(recoveryCodes.length > 0 ? "codes" : "done")
  }
  const finish = async () => {
    // Where this had to be done before anything else, setActive says that it is.
    await setActive({ session: session ?? null, navigate: () => router.push("/account/manage-mfa") })
  }

  if (step === "app") return <AddApp user={user} onAdded={added} />
  if (step === "codes") return <RecoveryCodes codes={codes} onSaved={() => void finish()} />
  return (
    <div className="step">
      <h1>Your authenticator app is on</h1>
      <p className="quiet">
        If you haven’t saved your recovery codes, make new ones: the old ones can’t be shown again.
      </p>
      <button type="button" className="main" onClick={() => void finish()}>
        Manage two-step verification
      </button>
    </div>
  )
}
