import { Form } from "../../components/form"
import type { Action } from "../../components/use-action"

type Props = Action & { onPassword: (email: string, password: string) => Promise<void> }

export function PasswordStep({ busy, error, run, onPassword }: Props) {
  const submit = (typed: FormData) => run(() => onPassword(String(typed.get("email")), String(typed.get("password"))))

  return (
    <Form onTyped={submit}>
      <h1>Sign in</h1>
      <div className="field">
        <label htmlFor="email">Email address</label>
        <input id="email" name="email" type="email" autoComplete="username" aria-describedby="problem" autoFocus />
      </div>
      <div className="field">
        <label htmlFor="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autoComplete="current-password"
          aria-describedby="problem"
        />
        <p id="problem" className="error" role="alert">
          {error}
        </p>
      </div>
      <button type="submit" className="main" aria-disabled={busy}>
        {busy ? "Signing in …" : "Sign in"}
      </button>
      {/* Pages that Countersign brings along. */}
      <div className="links">
        <a href="/auth/account/forgot">Forgot your password?</a>
        <a href="/auth/account/sign-up">Create an account</a>
      </div>
    </Form>
  )
}
