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
  const users = tables.get("users") ?? values.map(({ value }) => fieldsOf(value))
  if (!users.some((user) => user.has("email")) || !users.every((user) => user.has("id")))
    throw new Refused("neither a dump of AspNetUsers and its tables, nor a list of users that all have an Id")
  const rowOf = rowsOver(tables)
  const rows = users.map(rowOf)
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

type Tables = ReadonlyMap<string, readonly Fields[]>

/** Short names of tables, as they stand inside a user. */
const fullNames: Readonly<Record<string, string>> = {
  tokens: "usertokens",
  claims: "userclaims",
  logins: "userlogins",
  passkeys: "userpasskeys",
}
const tableName = (name: string): string => {
  const bare = plainName(name)
    .replace(/^.*\./, "")
    .replace(/^aspnet/, "")
  return fullNames[bare] ?? bare
}

/**
 * The lists of rows by table, with or without the prefix. Also as phpMyAdmin writes them: an object with name and data
 * for each table. Empty where no list of users is among them.
 */
function tablesOf(values: readonly JsonValue[]): Tables {
  const lists = values.flatMap(({ value }): [string, unknown][] =>
    value["type"] === "table" && typeof value["name"] === "string"
      ? [[value["name"], value["data"]]]
      : Object.entries(value),
  )
  const tables = lists.flatMap(([name, rows]) =>
    Array.isArray(rows) ? [[tableName(name), listOf(rows).map(fieldsOf)] as const] : [],
  )
  return new Map(tables.some(([name]) => name === "users") ? tables : [])
}

/** Puts a user together: what the tables have for its id, and what stands in its own row. */
function rowsOver(tables: Tables): (columns: Fields) => IdentityRow {
  const ofUsers = (name: string): Map<string, Fields[]> =>
    Map.groupBy(tables.get(name) ?? [], (row) => String(row.get("userid")))
  const owned = new Map(
    ["usertokens", "userroles", "userclaims", "userlogins", "userpasskeys"].map((name) => [name, ofUsers(name)]),
  )
  const roles = new Map((tables.get("roles") ?? []).map((role) => [String(role.get("id")), role.get("name")]))

  return (columns) => {
    const own = new Map([...columns].map(([name, value]) => [tableName(name), value]))
    const all = (name: string): Fields[] => [
      ...(owned.get(name)?.get(String(columns.get("id"))) ?? []),
      ...listOf(own.get(name)).map(fieldsOf),
    ]
    const codes = columns.get(plainName(codesName))
    const nested = [...listOf(own.get("roles")), ...listOf(own.get("userroles"))]
    return {
      columns,
      tokens: [
        ...all("usertokens")
          .filter((token) => (token.get("loginprovider") ?? ownProvider) === ownProvider)
          .map((token) => [token.get("name"), token.get("value")] as const),
        [keyName, columns.get(plainName(keyName))] as const,
        [codesName, Array.isArray(codes) ? codes.join(";") : codes] as const,
      ].filter(([, value]) => value !== undefined && value !== null),
      roles: [
        ...(owned.get("userroles")?.get(String(columns.get("id"))) ?? []).map((one) =>
          roles.get(String(one.get("roleid"))),
        ),
        ...nested.map((role) => (typeof role === "string" ? role : nameOf(fieldsOf(role)))),
      ],
      claims: all("userclaims").map((claim) => [claim.get("claimtype"), claim.get("claimvalue")] as const),
      externalSignIns: all("userlogins").length,
      passkeys: all("userpasskeys").length,
    }
  }
}

/** A role, or a membership that has the role inside. */
const nameOf = (role: Fields): unknown => role.get("name") ?? fieldsOf(role.get("role")).get("name")
