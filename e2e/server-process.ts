import { type ChildProcess, execFile, spawn } from "node:child_process"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const main = fileURLToPath(new URL("../packages/server/src/cli/main.ts", import.meta.url))
const flags = ["--disable-warning=ExperimentalWarning", "--conditions=@countersign/source", main]

export type ServerProcess = {
  readonly url: string
  /** As a power cut ends it: nothing is finished, nothing is closed. */
  kill(): Promise<void>
  /** As an operator ends it. Gives the exit code. */
  stop(): Promise<number | null>
  /** All that it has logged. */
  log(): string
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}

/** Runs one command of the command line and gives what it printed. */
export const command = async (environment: Record<string, string>, ...args: string[]): Promise<string> =>
  await commandWithInput("", environment, ...args)

/** The same, with something to read on standard input. */
export async function commandWithInput(
  input: string,
  environment: Record<string, string>,
  ...args: string[]
): Promise<string> {
  const running = promisify(execFile)(process.execPath, [...flags, ...args], { env: { ...clean(), ...environment } })
  running.child.stdin?.end(input)
  return (await running).stdout.trim()
}

/**
 * Starts the server as a process of its own (without the wrapper of `bin`, which would hear of a kill and end its
 * child in good order) and waits until it can do its work.
 */
export async function startServer(environment: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...flags, "serve"], {
    env: { ...clean(), ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  })
  const dying = (): void => void child.kill("SIGKILL")
  process.once("exit", dying)
  let said = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)))
  void ended.then(() => process.removeListener("exit", dying))
  const url = `http://127.0.0.1:${environment["COUNTERSIGN_PORT"]}`
  while (!(await isReady(url))) {
    if (hasEnded(child)) throw new Error(`the server ended: ${said.slice(-4_000)}`)
    // oxlint-disable-next-line no-await-in-loop -- asks again and again
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<number | null> => {
    child.kill(signal)
    return await ended
  }
  return { url, kill: async () => void (await end("SIGKILL")), stop: () => end("SIGTERM"), log: () => said }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** The machine's environment without anybody's own configuration. */
const clean = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("COUNTERSIGN_")))

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}
