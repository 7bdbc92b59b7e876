import { useSignIn } from "@countersign/react/expo"
import { useState } from "react"
import { Linking } from "react-native"
import { CodeInput } from "../parts/code-input"
import { server } from "../parts/server"
import { Button, Field, Problem, Screen, Title, Words } from "../parts/ui"
import { useAction } from "../parts/use-action"

/** As soon as the session is there, the layout shows what is behind this screen. */
export default function SignInScreen() {
  const { signIn } = useSignIn()
  // An app that is started anew finds the second step where it was.
  return signIn?.status === "needs_second_factor" ? <CodeStep /> : <PasswordStep />
}

function PasswordStep() {
  const { signIn } = useSignIn()
  const { busy, error, run } = useAction()
  const [identifier, setIdentifier] = useState("")
  const [password, setPassword] = useState("")
  const submit = () => run(() => signIn?.create({ identifier, password }))

  return (
    <Screen>
      <Title>Sign in</Title>
      <Field
        label="Email address"
        value={identifier}
        onChangeText={setIdentifier}
        onSubmitEditing={submit}
        inputMode="email"
        autoComplete="username"
        textContentType="username"
        autoFocus
      />
      <Field
        label="Password"
        value={password}
        onChangeText={setPassword}
        onSubmitEditing={submit}
        secureTextEntry
        autoComplete="current-password"
        textContentType="password"
      />
      <Problem>{error}</Problem>
      <Button kind="main" title={busy ? "Signing in …" : "Sign in"} onPress={submit} />
      {/* Pages that Countersign brings along. */}
      <Button kind="link" title="Forgot your password?" onPress={() => Linking.openURL(`${server}/account/forgot`)} />
      <Button kind="link" title="Create an account" onPress={() => Linking.openURL(`${server}/account/sign-up`)} />
    </Screen>
  )
}

function CodeStep() {
  const { signIn } = useSignIn()
  const { busy, error, run } = useAction()
  const [isBackup, setIsBackup] = useState(false)
  const [code, setCode] = useState("")
  const attempt = (strategy: "totp" | "backup_code", typed: string) =>
    run(() => signIn?.attemptSecondFactor({ strategy, code: typed }))
  const submitBackup = () => attempt("backup_code", code)

  return (
    <Screen>
      <Title>{isBackup ? "Enter a recovery code" : "Enter your code"}</Title>
      <Words>
        {isBackup
          ? "One of those that you saved when you turned two-step verification on. Each works once."
          : "Open your authenticator app and enter the six digits for Wren."}
      </Words>
      {isBackup ? (
        <>
          <Field
            isCode
            label="Recovery code"
            value={code}
            onChangeText={setCode}
            onSubmitEditing={submitBackup}
            autoCapitalize="characters"
            autoComplete="off"
            autoFocus
          />
          <Problem>{error}</Problem>
          <Button kind="main" title={busy ? "Checking …" : "Continue"} onPress={submitBackup} />
        </>
      ) : (
        <CodeInput label="Code" busy={busy} error={error} onCode={(typed) => attempt("totp", typed)} />
      )}
      <Button
        kind="link"
        title={isBackup ? "Use your authenticator app" : "Use a recovery code instead"}
        onPress={() => setIsBackup(!isBackup)}
      />
      <Button kind="link" title="Sign in as somebody else" onPress={() => run(() => signIn?.reset())} />
    </Screen>
  )
}
