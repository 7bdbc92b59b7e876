import { createContext, useContext } from "react"
import { Platform } from "react-native"

export const light = {
  ink: "#16181d",
  paper: "#ffffff",
  quiet: "#50545c",
  line: "#e1e3e8",
  edge: "#80848c",
  accent: "#1b4fd8",
  onAccent: "#ffffff",
  red: "#b3241c",
  green: "#17683a",
}
export const dark: typeof light = {
  ink: "#eceef2",
  paper: "#16181d",
  quiet: "#a9adb5",
  line: "#2d3037",
  edge: "#7d828c",
  accent: "#8fb0ff",
  onAccent: "#0d1220",
  red: "#ff9c92",
  green: "#84d7a3",
}

/** One of the two, as the device says; the layout asks it. */
export const Theme = createContext(light)
export const useTheme = () => useContext(Theme)

export const mono = Platform.select({ ios: "Menlo", default: "monospace" })
