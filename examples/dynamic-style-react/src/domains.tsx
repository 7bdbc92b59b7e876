import { useIsMfaRequiredForAction, useMfa } from "@countersign/react/dynamic"
import { useState } from "react"
import { OtpView } from "./otp-view.tsx"
import { useAction } from "./use-action.ts"

const domains = ["alder-and-rowan.example", "the-long-walk.example"]
const mfaAction = "domain.transfer"
/** A token for this one action, good for one use. */
const oneUse = { createMfaToken: { singleUse: true }, requestedScopes: [mfaAction] }

async function moveAway(domain: string, token = ""): Promise<string> {
  const response = await fetch("/api/transfer", {
    method: "POST",
    headers: { "content-type": "application/json", "x-mfa-auth-token": token },
    body: JSON.stringify({ domain }),
  })
  if (!response.ok) throw new Error("The domain could not be moved. Please try again.")
  const { reference }: { reference: string } = await response.json()
  return reference
}

/** Action-based MFA: one action that takes a code each time. */
export function Domains() {
  const [leaving, setLeaving] = useState<string>()
  const [moved, setMoved] = useState<Record<string, string>>({})
  const [isAppMissing, setIsAppMissing] = useState(false)
  const isMfaRequiredForAction = useIsMfaRequiredForAction()
  const { authenticateDevice, authenticateRecoveryCode } = useMfa()
  const { busy, error, run } = useAction()

  if (leaving !== undefined) {
    const onToken = async (token?: string) => {
      const reference = await moveAway(leaving, token)
      setMoved((before) => ({ ...before, [leaving]: reference }))
      setLeaving(undefined)
    }
    return (
      <OtpView
        title={`Move ${leaving} away`}
        says="Confirm with a code from your authenticator app. It can’t be taken back."
        label="Move it away"
        onCode={async (code) => onToken(await authenticateDevice({ code, ...oneUse }))}
        onRecoveryCode={async (code) => onToken(await authenticateRecoveryCode({ code, ...oneUse }))}
        back="Keep it here"
        onBack={() => setLeaving(undefined)}
      />
    )
  }

  const onMove = async (domain: string) => {
    // Without an app there is nothing to confirm with, and the server would refuse.
    if (await isMfaRequiredForAction({ mfaAction })) setLeaving(domain)
    else setIsAppMissing(true)
  }

  return (
    <>
      <title>Larch Domains</title>
      <h1>Your domains</h1>
      {isAppMissing && (
        <p className="notice" role="status">
          Moving a domain away takes a code from your phone. <a href="#security">Add an authenticator app</a> first.
        </p>
      )}
      <p className="error" role="alert">
        {error}
      </p>
      <ul>
        {domains.map((domain) => (
          <li key={domain} className="card">
            <div>
              <h2>{domain}</h2>
              {moved[domain] ? (
                <p className="good" role="status">
                  On its way. Reference {moved[domain]}
                </p>
              ) : (
                <p className="quiet">Renews by itself</p>
              )}
            </div>
            {!moved[domain] && (
              <button type="button" aria-disabled={busy} onClick={() => run(() => onMove(domain))}>
                Move away
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
