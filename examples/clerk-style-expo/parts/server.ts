import { Platform } from "react-native"

/**
 * Where the app's server and Countersign are: in a browser where the page came from. A phone has no origin of its own
 * and is told when the app is built.
 */
export const server = Platform.OS === "web" ? location.origin : (process.env.EXPO_PUBLIC_SERVER ?? "")
