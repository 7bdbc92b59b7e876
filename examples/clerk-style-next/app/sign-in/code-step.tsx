import { useState } from "react"
import { CodeField } from "../../components/code-field"
import { Form } from "../../components/form"
import type { Action } from "../../components/use-action"

type Strategy = "totp" | "backup_code"
type Props = Action & {
  onCode: (strategy: Strategy, code: string) => Promise<void>
  onLeave: () => Promise<unknown>
}

const words = {
  totp: {
    title: "Enter your code",
    says: "Open your authenticator app and enter the six digits for Heron Books.",
    label: "Code",
    other: "Use a recovery code instead",
  },
  backup_code: {
    title: "Enter a recovery code",
    says: "One of those that you saved when you turned two-step verification on. Each works once.",
    label: "Recovery code",
    other: "Use your authenticator app",
  },
}

export function CodeStep({ busy, error, run, onCode, onLeave }: Props) {
  const [strategy, setStrategy] = useState<Strategy>("totp")
  const { title, says, label, other } = words[strategy]
  const submit = (typed: FormData) => run(() => onCode(strategy, String(typed.get("code"))))

  return (
    <Form onTyped={submit}>
      <h1>{title}</h1>
      <p className="quiet">{says}</p>
      <div className="field">
        <label htmlFor="code">{label}</label>
        {strategy === "totp" ? (
          <CodeField busy={busy} error={error} />
        ) : (
          <input
            id="code"
            name="code"
            className="mono"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            aria-describedby="problem"
            aria-invalid={error !== ""}
            autoFocus
          />
        )}
        <p id="problem" className="error" role="alert">
          {error}
        </p>
      </div>
      <button type="submit" className="main" aria-disabled={busy}>
        {busy ? "Checking …" : "Continue"}
      </button>
      <div className="links">
        <button
          type="button"
          className="link"
          onClick={() => setStrategy(strategy === "totp" ? "backup_code" : "totp")}
        >
          {other}
        </button>
        <button type="button" className="link" onClick={() => run(onLeave)}>
          Sign in as somebody else
        </button>
      </div>
    </Form>
  )
}
