import { useAuth, useUser } from "@countersign/react/expo"
import type { TOTPResource, UserResource } from "@countersign/react/expo"
import { setStringAsync } from "expo-clipboard"
import { router } from "expo-router"
import { useEffect, useState } from "react"
import { Linking, StyleSheet, Text } from "react-native"
import { BackupCodes } from "../parts/backup-codes"
import { CodeInput } from "../parts/code-input"
import { QrCode } from "../parts/qr-code"
import { mono, useTheme } from "../parts/theme"
import { Button, Problem, Screen, Title, Words } from "../parts/ui"
import { useAction } from "../parts/use-action"

const leave = () => router.dismissTo("/security")

export default function AddMfaScreen() {
  const { user } = useUser()
  // Only how it begins: `totpEnabled` turns true under the wizard, and the codes are still to be shown then.
  const [step, setStep] = useState<"app" | "codes" | "done">(user?.totpEnabled ? "done" : "app")
  const [codes, setCodes] = useState<readonly string[]>([])
  if (!user) return null

  const added = (backupCodes: readonly string[] = []) => {
    setCodes(backupCodes)
    setStep(backupCodes.length > 0 ? "codes" : "done")
  }
  if (step === "app") return <AddApp user={user} onAdded={added} />
  if (step === "codes") return <BackupCodes codes={codes} onSaved={leave} />
  return (
    <Screen>
      <Title>Your authenticator app is on</Title>
      <Words>If you haven’t saved your recovery codes, make new ones: the old ones can’t be shown again.</Words>
      <Button kind="main" title="Manage two-step verification" onPress={leave} />
    </Screen>
  )
}

type Props = { user: UserResource; onAdded: (backupCodes: readonly string[] | undefined) => void }

function AddApp({ user, onAdded }: Props) {
  const [totp, setTotp] = useState<TOTPResource>()
  const { error, run } = useAction()
  const start = () => run(async () => setTotp(await user.createTOTP()))
  // In strict mode this runs twice. The two calls share one request, so there is one secret.
  useEffect(start, [])

  if (totp) return <ScanAndVerify user={user} uri={totp.uri ?? ""} secret={totp.secret ?? ""} onAdded={onAdded} />
  return (
    <Screen>
      <Title>Add an authenticator app</Title>
      <Problem>{error}</Problem>
      {error !== "" && <Button kind="main" title="Try again" onPress={start} />}
    </Screen>
  )
}

function ScanAndVerify({ user, uri, secret, onAdded }: Props & { uri: string; secret: string }) {
  const { ink } = useTheme()
  const { isSignedIn, signOut } = useAuth()
  const { busy, error, run } = useAction()
  const [isCopied, setIsCopied] = useState(false)
  const copy = async () => setIsCopied(await setStringAsync(secret))
  const verify = (code: string) => run(async () => onAdded((await user.verifyTOTP({ code })).backupCodes))

  return (
    <Screen>
      <Title>Add an authenticator app</Title>
      <Words>
        Scan this with an authenticator app, or open one on this device. Then enter the six digits that it shows.
      </Words>
      <QrCode text={uri} label="QR code for your authenticator app" />
      <Button title="Open an authenticator on this device" onPress={() => run(() => Linking.openURL(uri))} />
      <Words>Or type this key into the app:</Words>
      <Text selectable style={[styles.key, { color: ink }]}>
        {secret.match(/.{1,4}/g)?.join(" ")}
      </Text>
      <Button kind="link" title={isCopied ? "Copied" : "Copy the key"} onPress={copy} />
      <CodeInput label="Code from the app" busy={busy} error={error} onCode={verify} />
      {/* Where it is demanded there is nowhere else to go yet. */}
      {isSignedIn ? (
        <Button kind="link" title="Not now" onPress={leave} />
      ) : (
        <Button kind="link" title="Sign out" onPress={() => run(signOut)} />
      )}
    </Screen>
  )
}

const styles = StyleSheet.create({ key: { fontFamily: mono, fontSize: 16, lineHeight: 24 } })
