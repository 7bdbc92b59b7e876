import { setStringAsync } from "expo-clipboard"
import { useState } from "react"
import { Platform, Share, StyleSheet, Text, View } from "react-native"
import { mono, useTheme } from "./theme"
import { Button, Check, Screen, Title, Words } from "./ui"

const grouped = (code: string) => `${code.slice(0, 5)}-${code.slice(5)}`

/** Recovery codes, the only time that they are there to be seen. */
export function BackupCodes({ codes, onSaved }: { codes: readonly string[]; onSaved: () => void }) {
  const [isSaved, setIsSaved] = useState(false)
  const [isCopied, setIsCopied] = useState(false)
  const { ink, line } = useTheme()
  const message = codes.map(grouped).join("\n")
  const copy = async () => setIsCopied(await setStringAsync(message))

  return (
    <Screen>
      <Title>Save your recovery codes</Title>
      <Words>
        Each code signs you in once when you don’t have your phone. They are shown this one time: keep them where you
        keep important papers.
      </Words>
      <View role="list" style={[styles.codes, { borderColor: line }]}>
        {codes.map((code) => (
          <Text key={code} role="listitem" style={[styles.code, { color: ink }]}>
            {grouped(code)}
          </Text>
        ))}
      </View>
      <Button title={isCopied ? "Copied" : "Copy"} onPress={copy} />
      {Platform.OS !== "web" && <Button title="Send to …" onPress={() => Share.share({ message })} />}
      <Check label="I have saved these codes" value={isSaved} onChange={setIsSaved} />
      <Button kind="main" title="Done" disabled={!isSaved} onPress={onSaved} />
    </Screen>
  )
}

const styles = StyleSheet.create({
  codes: { flexDirection: "row", flexWrap: "wrap", padding: 16, rowGap: 8, borderWidth: 1, borderRadius: 8 },
  code: { width: "50%", fontFamily: mono, fontSize: 16, lineHeight: 24 },
})
