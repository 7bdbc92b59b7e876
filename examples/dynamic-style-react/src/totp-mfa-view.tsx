import { useDynamicContext, useIsLoggedIn, useMfa, useSyncMfaFlow } from "@countersign/react/dynamic"
import type { MFADevice, MfaRegistration } from "@countersign/react/dynamic"
import { useState } from "react"
import { BackupCodesView } from "./backup-codes-view.tsx"
import { DevicesView } from "./devices-view.tsx"
import { OtpView } from "./otp-view.tsx"
import { QrCodeView } from "./qr-code-view.tsx"
import { Step } from "./step.tsx"
import { useAction } from "./use-action.ts"

type View =
  | { name: "devices" }
  | { name: "qr-code"; registration: MfaRegistration }
  | { name: "otp"; registration?: MfaRegistration }
  | { name: "delete"; device: MFADevice }
  | { name: "backup-codes"; codes: string[] }

const devices: View = { name: "devices" }

/** Account-based MFA: what a sign-in owes, and the devices of somebody who is signed in. */
export function TotpMfaView() {
  const [view, setView] = useState(devices)
  const { userWithMissingInfo } = useDynamicContext()
  const isLoggedIn = useIsLoggedIn()
  const owed = useAction()
  const mfa = useMfa()

  const onAddDevice = async () => setView({ name: "qr-code", registration: await mfa.addDevice() })
  // Codes that were saved can't be shown again: then there are none.
  const onShowCodes = async (generateNewCodes = false) => {
    const codes = await mfa.getRecoveryCodes(generateNewCodes)
    setView(codes.length > 0 ? { name: "backup-codes", codes } : devices)
  }

  // Called once for each sign-in that owes something, and after a reload in the middle of it.
  const onOwed = async () => {
    if (!userWithMissingInfo?.scope?.includes("requiresAdditionalAuth")) await onShowCodes()
    else if ((await mfa.getUserDevices()).length > 0) setView({ name: "otp" })
    else await onAddDevice()
  }
  useSyncMfaFlow({ handler: () => owed.run(onOwed) })

  switch (view.name) {
    case "qr-code": {
      const { registration } = view
      return (
        <QrCodeView
          {...registration}
          onContinue={() => setView({ name: "otp", registration })}
          {...(isLoggedIn && { onBack: () => setView(devices) })}
        />
      )
    }
    case "otp": {
      const { registration } = view
      return registration ? (
        <OtpView
          title="Add an authenticator app"
          says="Enter the six digits that the app shows for Larch Domains."
          label="Turn on"
          onCode={async (code) => {
            await mfa.authenticateDevice({ code })
            await onShowCodes()
          }}
          back="Show the QR code again"
          onBack={() => setView({ name: "qr-code", registration })}
        />
      ) : (
        <OtpView
          title="Enter your code"
          says="Open your authenticator app and enter the six digits for Larch Domains."
          label="Continue"
          onCode={async (code) => {
            await mfa.authenticateDevice({ code })
            await onShowCodes()
          }}
          onRecoveryCode={async (code) => {
            await mfa.authenticateRecoveryCode({ code })
            await onShowCodes()
          }}
        />
      )
    }
    case "delete": {
      const { id = "", alias = "" } = view.device
      const createMfaToken = { singleUse: true }
      const onToken = async (token?: string) => {
        await mfa.deleteUserDevice(id, token)
        setView(devices)
      }
      return (
        <OtpView
          title={`Remove ${alias}`}
          says="Confirm with a code from any of your apps. The last one takes your recovery codes along."
          label="Remove"
          onCode={async (code) => onToken(await mfa.authenticateDevice({ code, createMfaToken }))}
          onRecoveryCode={async (code) => onToken(await mfa.authenticateRecoveryCode({ code, createMfaToken }))}
          back="Keep it"
          onBack={() => setView(devices)}
        />
      )
    }
    case "backup-codes":
      return (
        <BackupCodesView
          codes={view.codes}
          onAccept={async () => {
            await mfa.completeAcknowledgement()
            setView(devices)
          }}
        />
      )
    case "devices":
      if (isLoggedIn)
        return (
          <DevicesView
            onAdd={onAddDevice}
            onDelete={(device) => setView({ name: "delete", device })}
            onNewCodes={() => onShowCodes(true)}
          />
        )
      // What is owed is on its way, unless it could not be had.
      return owed.error ? (
        <Step title="That did not work" error={owed.error}>
          <p className="error" role="alert">
            {owed.error}
          </p>
          <button type="button" className="main" onClick={() => owed.run(onOwed)}>
            Try again
          </button>
        </Step>
      ) : null
  }
}
