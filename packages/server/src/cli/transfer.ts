/** Users from other systems. */
import { Option, type Command } from "commander"
import { configured, withEngine } from "./configured.ts"
import { jsonReport, readableReport } from "./import-report.ts"
import type { Found, Source } from "./import-sources/source.ts"
import { progressBar, say } from "./say.ts"

const forms = ["aspnet-identity", "csv", "json"] as const
type Form = (typeof forms)[number]

/** Records that are decided together; commits are smaller. */
const recordsAtOnce = 100

export const addImportCommand = (users: Command): void => {
  configured(users.command("import <source>"))
    .description(
      "Take users over with their passwords, authenticator keys and recovery codes, so that nobody enrols again. " +
        "May be done again, and beside a running server.",
    )
    .addOption(
      new Option(
        "--from <form>",
        "what the source is: aspnet-identity (an SQLite file, a PostgreSQL address or a JSON dump), or a csv or json file",
      )
        .choices(forms)
        .makeOptionMandatory(),
    )
    .option("--dry-run", "say what would be done, and change nothing")
    .option("--json", "report every user as JSON")
    .action(importUsers)
}

type Flags = { from: Form; dryRun?: boolean; json?: boolean }

const importUsers = async (where: string, { from, dryRun = false, json }: Flags, command: Command): Promise<void> => {
  // What is wrong with the source is told before anything is opened here.
  const source = await openSource(from, where)
  try {
    await withEngine(command, async ({ engine, ...operator }) => {
      const run = engine.operators.importUsers(operator, from, { dryRun })
      const report = json ? jsonReport({ from, dryRun }) : readableReport({ dryRun })
      const progress = importProgress("read")
      let done = 0
      progress({ done, total: source.total })
      const take = async (batch: readonly Found[]): Promise<void> => {
        const verdicts = await run.take(batch.map(({ user }) => user))
        for (const [index, verdict] of verdicts.entries()) {
          const found = batch[index]
          if (found) report.add(found, verdict)
        }
        done += batch.length
        progress({ done, total: source.total })
      }
      try {
        for await (const batch of batches(source)) await take(batch)
      } finally {
        report.end()
      }
    })
  } finally {
    await source.close()
  }
}

const openSource = async (from: Form, where: string): Promise<Source> => {
  if (from === "csv") return (await import("./import-sources/plain-csv.ts")).openCsv(where)
  if (from === "json") return (await import("./import-sources/plain-json.ts")).openJson(where)
  return (await import("./import-sources/aspnet-identity.ts")).openAspnetIdentity(where)
}

async function* batches(source: Source): AsyncGenerator<readonly Found[]> {
  let batch: Found[] = []
  for await (const found of source.users()) {
    batch.push(found)
    if (batch.length < recordsAtOnce) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** A bar where somebody watches, else a line every tenth of the way. */
const importProgress = (title: string): ((state: { done: number; total: number }) => void) => {
  if (process.stderr.isTTY) return progressBar(title)
  let told = 0
  return ({ done, total }) => {
    const tenths = total === 0 ? 10 : Math.floor((10 * done) / total)
    if (tenths === told) return
    told = tenths
    say(`${title} ${done} of ${total} (${10 * tenths} %)`)
  }
}
