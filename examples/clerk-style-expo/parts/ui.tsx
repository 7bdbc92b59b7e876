import type { ReactNode } from "react"
import { Pressable, ScrollView, StyleSheet, Text, TextInput, View } from "react-native"
import type { TextInputProps } from "react-native"
import { useSafeAreaInsets } from "react-native-safe-area-context"
import Svg, { Path } from "react-native-svg"
import { mono, useTheme } from "./theme"

type Children = { children: ReactNode }

/** One column, which is the page on a phone. */
export function Screen({ children }: Children) {
  const { paper } = useTheme()
  const { top, bottom } = useSafeAreaInsets()
  return (
    <ScrollView
      role="main"
      style={{ backgroundColor: paper }}
      contentContainerStyle={[styles.screen, { paddingTop: 48 + top, paddingBottom: 48 + bottom }]}
      keyboardShouldPersistTaps="handled"
      automaticallyAdjustKeyboardInsets
    >
      {children}
    </ScrollView>
  )
}

export function Title({ children }: Children) {
  const { ink } = useTheme()
  return (
    <Text role="heading" aria-level={1} style={[styles.title, { color: ink }]}>
      {children}
    </Text>
  )
}

export function Words({ children, tone = "quiet" }: Children & { tone?: "quiet" | "ink" | "green" }) {
  return <Text style={[styles.words, { color: useTheme()[tone] }]}>{children}</Text>
}

export function Problem({ children }: { children: string }) {
  const { red } = useTheme()
  return children ? (
    <Text role="alert" aria-live="assertive" style={[styles.small, { color: red }]}>
      {children}
    </Text>
  ) : null
}

type ButtonProps = {
  title: string
  onPress: () => void
  kind?: "main" | "plain" | "danger" | "link"
  disabled?: boolean
}

export function Button({ title, onPress, kind = "plain", disabled = false }: ButtonProps) {
  const { accent, onAccent, ink, edge, red } = useTheme()
  const look = {
    main: [styles.button, { backgroundColor: accent, borderColor: accent }],
    plain: [styles.button, { borderColor: edge }],
    danger: [styles.button, { borderColor: red }],
    link: styles.link,
  }[kind]
  const color = { main: onAccent, plain: ink, danger: red, link: accent }[kind]
  return (
    <Pressable
      role="button"
      disabled={disabled}
      onPress={onPress}
      style={({ pressed }) => [look, (pressed || disabled) && styles.faint]}
    >
      <Text style={[kind === "link" ? styles.linkText : styles.words, kind === "main" && styles.strong, { color }]}>
        {title}
      </Text>
    </Pressable>
  )
}

export function Field({ label, isCode = false, ...input }: TextInputProps & { label: string; isCode?: boolean }) {
  const { ink, edge } = useTheme()
  return (
    <View style={styles.field}>
      <Label>{label}</Label>
      <TextInput
        aria-label={label}
        autoCapitalize="none"
        autoCorrect={false}
        {...input}
        style={[styles.input, { color: ink, borderColor: edge }, isCode && styles.mono]}
      />
    </View>
  )
}

export function Label({ children }: Children) {
  const { ink } = useTheme()
  return <Text style={[styles.small, styles.strong, { color: ink }]}>{children}</Text>
}

export function Check({
  label,
  value,
  onChange,
}: {
  label: string
  value: boolean
  onChange: (value: boolean) => void
}) {
  const { accent, onAccent, edge } = useTheme()
  const look = value ? { backgroundColor: accent, borderColor: accent } : { borderColor: edge }
  return (
    <Pressable
      role="checkbox"
      aria-checked={value}
      aria-label={label}
      onPress={() => onChange(!value)}
      style={styles.check}
    >
      <View style={[styles.box, look]}>
        <Svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
          {value && <Path d="M2 7.5 5.5 11 12 3.5" fill="none" stroke={onAccent} strokeWidth={2} />}
        </Svg>
      </View>
      <Words tone="ink">{label}</Words>
    </Pressable>
  )
}

/** One thing on an overview: what it is, and what can be done about it. */
export function Row({ title, says, children }: Children & { title: string; says: ReactNode }) {
  const { ink, line } = useTheme()
  return (
    <View style={[styles.row, { borderTopColor: line }]}>
      <View style={styles.about}>
        <Text role="heading" aria-level={2} style={[styles.words, styles.strong, { color: ink }]}>
          {title}
        </Text>
        {says}
      </View>
      {children}
    </View>
  )
}

const styles = StyleSheet.create({
  screen: { width: "100%", maxWidth: 464, alignSelf: "center", paddingHorizontal: 24, gap: 20 },
  title: { fontSize: 28, lineHeight: 36, fontWeight: "600", letterSpacing: -0.3 },
  words: { fontSize: 16, lineHeight: 24 },
  small: { fontSize: 14, lineHeight: 20 },
  strong: { fontWeight: "600" },
  button: {
    minHeight: 48,
    paddingHorizontal: 16,
    borderWidth: 1,
    borderRadius: 8,
    alignItems: "center",
    justifyContent: "center",
  },
  link: { minHeight: 44, marginVertical: -8, justifyContent: "center", alignSelf: "flex-start" },
  linkText: { fontSize: 16, lineHeight: 24, textDecorationLine: "underline" },
  faint: { opacity: 0.6 },
  field: { gap: 6 },
  input: { height: 48, paddingHorizontal: 12, borderWidth: 1, borderRadius: 8, fontSize: 16 },
  check: { flexDirection: "row", alignItems: "center", gap: 12, minHeight: 44 },
  box: { width: 22, height: 22, borderWidth: 1, borderRadius: 6, alignItems: "center", justifyContent: "center" },
  mono: { fontFamily: mono, fontSize: 18 },
  row: { gap: 12, paddingTop: 20, borderTopWidth: 1 },
  about: { gap: 2 },
})
