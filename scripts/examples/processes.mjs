// Starting programs and ending them again: only ever those that were started here.
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import { delimiter, join } from "node:path"
import { root } from "./example.mjs"

const isWindows = process.platform === "win32"
const running = new Set()

// The programs of the clone come first: its Node runs TypeScript, the machine's own may not.
const path = `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`

/** The machine's environment without anybody's own configuration, and with what is said here. */
export const environmentWith = (more) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(COUNTERSIGN|EXAMPLE)_/.test(name))),
  ...(process.env.COUNTERSIGN_CHROMIUM ? { COUNTERSIGN_CHROMIUM: process.env.COUNTERSIGN_CHROMIUM } : {}),
  NEXT_TELEMETRY_DISABLED: "1",
  EXPO_NO_TELEMETRY: "1",
  EXPO_OFFLINE: "1",
  ...more,
  PATH: path,
})

/**
 * Starts a program in a group of its own, so that it can be ended with all that it starts in turn.
 * `onLine` is told each line that it prints; `tail()` gives the last of them.
 */
export function start([program, ...args], { cwd = root, env = {}, onLine, input } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: environmentWith(env),
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: !isWindows,
    shell: isWindows,
  })
  if (input !== undefined) child.stdin.end(input)
  const said = []
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ""
    stream.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop()
      for (const line of lines) take(line)
    })
    stream.on("end", () => rest && take(rest))
  }
  const take = (line) => {
    said.push(line)
    if (said.length > 400) said.shift()
    onLine?.(line)
  }
  let hasEnded = false
  const ended = new Promise((resolve) => {
    child.once("error", (error) => {
      take(error.message)
      resolve(127)
    })
    child.once("close", (code) => resolve(code ?? 1))
  }).then((code) => {
    hasEnded = true
    return code
  })
  const signal = (name) => {
    try {
      if (isWindows) child.kill(name)
      else if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch {
      // It is gone already.
    }
  }
  const started = {
    ended,
    hasEnded: () => hasEnded,
    tail: () => said.join("\n"),
    output: () => said,
    async stop() {
      running.delete(started)
      signal("SIGTERM")
      const late = setTimeout(() => signal("SIGKILL"), 5_000)
      await ended
      clearTimeout(late)
      // What it started in turn may have stayed.
      signal("SIGKILL")
    },
    kill: () => signal("SIGKILL"),
  }
  running.add(started)
  void ended.then(() => running.delete(started))
  return started
}

/** Runs a program to its end. */
export async function run(words, options) {
  const started = start(words, options)
  const code = await started.ended
  return { code, text: started.tail(), lines: started.output() }
}

export const stopAll = async () => void (await Promise.all([...running].map((one) => one.stop())))
process.once("exit", () => {
  for (const one of running) one.kill()
})
for (const [name, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
])
  process.once(name, () => void stopAll().then(() => process.exit(code)))

/** A free port that stays taken until `release`: the wanted one or one soon after it, if they can be had. */
export async function reservePort(wanted = 0) {
  const server = createServer()
  const listening = (port) =>
    new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(port, "127.0.0.1", () => {
        server.removeListener("error", reject)
        resolve()
      })
    })
  const tries = wanted === 0 ? [0] : [...Array.from({ length: 10 }, (_, index) => wanted + index), 0]
  for (const port of tries) {
    const isFree = await listening(port).then(
      () => true,
      () => false,
    )
    if (isFree) break
  }
  const { port } = server.address()
  return { port, release: () => new Promise((resolve) => server.close(() => resolve(port))) }
}

/** Waits until an address answers with anything. Throws, with what the program said, when it ended before. */
export async function answers(url, started, seconds = 90) {
  const until = performance.now() + seconds * 1_000
  for (;;) {
    try {
      return await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) })
    } catch {
      if (started.hasEnded()) throw new Error(`it ended before it answered at ${url}:\n${started.tail()}`)
      if (performance.now() > until) throw new Error(`nothing answered at ${url} in ${seconds} s:\n${started.tail()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
