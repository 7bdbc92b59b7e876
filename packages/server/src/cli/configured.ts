/** Commands that need the installation's configuration: flags over environment, and the engine while they run. */
import { userInfo } from "node:os"
import { Command, Option as Flag } from "commander"
import type { Actor, Engine, On, Source, User } from "../engine/engine.ts"
import type { OpenedEngine } from "../composition/engine.ts"
import { environmentName, flagName, options } from "../config.ts"
import type { OptionName } from "../config.ts"
import { machineEnvironment, readConfig } from "../config/read.ts"
import type { Config, Environment } from "../config/read.ts"
import { Refused } from "./refusals.ts"
import { say } from "./say.ts"

const names = Object.keys(options) as OptionName[]

/** Lets a command take every option of the configuration as a flag. `shown`: which of them its help lists. */
export const configured = (command: Command, shown: "all" | "few" = "few"): Command => {
  for (const name of names) {
    const flag = new Flag(`${flagName(name)} <value>`, options[name].says)
    command.addOption(shown === "all" || name === "databaseUrl" ? flag : flag.hideHelp())
  }
  const hint =
    "Every option is also an environment variable, COUNTERSIGN_ and the flag's name: COUNTERSIGN_DATABASE_URL."
  const more = "Takes every option of the configuration as well: see countersign serve --help."
  return command.addHelpText("after", `\n${shown === "all" ? hint : more}`)
}

/** The environment with the command's flags laid over it. */
export const environmentOfCommand = (command: Command): Environment => {
  const given: Record<string, unknown> = command.opts()
  const flags = names.flatMap((name) => (typeof given[name] === "string" ? [[environmentName(name), given[name]]] : []))
  return { ...machineEnvironment(), ...(Object.fromEntries(flags) as Environment) }
}

export type Session = OpenedEngine & {
  readonly config: Config
  readonly actor: Actor
  readonly source: Source
  /** The operator, acting for a user. */
  readonly on: (user?: User) => On
}

/** Opens the installation's engine, does the work, and closes it. Warnings go to standard error. */
export const withEngine = async <T>(command: Command, work: (session: Session) => Promise<T>): Promise<T> => {
  const config = readConfig(environmentOfCommand(command), "command")
  for (const { message } of config.warnings) say(`warning: ${message}`)
  const [{ openEngine }, { silent }] = await Promise.all([
    import("../composition/engine.ts"),
    import("../composition/log.ts"),
  ])
  const opened = await openEngine(config, { log: silent })
  const actor: Actor = { type: "operator", name: operatorName() }
  const source: Source = { door: "cli" }
  try {
    return await work({ ...opened, config, actor, source, on: (user) => ({ actor, source, userId: user?.id }) })
  } finally {
    await opened.close()
  }
}

/** By address, by id, or `external:<id>`. */
export const findUser = async (engine: Engine, given: string): Promise<User> => {
  const by = given.startsWith("external:")
    ? { externalId: given.slice("external:".length) }
    : given.includes("@")
      ? { email: given }
      : { id: given }
  const user = await engine.users.find(by)
  if (user === undefined) throw new Refused(`there is no user ${given}`)
  return user
}

const operatorName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A container may run as a user id without a name.
    return "cli"
  }
}
