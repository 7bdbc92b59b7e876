import encodeQR from "qr"
import { StyleSheet, View } from "react-native"
import Svg, { Path, Rect } from "react-native-svg"
import { useTheme } from "./theme"

/** Dark on white in both schemes, with the quiet border that readers need. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { line } = useTheme()
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 })
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
  return (
    <View style={[styles.frame, { borderColor: line }]}>
      <Svg role="img" aria-label={label} width={208} height={208} viewBox={`0 0 ${rows.length} ${rows.length}`}>
        <Rect width={rows.length} height={rows.length} fill="#fff" />
        <Path d={dark.join("")} fill="#000" />
      </Svg>
    </View>
  )
}

const styles = StyleSheet.create({
  frame: { alignSelf: "flex-start", borderWidth: 1, borderRadius: 8, overflow: "hidden" },
})
