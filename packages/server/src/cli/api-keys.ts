import { Command, InvalidArgumentError } from "commander"
import type { ApiKey } from "../engine/engine.ts"
import { configured, findUser, withEngine } from "./configured.ts"
import { Refused } from "./refusals.ts"
import { moment, print, printJson, printTable, say } from "./say.ts"

export const apiKeysCommand = (): Command => {
  const keys = new Command("api-keys").description("Keys with which services and scripts call the API.")
  configured(keys.command("create"))
    .description("Make a key and print it, this once.")
    .option("--user <user>", "a key that acts for this user alone (an address, an id, external:<id>)")
    .option("--service <name>", "a key of a service, which is no user")
    .option("--scopes <scopes>", "what it may do, with commas between; without, a user's key may do all its user may")
    .option("--name <name>", "what it is called in lists")
    .option("--expires-days <days>", "after how many days it ends", readDays)
    .action(create)
  configured(keys.command("list"))
    .description("List keys, without the keys themselves.")
    .option("--user <user>", "only this user's")
    .option("--json", "as JSON")
    .action(list)
  configured(keys.command("revoke <id>")).description("End a key at once.").action(revoke)
  return keys
}

type NewKey = { user?: string; service?: string; scopes?: string; name?: string; expiresDays?: number }

const create = async (given: NewKey, command: Command): Promise<void> => {
  if ((given.user === undefined) === (given.service === undefined))
    command.error("error: give either --user or --service", { exitCode: 2 })
  await withEngine(command, async ({ engine, on }) => {
    const user = given.user === undefined ? undefined : await findUser(engine, given.user)
    const scopes = given.scopes
      ?.split(",")
      .map((scope) => scope.trim())
      .filter((scope) => scope !== "")
    const { key, record } = await engine.apiKeys.create(on(user), {
      name: given.name ?? given.service ?? "command line",
      service: given.service,
      scopes,
      expiresAt: given.expiresDays === undefined ? undefined : Date.now() + given.expiresDays * 86_400_000,
    })
    print(key)
    say(`key ${record.id} of ${given.service ?? user?.email ?? user?.id ?? "nobody"}: it is shown this once`)
  })
}

const list = async ({ user: given, json }: { user?: string; json?: boolean }, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, actor, source, on }) => {
    const user = given === undefined ? undefined : await findUser(engine, given)
    const found = await engine.apiKeys.list(user ? on(user) : { actor, source, all: true })
    if (json) printJson(found)
    else printTable(["id", "of", "name", "ends in", "scopes", "made", "expires", "last used"], found.map(row))
  })

const row = (key: ApiKey): string[] => [
  key.id,
  key.service === null ? `user ${key.userId ?? ""}` : `service ${key.service}`,
  key.name,
  key.postfix,
  key.scopes.join(",") || "all",
  moment(key.createdAt),
  moment(key.expiresAt),
  moment(key.lastUsedAt),
]

const revoke = async (id: string, _flags: unknown, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, actor, source, on }) => {
    const key = (await engine.apiKeys.list({ actor, source, all: true })).find((one) => one.id === id)
    if (key === undefined) throw new Refused(`there is no key ${id}`)
    const owner = key.userId === null ? undefined : await engine.users.find({ id: key.userId })
    await engine.apiKeys.revoke(on(owner), { id })
    say(`key ${id} has ended`)
  })

const readDays = (given: string): number => {
  const days = /^\d{1,4}$/.test(given) ? Number(given) : 0
  if (days < 1 || days > 3_650) throw new InvalidArgumentError("It has to be a whole number from 1 to 3650.")
  return days
}
