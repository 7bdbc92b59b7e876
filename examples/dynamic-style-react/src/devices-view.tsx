import { useDynamicContext, useMfa } from "@countersign/react/dynamic"
import type { MFADevice } from "@countersign/react/dynamic"
import { useEffect, useState } from "react"
import { useAction } from "./use-action.ts"

type Props = {
  onAdd: () => Promise<void>
  onDelete: (device: MFADevice) => void
  onNewCodes: () => Promise<void>
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long" })

export function DevicesView({ onAdd, onDelete, onNewCodes }: Props) {
  const [devices, setDevices] = useState<MFADevice[]>()
  const { user } = useDynamicContext()
  const { getUserDevices, updateUserDevice } = useMfa()
  const { busy, error, run } = useAction()

  // Again whenever something about the user has changed, in another tab as well.
  useEffect(() => {
    getUserDevices().then(setDevices, console.error)
  }, [getUserDevices, user])
  if (!devices) return null
  const some = devices.length > 0

  return (
    <>
      <title>Security · Larch Domains</title>
      <h1>Two-step verification</h1>
      <p className="quiet">
        {some
          ? "Signing in, and moving a domain away, takes a code from your phone as well as your password."
          : "Your password alone signs you in. Add an app on your phone, and nobody who learns it gets in."}
      </p>
      <ul>
        {devices.map((device) => (
          <li key={device.id} className="card">
            <div>
              <h2>{device.alias}</h2>
              <p className="quiet">
                {device._default && some && devices.length > 1 && "Asked for first. "}
                {device.createdAt && `Added on ${day.format(device.createdAt)}`}
              </p>
            </div>
            <div className="row">
              {!device._default && (
                <button type="button" aria-disabled={busy} onClick={() => run(() => updateUserDevice(device.id ?? ""))}>
                  Ask for it first
                </button>
              )}
              <button type="button" onClick={() => onDelete(device)}>
                Remove
              </button>
            </div>
          </li>
        ))}
        {some && (
          <li className="card">
            <div>
              <h2>Recovery codes</h2>
              <p className="quiet">
                {user?.recoveryCodesRemaining} left, for when you don’t have your phone. New ones replace them.
              </p>
            </div>
            <button type="button" aria-disabled={busy} onClick={() => run(onNewCodes)}>
              Make new ones
            </button>
          </li>
        )}
      </ul>
      <p className="error" role="alert">
        {error}
      </p>
      <button type="button" className={some ? "" : "main"} aria-disabled={busy} onClick={() => run(onAdd)}>
        {some ? "Add another app" : "Add an authenticator app"}
      </button>
    </>
  )
}
