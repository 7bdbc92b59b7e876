import { useDynamicContext } from "@countersign/react/dynamic"
import type { FormEvent } from "react"
import { Step } from "./step.tsx"
import { useAction } from "./use-action.ts"

export function SignIn() {
  const { client } = useDynamicContext()
  const { busy, error, run } = useAction()

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const typed = new FormData(event.currentTarget)
    run(() => client.signIn({ email: String(typed.get("email")), password: String(typed.get("password")) }))
  }

  return (
    <Step title="Sign in" error={error}>
      <form onSubmit={submit}>
        <label className="field">
          Email address
          <input name="email" type="email" autoComplete="username" required autoFocus />
        </label>
        <label className="field">
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p className="error" role="alert">
          {error}
        </p>
        <button type="submit" className="main" aria-disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
        {/* Pages that Countersign brings along. */}
        <p className="links">
          <a href="/account/forgot">Forgot your password?</a>
          <a href="/account/sign-up">Create an account</a>
        </p>
      </form>
    </Step>
  )
}
