// Makes the clone ready: installs the locked packages when the lock has changed since the last time.
// Runs on any Node from 18 with nothing but built-ins, since it is what brings the right Node (the
// platform packages in optionalDependencies) into node_modules/.bin.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const stamp = `${root}node_modules/.countersign-lock`
// A hash of the content and not a file time: clones and checkouts scramble times.
const wanted = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .digest("hex")

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  const npm = process.env.npm_execpath // the npm that runs this script
  const env = { ...process.env, npm_config_omit: "" }
  const done = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: "inherit", env })
    : spawnSync("npm", args, { cwd: root, stdio: "inherit", env, shell: process.platform === "win32" })
  if (done.status !== 0) process.exit(done.status ?? 1)
  writeFileSync(stamp, wanted)
}

if (process.argv.includes("--for-tests")) {
  const { debianPackages } = await import("./debian-packages.mjs")
  debianPackages()
}
