/**
 * A browser in few words, from its agent text. The text is whatever the caller sent, so nothing of it is passed on:
 * only names from these lists can come out, and a mail of ours can't be made to carry a stranger's sentence.
 */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\/|\bOPT\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*Safari\//, "Safari"],
  [/^curl\//, "curl"],
  [/^(node|undici)\b/, "Node.js"],
  [/^python-/, "Python"],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
]

/** Names the browser and the system; each undefined where the agent says neither. */
export const readAgent = (agent: string): { browser: string | undefined; system: string | undefined } => ({
  browser: browsers.find(([pattern]) => pattern.test(agent))?.[1],
  system: systems.find(([pattern]) => pattern.test(agent))?.[1],
})
