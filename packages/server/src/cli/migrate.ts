import { Command } from "commander"
import { readConfig } from "../config/read.ts"
import { configured, environmentOfCommand } from "./configured.ts"
import { print } from "./say.ts"

export const migrateCommand = (): Command =>
  configured(
    new Command("migrate")
      .description("Bring the database's schema up to date. `serve` does so as well.")
      .option("--dry-run", "only say what would be done")
      .action(async ({ dryRun = false }: { dryRun?: boolean }, command: Command) => {
        const config = readConfig(environmentOfCommand(command), "command")
        const [{ openDatabase }, { migrate }] = await Promise.all([
          import("../store/open.ts"),
          import("../store/migrate.ts"),
        ])
        const database = await openDatabase(config.databaseUrl, { connections: 1 })
        try {
          const { applied, pending } = await migrate(database, { dryRun })
          for (const step of applied) print(`applied ${step}`)
          for (const step of pending) print(`pending ${step}`)
          if (applied.length + pending.length === 0) print("up to date")
        } finally {
          await database.close()
        }
      }),
  )
