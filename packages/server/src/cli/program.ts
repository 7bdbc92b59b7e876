import { readFileSync } from "node:fs"
import { Command } from "commander"
import { apiKeysCommand } from "./api-keys.ts"
import { doctorCommand } from "./doctor.ts"
import { keysCommand } from "./keys.ts"
import { migrateCommand } from "./migrate.ts"
import { explain } from "./refusals.ts"
import { serveCommand } from "./serve.ts"
import { usersCommand } from "./users.ts"

const commands = [serveCommand, migrateCommand, usersCommand, apiKeysCommand, keysCommand, doctorCommand]

/** The whole command line. */
export const createProgram = (): Command => {
  const program = new Command("countersign")
    .description("Self-hosted two-factor authentication server.")
    .version(versionOfPackage(), "-V, --version", "print the version")
    .showHelpAfterError("(countersign --help lists what there is)")
  for (const command of commands) program.addCommand(command())
  return program.addHelpText(
    "after",
    `
Options come from COUNTERSIGN_… variables and from flags of the same names; countersign serve --help lists them all.
Exit codes: 0 done, 1 refused, 2 wrongly typed.`,
  )
}

/**
 * Runs one command line, without the program's own name. Never rejects: what went wrong is said on standard error.
 * @returns the exit code: 0 done, 1 refused, 2 wrongly typed
 */
export const run = async (words: readonly string[]): Promise<number> => {
  const program = createProgram()
  throwInsteadOfExit(program)
  try {
    await program.parseAsync(words, { from: "user" })
    return 0
  } catch (error) {
    return explain(error)
  }
}

/** Commander would end the process itself, before what was printed has left a pipe. */
const throwInsteadOfExit = (command: Command): void => {
  command.exitOverride()
  command.commands.forEach(throwInsteadOfExit)
}

const versionOfPackage = (): string => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  return (JSON.parse(text) as { version: string }).version
}
