import { QRCodeSVG } from "qrcode.react"
import { Step } from "./step.tsx"

type Props = { uri: string; secret: string; onContinue: () => void; onBack?: () => void }

export function QrCodeView({ uri, secret, onContinue, onBack }: Props) {
  return (
    <Step title="Add an authenticator app" says="Scan this with an authenticator app on your phone.">
      <QRCodeSVG className="qr" value={uri} size={200} marginSize={4} title="QR code for your authenticator app" />
      <details>
        <summary>Can’t scan it?</summary>
        <p>
          <a href={uri}>Open an authenticator on this device</a>, or type this key into the app:
        </p>
        <code className="key">{secret.match(/.{1,4}/g)?.join(" ")}</code>
      </details>
      <button type="button" className="main" onClick={onContinue}>
        Continue
      </button>
      {onBack && (
        <button type="button" className="link" onClick={onBack}>
          Not now
        </button>
      )}
    </Step>
  )
}
