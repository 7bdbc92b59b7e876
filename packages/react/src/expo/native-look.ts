import { Platform } from "react-native"

/** The native dialog's look: the same as the browser's, in React Native's terms. */
export type Look = ReturnType<typeof lookFor>

const light = {
  paper: "#ffffff",
  ink: "#16181d",
  quiet: "#50545c",
  line: "#80848c",
  accent: "#1b4fd8",
  accentInk: "#ffffff",
  error: "#b3241c",
}
const dark = {
  paper: "#16181d",
  ink: "#eceef2",
  quiet: "#a9adb5",
  line: "#7d828c",
  accent: "#8fb0ff",
  accentInk: "#0d1220",
  error: "#ff9c92",
}

// Codes are read from left to right everywhere. A browser is told by the attribute `dir` instead.
const leftToRight = Platform.OS === "web" ? {} : ({ direction: "ltr" } as const)

/** Styles for one colour scheme. */
export const lookFor = (scheme: "light" | "dark" | null | undefined) => {
  const { paper, ink, quiet, line, accent, accentInk, error } = scheme === "dark" ? dark : light
  const field = { height: 48, borderWidth: 1, borderRadius: 8, borderColor: line, color: ink, fontSize: 16 }
  return {
    backdrop: { flex: 1, backgroundColor: "rgba(8, 10, 14, 0.5)" },
    centre: { flexGrow: 1, justifyContent: "center", padding: 16 },
    card: {
      width: "100%",
      maxWidth: 416,
      alignSelf: "center",
      padding: 24,
      gap: 16,
      borderRadius: 8,
      backgroundColor: paper,
    },
    title: { color: ink, fontSize: 20, lineHeight: 28, fontWeight: "600" },
    says: { color: quiet, fontSize: 16, lineHeight: 24 },
    label: { color: ink, fontSize: 14, fontWeight: "600" },
    field: { ...field, paddingHorizontal: 12 },
    boxes: { flexDirection: "row", gap: 8, ...leftToRight },
    box: {
      flex: 1,
      height: 48,
      borderWidth: 1,
      borderRadius: 8,
      borderColor: line,
      alignItems: "center",
      justifyContent: "center",
    },
    boxHere: { borderWidth: 2, borderColor: accent },
    boxBad: { borderColor: error },
    char: { color: ink, fontSize: 20, fontVariant: ["tabular-nums"] },
    over: {
      position: "absolute",
      top: 0,
      bottom: 0,
      left: 0,
      right: 0,
      color: "transparent",
      backgroundColor: "transparent",
      fontSize: 16,
      // The box that is next shows where the focus is.
      outlineStyle: "solid",
      outlineWidth: 0,
    },
    error: { color: error, fontSize: 14 },
    main: { minHeight: 48, borderRadius: 8, alignItems: "center", justifyContent: "center", backgroundColor: accent },
    mainText: { color: accentInk, fontSize: 16, fontWeight: "600" },
    busy: { opacity: 0.7 },
    other: { minHeight: 44, justifyContent: "center" },
    otherText: { color: accent, fontSize: 14, textDecorationLine: "underline" },
  } as const
}
