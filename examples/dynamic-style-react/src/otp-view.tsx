import { useState } from "react"
import type { FormEvent } from "react"
import { CodeField } from "./code-field.tsx"
import { Step } from "./step.tsx"
import { useAction } from "./use-action.ts"

type Props = {
  title: string
  says: string
  label: string
  onCode: (code: string) => Promise<void>
  onRecoveryCode?: (code: string) => Promise<void>
  back?: string
  onBack?: () => void
}

/** Asks for a code of an authenticator app, or for a recovery code where that will do. */
export function OtpView({ title, says, label, onCode, onRecoveryCode, back, onBack }: Props) {
  const [isRecovery, setIsRecovery] = useState(false)
  const [code, setCode] = useState("")
  const { busy, error, run } = useAction()

  const submit = (event: FormEvent) => {
    event.preventDefault()
    run(() => (isRecovery ? onRecoveryCode?.(code) : onCode(code)))
  }
  const change = () => {
    setIsRecovery(!isRecovery)
    setCode("")
  }

  return (
    <Step
      title={title}
      says={isRecovery ? "Enter one of the recovery codes that you saved. Each works once." : says}
      error={error}
    >
      <form onSubmit={submit} noValidate>
        <div className="field">
          <label htmlFor="code">{isRecovery ? "Recovery code" : "Code"}</label>
          {isRecovery ? (
            <input
              id="code"
              className="mono"
              value={code}
              onChange={(event) => setCode(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              aria-describedby="code-error"
              aria-invalid={error !== ""}
              autoFocus
            />
          ) : (
            <CodeField value={code} onChange={setCode} error={error} busy={busy} />
          )}
          <p id="code-error" className="error" role="alert">
            {error}
          </p>
        </div>
        <button type="submit" className="main" aria-disabled={busy}>
          {busy ? "Checking …" : label}
        </button>
        <p className="links">
          {onRecoveryCode && (
            <button type="button" className="link" onClick={change}>
              {isRecovery ? "Use your authenticator app" : "Use a recovery code instead"}
            </button>
          )}
          {onBack && (
            <button type="button" className="link" onClick={onBack}>
              {back}
            </button>
          )}
        </p>
      </form>
    </Step>
  )
}
