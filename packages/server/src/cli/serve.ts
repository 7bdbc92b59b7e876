import { Command } from "commander"
import { sqlitePath } from "../config/judges.ts"
import { machineEnvironment } from "../config/read.ts"
import type { Countersign } from "../countersign.ts"
import { configured, environmentOfCommand } from "./configured.ts"
import { print, say } from "./say.ts"

export const serveCommand = (): Command =>
  configured(
    new Command("serve").description("Run the server.").action(async (_flags: unknown, command: Command) => {
      const { createCountersign } = await import("../countersign.ts")
      const server = createCountersign({}, { environment: environmentOfCommand(command) })
      for (const { message } of server.config.warnings) say(`warning: ${message}`)
      try {
        const { url } = await server.listen()
        announce(server, url)
        await stopped()
      } finally {
        await server.close()
      }
    }),
    "all",
  )

/** Where things are, for the person who has just started it. */
const announce = ({ config, keysMade, mailbox }: Countersign, url: string): void => {
  print(`Countersign runs at ${url}`)
  if (!config.development) return
  if (config.doors.includes("account")) print(`  pages     ${url}/account`)
  if (config.doors.includes("native")) print(`  API       ${url}/docs`)
  print(`  mail      ${mailbox ? `${url}/dev/mailbox (nothing is sent: no COUNTERSIGN_SMTP_URL)` : "sent by SMTP"}`)
  print(`  database  ${withoutPassword(config.databaseUrl)}`)
  if (keysMade)
    print(`  keys      ${keysMade.made ? "made" : "read"}: ${keysMade.file ?? "in memory"} (for development)`)
}

const withoutPassword = (databaseUrl: string): string => {
  const path = sqlitePath(databaseUrl)
  if (path !== undefined) return path
  if (!URL.canParse(databaseUrl) || databaseUrl.startsWith("sqlite:")) return "in memory, gone when the server stops"
  const { host, pathname } = new URL(databaseUrl)
  return `PostgreSQL, ${host}${pathname}`
}

/** Settles when the process is asked to end. Asked once more, some time later, it ends at once. */
const stopped = (): Promise<void> =>
  new Promise((resolve) => {
    let askedAt: number | undefined
    const ask = (code: number) => (): void => {
      // A terminal signals the whole group and a wrapper passes its own on: one wish may come twice.
      if (askedAt !== undefined && performance.now() - askedAt > 500) process.exit(code)
      askedAt ??= performance.now()
      resolve()
    }
    process.on("SIGINT", ask(130))
    process.on("SIGTERM", ask(143))
    process.on("SIGHUP", ask(129))
    // The wrapper in bin/ is gone, by a signal that nobody could pass on.
    process.once("disconnect", ask(1))
    process.channel?.unref()
    // `npm start` was told to end: it tells the shell between us, which ends without a word.
    const parent = process.ppid
    const orphaned = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(orphaned)
      ask(143)()
    }, 250).unref()
    if (machineEnvironment()["npm_lifecycle_event"] === undefined) clearInterval(orphaned)
  })
