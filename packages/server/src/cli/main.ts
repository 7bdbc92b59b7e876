#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { Command } from "commander"
import { apiKeysCommand } from "./api-keys.ts"
import { doctorCommand } from "./doctor.ts"
import { keysCommand } from "./keys.ts"
import { migrateCommand } from "./migrate.ts"
import { explain } from "./refusals.ts"
import { serveCommand } from "./serve.ts"
import { usersCommand } from "./users.ts"

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string
}

const program = new Command("countersign")
  .description("Self-hosted two-factor authentication server.")
  .version(version)
  .showHelpAfterError("(countersign --help lists what there is)")

for (const command of [serveCommand, migrateCommand, usersCommand, apiKeysCommand, keysCommand, doctorCommand])
  program.addCommand(command())

program.addHelpText(
  "after",
  `
Options come from COUNTERSIGN_… variables and from flags of the same names; countersign serve --help lists them all.
Exit codes: 0 done, 1 refused, 2 wrongly typed.`,
)

/** Commander would end the process itself, before what was printed has left a pipe. */
const throwInstead = (command: Command): void => {
  command.exitOverride()
  command.commands.forEach(throwInstead)
}
throwInstead(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
