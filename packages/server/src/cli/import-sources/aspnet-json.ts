import { Refused } from "../refusals.ts"
import { refuseProtected } from "./aspnet-query.ts"
import { codesName, identityUser, isTrue, keyName, ownProvider, plainName, type IdentityRow } from "./aspnet-user.ts"
import { jsonValues, type JsonValue } from "./json-values.ts"
import type { Source } from "./source.ts"
import { textOf } from "./text-file.ts"

/** A dump is held as a whole; beyond this the database itself is the better source. */
const longestDump = 256 * 1024 * 1024

type Fields = ReadonlyMap<string, unknown>

/** A dump of the tables: one object with a list of rows for each. @throws Refused for anything else. */
export async function openAspnetJson(path: string): Promise<Source> {
  const values: JsonValue[] = []
  for await (const value of jsonValues(textOf(path), longestDump)) values.push(value)
  const tables = tablesOf(values)
  // Without tables: a list of users, each with what belongs to it.
  const rows = tables ? rowsOfTables(tables) : values.map(({ value, line }) => rowOfUser(fieldsOf(value), line))
  const addresses = rows.map(({ columns }) => columns.get("email")).filter((email) => typeof email === "string")
  refuseProtected({ addresses: addresses.length, readable: addresses.filter((email) => email.includes("@")).length })

  // Of two users with one address the confirmed one has the better claim.
  const found = rows.toSorted((a, b) => isConfirmed(b) - isConfirmed(a)).map(identityUser)
  return {
    total: found.length,
    async *users() {
      yield* found
    },
    close: async () => {},
  }
}

const isConfirmed = ({ columns }: IdentityRow): number => Number(isTrue(columns.get("emailconfirmed")))

const fieldsOf = (value: unknown): Fields =>
  new Map(
    typeof value === "object" && value !== null
      ? Object.entries(value).map(([name, content]) => [plainName(name), content])
      : [],
  )

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

/**
 * The lists of rows by table, with or without the prefix; undefined where there is no list of users among them. Also as
 * phpMyAdmin writes them: an object with name and data for each table.
 */
function tablesOf(values: readonly JsonValue[]): Map<string, Fields[]> | undefined {
  const lists = values.flatMap(({ value }): [string, unknown][] =>
    value["type"] === "table" && typeof value["name"] === "string"
      ? [[value["name"], value["data"]]]
      : Object.entries(value),
  )
  const tables = new Map(
    lists
      .filter(([, rows]) => Array.isArray(rows))
      .map(([name, rows]) => [
        plainName(name)
          .replace(/^.*\./, "")
          .replace(/^aspnet/, ""),
        listOf(rows).map(fieldsOf),
      ]),
  )
  return tables.has("users") ? tables : undefined
}

function rowsOfTables(tables: ReadonlyMap<string, readonly Fields[]>): IdentityRow[] {
  const ofUsers = (name: string): Map<string, Fields[]> => Map.groupBy(tables.get(name) ?? [], userIdOf)
  const [tokens, memberships, claims] = [ofUsers("usertokens"), ofUsers("userroles"), ofUsers("userclaims")]
  const [logins, passkeys] = [ofUsers("userlogins"), ofUsers("userpasskeys")]
  const roles = new Map((tables.get("roles") ?? []).map((role) => [String(role.get("id")), role.get("name")]))
  return (tables.get("users") ?? []).map((columns, index) => {
    if (!columns.has("id") || !columns.has("email"))
      throw new Refused(`user ${index + 1} of the dump has no Id or no Email; null is written as null`)
    const id = String(columns.get("id"))
    return {
      columns,
      tokens: ownTokens(tokens.get(id) ?? []),
      roles: (memberships.get(id) ?? []).map((one) => roles.get(String(one.get("roleid")))),
      claims: (claims.get(id) ?? []).map((one) => [one.get("claimtype"), one.get("claimvalue")] as const),
      externalSignIns: (logins.get(id) ?? []).length,
      passkeys: (passkeys.get(id) ?? []).length,
    }
  })
}

const userIdOf = (row: Fields): string => String(row.get("userid"))

const ownTokens = (rows: readonly Fields[]): IdentityRow["tokens"] =>
  rows.filter((row) => row.get("loginprovider") === ownProvider).map((row) => [row.get("name"), row.get("value")])

/** A user with `Tokens`, `Roles` and `Claims` of its own, or with the key and the codes at its side. */
function rowOfUser(columns: Fields, line: number): IdentityRow {
  if (!columns.has("id") || !columns.has("email"))
    throw new Refused(`line ${line}: neither a dump of AspNetUsers and its tables, nor a user with Id and Email`)
  const list = (...names: string[]): unknown[] =>
    listOf(names.map((name) => columns.get(name)).find((value) => value !== undefined))
  const codes = columns.get(plainName(codesName))
  return {
    columns,
    tokens: [
      [keyName, columns.get(plainName(keyName))],
      [codesName, Array.isArray(codes) ? codes.join(";") : codes],
      ...ownTokens(list("tokens", "usertokens", "aspnetusertokens").map(fieldsOf)),
    ].filter((token): token is [string, unknown] => token[1] !== undefined && token[1] !== null),
    roles: list("roles", "userroles").map((role) => (typeof role === "string" ? role : fieldsOf(role).get("name"))),
    claims: list("claims", "userclaims").map((one) => [
      fieldsOf(one).get("claimtype"),
      fieldsOf(one).get("claimvalue"),
    ]),
    externalSignIns: list("logins", "userlogins").length,
    passkeys: list("passkeys", "userpasskeys").length,
  }
}
