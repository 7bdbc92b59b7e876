// What the tests use from Debian: a browser, an independent maker of one-time codes and an independent
// reader of QR codes. Installed where this is root on a Debian and they are missing; elsewhere the tests
// that need them are skipped, loudly.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const needed = [
  { program: "/usr/bin/chromium", packages: ["chromium", "fonts-liberation", "fonts-noto-core"] },
  { program: "/usr/bin/oathtool", packages: ["oathtool"] },
  { program: "/usr/bin/zbarimg", packages: ["zbar-tools"] },
]

export function debianPackages() {
  const missing = needed.filter(({ program }) => !existsSync(program))
  if (missing.length === 0) return
  const packages = missing.flatMap((entry) => entry.packages)
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.error(`\nMissing for the browser tests: ${packages.join(", ")}. The tests that need them are SKIPPED.\n`)
    return
  }
  console.error(`Installing for the tests: ${packages.join(", ")}`)
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  const run = (args) => spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0
  if (!run(["-qq", "update"]) || !run(["-qq", "install", "-y", "--no-install-recommends", ...packages]))
    console.error(`\nCould not install ${packages.join(", ")}. The tests that need them are SKIPPED.\n`)
}
