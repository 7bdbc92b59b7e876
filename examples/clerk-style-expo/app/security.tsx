import { useUser } from "@countersign/react/expo"
import { router } from "expo-router"
import { useState } from "react"
import { BackupCodes } from "../parts/backup-codes"
import { Button, Problem, Row, Screen, Title, Words } from "../parts/ui"
import { useAction } from "../parts/use-action"

export default function SecurityScreen() {
  const { user } = useUser()
  const [codes, setCodes] = useState<readonly string[]>()
  if (!user) return null
  if (codes) return <BackupCodes codes={codes} onSaved={() => setCodes(undefined)} />

  return (
    <Screen>
      <Title>Two-step verification</Title>
      <Words>With your password alone nobody gets in: signing in takes a code from your phone as well.</Words>
      {user.totpEnabled ? <AppIsOn /> : <AppIsOff />}
      {user.backupCodeEnabled && <BackupCodesLeft left={user.backupCodesRemaining} onNewCodes={setCodes} />}
      <Button kind="link" title="Home" onPress={() => router.dismissTo("/")} />
    </Screen>
  )
}

function AppIsOff() {
  return (
    <Row title="Authenticator app" says={<Words>Off. Any app that shows six-digit codes will do.</Words>}>
      <Button kind="main" title="Add" onPress={() => router.push("/add-mfa")} />
    </Row>
  )
}

// What needs a fresh proof asks for it by itself, in the provider's dialog, and then goes on.
function AppIsOn() {
  const { user } = useUser()
  const { busy, error, run } = useAction()
  const [isAsking, setIsAsking] = useState(false)
  return (
    <Row title="Authenticator app" says={<Words tone="green">On</Words>}>
      {isAsking && (
        <Words tone="ink">Your password alone will sign you in, and your recovery codes stop working.</Words>
      )}
      <Problem>{error}</Problem>
      {isAsking ? (
        <>
          <Button
            kind="danger"
            title={busy ? "Removing …" : "Remove the app"}

            onPress={() => run(() => user?.disableTOTP())}
          />
          <Button title="Keep it" onPress={() => setIsAsking(false)} />
        </>
      ) : (
        <Button title="Remove" onPress={() => setIsAsking(true)} />
      )}
    </Row>
  )
}

function BackupCodesLeft({ left, onNewCodes }: { left: number; onNewCodes: (codes: readonly string[]) => void }) {
  const { user } = useUser()
  const { busy, error, run } = useAction()
  return (
    <Row
      title="Recovery codes"
      says={<Words>{left} left, for when you don’t have your phone. New ones replace them.</Words>}
    >
      <Problem>{error}</Problem>
      <Button
        title={busy ? "Making …" : "Make new ones"}

        onPress={() => run(async () => onNewCodes((await user?.createBackupCode())?.codes ?? []))}
      />
    </Row>
  )
}
