"use client"

import { useReverification } from "@countersign/react/clerk"
import type { TOTPResource, UserResource } from "@countersign/react/clerk"
import Link from "next/link"
import { QRCodeSVG } from "qrcode.react"
import { useEffect, useState } from "react"
import { CodeField } from "../../../../components/code-field"
import { Form } from "../../../../components/form"
import { useAction } from "../../../../components/use-action"

type Props = { user: UserResource; onAdded: (recoveryCodes: readonly string[] | undefined) => void }

export function AddApp({ user, onAdded }: Props) {
  const [totp, setTotp] = useState<TOTPResource>()
  const { error, cancelled, run } = useAction()
  const createTOTP = useReverification(user.createTOTP)
  const begin = () => run(async () => setTotp(await createTOTP()))
  // In strict mode this runs twice. The two calls share one request, so there is one secret.
  useEffect(begin, [])

  if (totp?.uri && totp.secret)
    return <ScanAndVerify uri={totp.uri} secret={totp.secret} user={user} onAdded={onAdded} />
  return (
    <div className="step">
      <h1>Add an authenticator app</h1>
      <p className="error" role="alert">
        {error}
      </p>
      {cancelled && <p className="quiet">Before anything changes we make sure that it is you.</p>}
      {(cancelled || error) && (
        <button type="button" className="main" onClick={begin}>
          Try again
        </button>
      )}
    </div>
  )
}

function ScanAndVerify({ uri, secret, user, onAdded }: Props & { uri: string; secret: string }) {
  const { busy, error, run } = useAction()
  const submit = (typed: FormData) =>
    run(async () => onAdded((await user.verifyTOTP({ code: String(typed.get("code")) })).backupCodes))

  return (
    <Form onTyped={submit}>
      <h1>Add an authenticator app</h1>
      <p className="quiet">
        Scan this with an authenticator app on your phone, then enter the six digits that it shows.
      </p>
      <QRCodeSVG className="qr" value={uri} size={200} marginSize={4} title="QR code for your authenticator app" />
      <details>
        <summary>Can’t scan it?</summary>
        <p>
          <a href={uri}>Open an authenticator on this device</a>, or type this key into the app:
        </p>
        <code className="key">{secret.match(/.{1,4}/g)?.join(" ")}</code>
      </details>
      <div className="field">
        <label htmlFor="code">Code from the app</label>
        <CodeField busy={busy} error={error} />
        <p id="problem" className="error" role="alert">
          {error}
        </p>
      </div>
      <button type="submit" className="main" aria-disabled={busy}>
        {busy ? "Checking …" : "Turn on"}
      </button>
      <Link href="/account/manage-mfa">Not now</Link>
    </Form>
  )
}
