/** An installation with a server that runs, users to import into it, and the ways in for them afterwards. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { command, freePort, startServer } from "./server-process.ts"

const oathtool = "/usr/bin/oathtool"
export const hasOathtool = existsSync(oathtool)
// oxlint-disable-next-line no-console -- a skipped test has to be heard
if (!hasOathtool) console.error("\noathtool is not installed: the tests of imported users are SKIPPED.\n")

/** What an authenticator app shows that has scanned the key; `steps` from now. Not made by our own code. */
export const codeOf = (
  key: string,
  steps = 0,
  scheme: { digits?: number; digest?: string; period?: number } = {},
): string => {
  const { digits = 6, digest = "sha1", period = 30 } = scheme
  const now = `@${Math.floor(Date.now() / 1000) + steps * period}`
  const how = [`--totp=${digest}`, `--digits=${digits}`, `--time-step-size=${period}s`, "--base32", "--now", now]
  return execFileSync(oathtool, [...how, key], { encoding: "utf8" }).trim()
}

type Answer = { status: number; json: Record<string, unknown> }

export type Installation = {
  readonly folder: string
  /** Writes a file and gives its path. */
  readonly file: (name: string, content: string) => string
  /** Runs `users import … --json` and gives the report. */
  readonly take: (from: string, source: string, ...more: string[]) => Promise<Report>
  readonly post: (path: string, body: unknown, bearer?: string) => Promise<Answer>
  /** Both steps at /v1. */
  readonly signIn: (email: string, password: string, kind: string, answer: string) => Promise<Answer>
  /** Hashes as they are stored now, by address. */
  readonly hashOf: (email: string) => string
  readonly close: () => Promise<void>
}

export type Report = {
  readonly users: readonly { email: string | null; outcome: string; reason?: string; notes?: readonly string[] }[]
  readonly imported: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
}

export async function startInstallation(): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-imported-"))
  const database = join(folder, "countersign.sqlite")
  const environment = {
    COUNTERSIGN_DATABASE_URL: `sqlite:${database}`,
    COUNTERSIGN_PORT: String(await freePort()),
    COUNTERSIGN_LOG_LEVEL: "error",
    COUNTERSIGN_ADDRESS_LIMITS: "off",
    // Between drawing a code and its arrival a time step may end.
    COUNTERSIGN_TOTP_WINDOW: "2",
  }
  const server = await startServer(environment)
  const post: Installation["post"] = async (path, body, bearer) => {
    const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const headers = { "content-type": "application/json", ...authorization }
    const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, json: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) }
  }
  return {
    folder,
    post,
    file(name, content) {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    },
    async take(from, source, ...more) {
      return JSON.parse(
        await command(environment, "users", "import", "--from", from, source, "--json", ...more),
      ) as Report
    },
    async signIn(email, password, kind, answer) {
      const first = await post("/v1/sign-in", { email, password, session: "bearer" })
      if (first.json["status"] !== "second_factor") return first
      return post("/v1/challenge/answer", { kind, answer }, String(first.json["token"]))
    },
    hashOf(email) {
      const opened = new DatabaseSync(database, { readOnly: true })
      const row = opened.prepare("select password_hash as hash from users where email = ?").get(email)
      opened.close()
      return String(row?.["hash"])
    },
    async close() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
