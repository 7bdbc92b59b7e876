import { randomBytes } from "node:crypto"
import { Command } from "commander"
import { configured, withEngine } from "./configured.ts"
import { moment, print, printJson, printTable, progressBar, say } from "./say.ts"

export const keysCommand = (): Command => {
  const keys = new Command("keys").description("The keys that seal what is stored.")
  keys
    .command("new [id]")
    .description("Print a new key for COUNTERSIGN_KEYS. Nothing is changed.")
    .action((id: string | undefined) => {
      print(
        `${id ?? `k${new Date().toISOString().slice(0, 10).replaceAll("-", "")}`}:${randomBytes(32).toString("base64")}`,
      )
    })
  configured(keys.command("list"))
    .description("List the data keys and the key of the ring that wraps each.")
    .option("--json", "as JSON")
    .action(list)
  configured(keys.command("rotate"))
    .description(
      "Make a new data key, wrap all with the first key of COUNTERSIGN_KEYS, and re-seal every secret. Servers may run.",
    )
    .action(rotate)
  return keys
}

const list = async ({ json }: { json?: boolean }, command: Command): Promise<void> =>
  await withEngine(command, async ({ vault, config, keysMade }) => {
    const ring = (keysMade?.ring ?? config.keys).map(({ id }) => id)
    const found = await vault.keys()
    if (json) {
      printJson({ ring, dataKeys: found })
      return
    }
    print(`ring: ${ring.join(", ")} (the first wraps new data keys)`)
    printTable(
      ["data key", "purpose", "wrapped by", "made", "replaced"],
      found.map((key) => [key.id, key.purpose, key.ringKeyId, moment(key.createdAt), moment(key.retiredAt)]),
    )
    const unused = ring.filter((id) => !found.some((key) => key.ringKeyId === id))
    if (unused.length > 0) say(`wraps nothing: ${unused.join(", ")}`)
  })

const rotate = async (_flags: unknown, command: Command): Promise<void> =>
  await withEngine(command, async ({ vault, config, keysMade }) => {
    const { resealed } = await vault.rotate(progressBar("re-sealing"))
    const [first, ...older] = (keysMade?.ring ?? config.keys).map(({ id }) => id)
    print(`re-sealed ${resealed}`)
    if (older.length > 0)
      say(
        `All is wrapped by ${first ?? ""}. Once every server runs with it, ${older.join(", ")} can be taken out of COUNTERSIGN_KEYS.`,
      )
  })
