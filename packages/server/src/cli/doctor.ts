import { existsSync } from "node:fs"
import { access, constants } from "node:fs/promises"
import { Command } from "commander"
import { sqlitePath } from "../config/judges.ts"
import { readConfig, ConfigurationError } from "../config/read.ts"
import type { Config } from "../config/read.ts"
import { configured, environmentOfCommand } from "./configured.ts"
import { Refused } from "./refusals.ts"
import { print, printJson } from "./say.ts"

type Verdict = { readonly state: "ok" | "warning" | "error"; readonly about: string; readonly message: string }

export const doctorCommand = (): Command =>
  configured(
    new Command("doctor")
      .description("Say what is wrong with a configuration and how to mend it.")
      .option("--json", "as JSON")
      .action(async ({ json }: { json?: boolean }, command: Command) => {
        const verdicts = await examine(command)
        if (json) printJson(verdicts)
        else for (const { state, about, message } of verdicts) print(`${state.padEnd(8)} ${about}: ${message}`)
        const errors = verdicts.filter(({ state }) => state === "error").length
        if (errors > 0)
          throw new Refused(errors === 1 ? "one thing has to be mended" : `${errors} things have to be mended`)
      }),
  )

const examine = async (command: Command): Promise<Verdict[]> => {
  let config: Config
  try {
    config = readConfig(environmentOfCommand(command))
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return [
      ...error.mistakes.map(({ option, message }): Verdict => ({ state: "error", about: option, message })),
      ...error.warnings.map(({ option, message }): Verdict => ({ state: "warning", about: option, message })),
    ]
  }
  const mode = config.development ? "development: keys are made, mail goes to a page" : `public at ${config.publicUrl}`
  return [
    { state: "ok", about: "configuration", message: `${mode}; profile ${config.profile}` },
    ...config.warnings.map(({ option, message }): Verdict => ({ state: "warning", about: option, message })),
    ...(await examineFiles(config)),
    await examineDatabase(config),
    await examineMail(config),
  ]
}

const examineFiles = async ({ tlsCert, tlsKey }: Config): Promise<Verdict[]> =>
  await Promise.all(
    [tlsCert, tlsKey]
      .filter((path) => path !== undefined)
      .map(async (path): Promise<Verdict> => {
        try {
          await access(path, constants.R_OK)
          return { state: "ok", about: path, message: "can be read" }
        } catch {
          return { state: "error", about: path, message: "can't be read: name a file that this user may read" }
        }
      }),
  )

/** Opens it without changing it, and tries whether the keys fit what is sealed in it. */
const examineDatabase = async (config: Config): Promise<Verdict> => {
  const about = "database"
  const path = sqlitePath(config.databaseUrl)
  if (path !== undefined && !existsSync(path))
    return { state: "ok", about, message: `${path} is made at the first start` }
  const [{ openDatabase }, { migrate }, { tryKeys }] = await Promise.all([
    import("../store/open.ts"),
    import("../store/migrate.ts"),
    import("../composition/engine.ts"),
  ])
  try {
    const database = await openDatabase(config.databaseUrl, { connections: 1 })
    try {
      const { pending } = await migrate(database, { dryRun: true })
      if (pending.length > 0)
        return { state: "ok", about, message: `answers; ${pending.length} steps of the schema are run at the start` }
      await tryKeys(config, database)
      return { state: "ok", about, message: "answers, its schema is up to date, and the keys fit" }
    } finally {
      await database.close()
    }
  } catch (error) {
    return { state: "error", about, message: error instanceof Error ? error.message : "can't be opened" }
  }
}

const examineMail = async ({ smtpUrl, mailFrom }: Config): Promise<Verdict> => {
  const about = "mail"
  if (smtpUrl === undefined) return { state: "ok", about, message: "kept at /dev/mailbox; nothing is sent" }
  const [{ createTransport }, { readSmtpUrl }] = await Promise.all([
    import("nodemailer"),
    import("../messages/smtp.ts"),
  ])
  const transport = createTransport({ ...readSmtpUrl(smtpUrl), connectionTimeout: 5_000, greetingTimeout: 5_000 })
  try {
    await transport.verify()
    return { state: "ok", about, message: `the server lets us in; the sender is ${mailFrom}` }
  } catch (error) {
    const { code } = error as { code?: unknown }
    const what = typeof code === "string" ? code : "no answer"
    return {
      state: "error",
      about,
      message: `no SMTP at COUNTERSIGN_SMTP_URL (${what}): check host, port, user and password`,
    }
  } finally {
    transport.close()
  }
}
