#!/usr/bin/env node
// Starts the command line on a Node that can run it: the one that npm installed beside us where the
// machine's own is older. In a clone the TypeScript sources run as they are; a published package has dist.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const bundledNode = here(process.platform === "win32" ? "../../../node_modules/.bin/node.cmd" : "../../../node_modules/.bin/node")
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
const newEnough = major > 24 || (major === 24 && minor >= 15)
const node = newEnough || !existsSync(bundledNode) ? process.execPath : bundledNode
const inClone = existsSync(here("../../../scripts/setup.mjs"))
const main = inClone ? here("../src/cli/main.ts") : here("../dist/cli/main.js")
const flags = ["--disable-warning=ExperimentalWarning", ...(inClone ? ["--conditions=@countersign/source"] : [])]

const child = spawn(node, [...flags, main, ...process.argv.slice(2)], { stdio: "inherit" })
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)))
