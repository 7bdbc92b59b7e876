/**
 * What a User-Agent says about a device, as far as a person would name it: "Chrome on Windows". Undefined when it says
 * nothing that can be named. Never trusted for anything but words.
 */
export const deviceOf = (agent: string | null): { browser?: string; system?: string; handheld: boolean } => {
  const text = agent?.slice(0, 512) ?? ""
  const browser = browsers.find(([pattern]) => pattern.test(text))?.[1]
  const system = systems.find(([pattern]) => pattern.test(text))
  return {
    ...(browser === undefined ? {} : { browser }),
    ...(system === undefined ? {} : { system: system[1] }),
    handheld: system?.[2] ?? false,
  }
}

/** In words, with the language's own for what can't be told. */
export const deviceName = (agent: string | null, words: { unknownDevice: string; onSystem: string }): string => {
  const { browser, system } = deviceOf(agent)
  if (browser && system) return words.onSystem.replace("{browser}", browser).replace("{system}", system)
  return browser ?? system ?? words.unknownDevice
}

// In this order: many browsers also name those that they descend from.
const browsers: readonly [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bChrome\/|\bCriOS\/|\bHeadlessChrome\/|\bChromium\//, "Chrome"],
  [/\bVersion\/[\d.]+.*\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
]

const systems: readonly [RegExp, string, boolean][] = [
  [/\biPhone\b/, "iPhone", true],
  [/\biPad\b/, "iPad", true],
  [/\bAndroid\b/, "Android", true],
  [/\bWindows\b/, "Windows", false],
  [/\bMacintosh\b|\bMac OS X\b/, "Mac", false],
  [/\bCrOS\b/, "Chromebook", false],
  [/\bLinux\b/, "Linux", false],
]
