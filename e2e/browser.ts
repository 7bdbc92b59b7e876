import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { chromium, type Browser } from "playwright-core"

const chromiumPath = [process.env["COUNTERSIGN_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
)
const programs = { oathtool: "/usr/bin/oathtool", zbarimg: "/usr/bin/zbarimg" } as const

/** What the browser tests need and this machine lacks; empty: they can run. */
export const missing = [
  ...(chromiumPath === undefined ? ["chromium"] : []),
  ...Object.entries(programs).flatMap(([name, path]) => (existsSync(path) ? [] : [name])),
]

/** True where the browser tests can't run. Says so loudly, once a file. */
export const skipLoudly = (file: string): boolean => {
  if (missing.length > 0)
    process.stderr.write(`\n!!! ${file} is SKIPPED: this machine has no ${missing.join(", no ")}.\n\n`)
  return missing.length > 0
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath === undefined ? { channel: "chrome" } : { executablePath: chromiumPath }),
    args: [
      "--disable-dev-shm-usage",
      "--force-color-profile=srgb",
      "--font-render-hinting=none",
      "--disable-background-networking",
    ],
  })

/** The sizes at which pages are looked at. */
export const desktop = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

/** Reads the QR code in a picture, with a decoder that is not ours. */
export const readQr = (picture: string): string =>
  execFileSync(programs.zbarimg, ["--quiet", "--nodbus", "--raw", picture], { encoding: "utf8" }).trim()

/**
 * Makes the code of an authenticator app, with a maker that is not ours. `at`: epoch milliseconds.
 * The address says how: algorithm, digits and period (the Key Uri Format of authenticator apps).
 */
export const oathCode = (uri: string, at: number): string => {
  const parameters = new URL(uri).searchParams
  const hash = (parameters.get("algorithm") ?? "SHA1").toLowerCase()
  const args = [
    `--totp=${hash}`,
    "--base32",
    `--digits=${parameters.get("digits") ?? "6"}`,
    `--time-step-size=${parameters.get("period") ?? "30"}s`,
    `--now=${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`,
    parameters.get("secret") ?? "",
  ]
  return execFileSync(programs.oathtool, args, { encoding: "utf8" }).trim()
}
