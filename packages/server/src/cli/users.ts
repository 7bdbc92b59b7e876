import { Command, Option } from "commander"
import type { PublicFactor, User } from "../engine/engine.ts"
import { configured, findUser, withEngine } from "./configured.ts"
import { readSecret } from "./read-secret.ts"
import { Refused } from "./refusals.ts"
import { moment, plain, print, printJson, printTable, say } from "./say.ts"
import { addImportCommand } from "./transfer.ts"

const who = "an address, an id, or external:<the app's own id>"

export const usersCommand = (): Command => {
  const users = new Command("users").description("Make, look at and change users.")

  configured(users.command("create"))
    .description("Make a user. Prints the id.")
    .requiredOption("--email <address>", "the user's address")
    .option("--password-stdin", "read the password from standard input")
    .option("--confirmed", "the address is the user's: no mail has to confirm it")
    .option("--role <role...>", "a role; may be given several times")
    .option("--first-name <name>")
    .option("--last-name <name>")
    .option("--external-id <id>", "the app's own id of the user")
    .action(create)
  configured(users.command("list"))
    .description("List users, oldest first.")
    .option("--search <text>", "only those whose address or name holds this")
    .option("--json", "as JSON")
    .action(list)
  configured(users.command("show <user>"))
    .description(`Show one user: ${who}.`)
    .option("--json", "as JSON")
    .action(show)
  configured(users.command("add-factor <user>"))
    .description("Turn a second factor on at once. For totp the secret and its address for apps are printed.")
    .addOption(new Option("--kind <kind>", "the kind of factor").choices(["totp", "email-code"]).makeOptionMandatory())
    .option("--secret <base32>", "totp: this secret instead of a new one")
    .option("--name <name>", "what the user sees it as")
    .option("--json", "as JSON")
    .action(addFactor)
  configured(users.command("reset-factors <user>"))
    .description("Take all second factors and recovery codes away, for a user who has lost them. The user gets a mail.")
    .option("--kind <kind>", "only factors of this kind")
    .action(resetFactors)
  configured(users.command("disable <user>"))
    .description("Let the user in no more, and end all sessions.")
    .action(setDisabled(true))
  configured(users.command("enable <user>")).description("Let a disabled user in again.").action(setDisabled(false))
  configured(users.command("set-roles <user> [roles...]"))
    .description("Replace the user's roles; with none given, all are taken away.")
    .action(setRoles)
  configured(users.command("delete <user>")).description("Delete a user and all that is the user's.").action(remove)
  addImportCommand(users)
  return users
}

type NewUser = {
  email: string
  passwordStdin?: boolean
  confirmed?: boolean
  role?: string[]
  firstName?: string
  lastName?: string
  externalId?: string
}

const create = async (given: NewUser, command: Command): Promise<void> => {
  const password = given.passwordStdin ? await readSecret("Password: ") : undefined
  await withEngine(command, async ({ engine, actor, source }) => {
    const { email, firstName, lastName, externalId, role: roles = [], confirmed = false } = given
    const input = { email, password, firstName, lastName, externalId, roles, emailConfirmed: confirmed }
    const user = await engine.users.create({ actor, source }, input)
    print(user.id)
    say(`made ${called(user)}${confirmed ? "" : ", whose address is not confirmed"}`)
  })
}

const list = async ({ search, json }: { search?: string; json?: boolean }, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, actor }) => {
    const found: User[] = []
    let after: string | undefined
    do {
      const page = await engine.users.list(actor, { after, limit: 100, search })
      found.push(...page.items)
      after = page.next ?? undefined
    } while (after !== undefined)
    if (json) printJson(found)
    else
      printTable(
        ["id", "address", "confirmed", "roles", "made", "state"],
        found.map((user) => [
          user.id,
          user.email ?? "",
          user.emailConfirmed ? "yes" : "no",
          user.roles.join(","),
          moment(user.createdAt),
          user.disabled ? "disabled" : "",
        ]),
      )
  })

const show = async (given: string, { json }: { json?: boolean }, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, on }) => {
    const user = await findUser(engine, given)
    const acting = on(user)
    const [factors, codes] = await Promise.all([engine.factors.list(acting), engine.recoveryCodes.status(acting)])
    if (json) {
      printJson({
        ...user,
        factors,
        recoveryCodes: { left: codes.left, total: codes.total, createdAt: codes.createdAt },
      })
      return
    }
    const facts: [string, string][] = [
      ["id", user.id],
      ["address", `${user.email ?? "none"}${user.emailConfirmed ? "" : " (not confirmed)"}`],
      ...(user.externalId === null ? [] : [["external id", user.externalId] satisfies [string, string]]),
      ["name", [user.firstName, user.lastName].filter(Boolean).join(" ")],
      ["roles", user.roles.join(", ")],
      ["password", user.hasPassword ? `since ${moment(user.passwordChangedAt)}` : "none"],
      ["made", moment(user.createdAt)],
      ["state", user.disabled ? "disabled" : "active"],
      ["recovery codes", `${codes.left} of ${codes.total} left`],
    ]
    for (const [name, value] of facts) print(`${name.padEnd(16)}${plain(value)}`.trimEnd())
    print("")
    printTable(["factor", "kind", "name", "state", "made", "last used"], factors.map(factorRow))
  })

const factorRow = (factor: PublicFactor): string[] => [
  factor.id,
  factor.kind,
  factor.name,
  factor.state,
  moment(factor.createdAt),
  moment(factor.lastUsedAt),
]

type NewFactor = { kind: string; secret?: string; name?: string; json?: boolean }

const addFactor = async (given: string, { kind, secret, name, json }: NewFactor, command: Command): Promise<void> => {
  if (secret !== undefined && kind !== "totp") throw new Refused("--secret goes with --kind totp")
  const bytes = secret === undefined ? undefined : await readBase32(secret)
  await withEngine(command, async ({ engine, on }) => {
    const user = await findUser(engine, given)
    const { factor, show: shown } = await engine.factors.add(on(user), { kind, name, secret: bytes })
    if (json) printJson({ factor, show: shown })
    else if (typeof shown["secret"] === "string" && typeof shown["uri"] === "string") {
      print(`secret ${shown["secret"]}`)
      print(`uri    ${shown["uri"]}`)
    }
    say(`${kind} is on for ${called(user)}`)
  })
}

const readBase32 = async (text: string): Promise<Uint8Array> => {
  const { decodeBase32 } = await import("../composition/engine.ts")
  const bytes = decodeBase32(text)
  if (bytes === undefined) throw new Refused("--secret has to be base32 (A to Z, 2 to 7)")
  return bytes
}

const resetFactors = async (given: string, { kind }: { kind?: string }, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, on }) => {
    const user = await findUser(engine, given)
    await engine.factors.reset(on(user), { kind })
    say(`${kind ?? "every second factor"} of ${called(user)} is gone`)
  })

const setDisabled =
  (disabled: boolean) =>
  async (given: string, _flags: unknown, command: Command): Promise<void> =>
    await withEngine(command, async ({ engine, on }) => {
      const user = await findUser(engine, given)
      await engine.users.setDisabled(on(user), disabled)
      say(`${called(user)} is ${disabled ? "disabled" : "enabled"}`)
    })

const setRoles = async (given: string, roles: string[], _flags: unknown, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, on }) => {
    const user = await engine.users.update(on(await findUser(engine, given)), { roles })
    say(`roles of ${called(user)}: ${user.roles.join(", ") || "none"}`)
  })

const remove = async (given: string, _flags: unknown, command: Command): Promise<void> =>
  await withEngine(command, async ({ engine, on }) => {
    const user = await findUser(engine, given)
    await engine.users.remove(on(user))
    say(`${called(user)} is deleted`)
  })

const called = (user: User): string => plain(user.email ?? user.externalId ?? user.id)
