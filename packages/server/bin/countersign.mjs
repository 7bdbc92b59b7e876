#!/usr/bin/env node
// Starts the command line on a Node that can run it: the one that npm installed beside us where the
// machine's own is older. In a clone the TypeScript sources run as they are; a published package has dist.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const bundledNode = here(`../../../node_modules/.bin/node${process.platform === "win32" ? ".cmd" : ""}`)
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
const newEnough = major > 24 || (major === 24 && minor >= 15)
const inClone = existsSync(here("../../../scripts/setup.mjs"))
if (!newEnough && !existsSync(bundledNode)) {
  const what = inClone ? "run npm run setup first, which brings one along" : "install a newer one"
  console.error(`Countersign needs Node 24.15 or newer and this is ${process.version}: ${what}.`)
  process.exit(1)
}
const node = newEnough ? process.execPath : bundledNode
const main = inClone ? here("../src/cli/main.ts") : here("../dist/cli/main.js")
const flags = ["--disable-warning=ExperimentalWarning", ...(inClone ? ["--conditions=@countersign/source"] : [])]

// The channel tells the child when this process is gone, also by a signal that can't be passed on.
const child = spawn(node, [...flags, main, ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
  shell: process.platform === "win32" && node.endsWith(".cmd"),
})
const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
for (const signal of signals) process.on(signal, () => child.kill(signal))
child.on("exit", (code, signal) => {
  for (const known of signals) process.removeAllListeners(known)
  if (signal) process.kill(process.pid, signal)
  else process.exit(code ?? 1)
})
