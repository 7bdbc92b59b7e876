import { useCodeField } from "@countersign/react/expo"
import { useEffect, useRef } from "react"
import { StyleSheet, Text, TextInput, View } from "react-native"
import { useTheme } from "./theme"
import { Label, Problem } from "./ui"

type Props = { label: string; busy: boolean; error: string; onCode: (code: string) => void }

/** One real input, so that pasting, autofill and screen readers work, drawn as six boxes. Sends itself when full. */
export function CodeInput({ label, busy, error, onCode }: Props) {
  const { ink, edge, accent, red } = useTheme()
  const { value, setValue, slots, inputProps } = useCodeField({ onComplete: onCode })
  const input = useRef<TextInput>(null)

  // After a refusal it is empty for the next code, which is another one by then.
  useEffect(() => {
    if (busy) return
    if (error) setValue("")
    input.current?.focus()
  }, [busy, error])

  return (
    <View style={styles.field}>
      <Label>{label}</Label>
      <View style={styles.boxes}>
        {slots.map(({ char, isActive }, index) => (
          <View
            key={index}
            aria-hidden
            style={[
              styles.box,
              { borderColor: error && !value ? red : edge },
              isActive && [styles.here, { borderColor: accent }],
            ]}
          >
            <Text style={[styles.char, { color: ink }]}>{char}</Text>
          </View>
        ))}
        <TextInput ref={input} {...inputProps} aria-label={label} caretHidden readOnly={busy} style={styles.over} />
      </View>
      <Problem>{error}</Problem>
    </View>
  )
}

const styles = StyleSheet.create({
  field: { gap: 6 },
  boxes: { flexDirection: "row", gap: 8 },
  box: { flex: 1, height: 56, borderWidth: 1, borderRadius: 8, alignItems: "center", justifyContent: "center" },
  here: { borderWidth: 2 },
  char: { fontSize: 24, fontWeight: "600", fontVariant: ["tabular-nums"] },
  over: {
    position: "absolute",
    inset: 0,
    color: "transparent",
    backgroundColor: "transparent",
    fontSize: 16,
    outlineStyle: "solid",
    outlineWidth: 0,
  },
})
