/** The question that reads ASP.NET Core Identity's tables in one go, for both databases and every spelling of names. */
import { Refused } from "../refusals.ts"
import { codesName, familyNames, givenNames, keyName, ownProvider, plainName, type IdentityRow } from "./aspnet-user.ts"

/** A table and its columns, as the database spells them. */
export type FoundTable = { readonly schema?: string; readonly name: string; readonly columns: readonly string[] }

/** How a database says it. `list`: rows of values as one JSON text. */
export type Speech = { text(value: string): string; list(values: readonly string[]): string }

export const sqliteSpeech: Speech = {
  text: (value) => `cast(${value} as text)`,
  list: (values) => `json_group_array(json_array(${values.join(", ")}))`,
}
export const postgresSpeech: Speech = {
  text: (value) => `(${value})::text`,
  list: (values) => `json_agg(json_build_array(${values.join(", ")}))::text`,
}

export type IdentityQueries = {
  /** One row: `users`, `addresses` (that are not null), `readable` (that hold an @). */
  readonly counts: string
  /** One row a user. Confirmed addresses come first: of two users with one address they have the better claim. */
  readonly users: string
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** @throws Refused where there is no table of users. */
export function identityQueries(tables: readonly FoundTable[], speech: Speech): IdentityQueries {
  const find = (name: string): FoundTable | undefined => tables.find((table) => plainName(table.name) === name)
  const users = find("aspnetusers")
  if (users === undefined) throw new Refused("there is no table AspNetUsers")
  const at = (table: FoundTable): string => (table.schema ? `${quoted(table.schema)}.` : "") + quoted(table.name)
  const column = (table: FoundTable, name: string): string => {
    const found = table.columns.find((candidate) => plainName(candidate) === plainName(name))
    if (found === undefined) throw new Refused(`the table ${table.name} has no column ${name}`)
    return quoted(found)
  }
  const [id, email] = [column(users, "Id"), column(users, "Email")]
  const confirmed = users.columns.find((name) => plainName(name) === "emailconfirmed")
  const owned = (name: string, what: (table: FoundTable) => string): string => {
    const table = find(name)
    if (table === undefined) return "null"
    return `(select ${what(table)} from ${at(table)} t where t.${column(table, "UserId")} = u.${id}`
  }
  const among = (value: string, texts: readonly string[]): string => `${value} in (${texts.map(literal).join(", ")})`

  const tokens = find("aspnetusertokens")
  const claims = find("aspnetuserclaims")
  const [roles, memberships] = [find("aspnetroles"), find("aspnetuserroles")]
  const selected = [
    ...users.columns.map((name) => `${speech.text(`u.${quoted(name)}`)} as ${quoted(`own ${plainName(name)}`)}`),
    `${
      tokens
        ? `${owned("aspnetusertokens", (t) => speech.list([`t.${column(t, "Name")}`, `t.${column(t, "Value")}`]))}
           and t.${column(tokens, "LoginProvider")} = ${literal(ownProvider)}
           and ${among(`t.${column(tokens, "Name")}`, [keyName, codesName])})`
        : "null"
    } as tokens`,
    `${
      roles && memberships
        ? `(select ${speech.list([`r.${column(roles, "Name")}`])} from ${at(memberships)} m join ${at(roles)} r
           on r.${column(roles, "Id")} = m.${column(memberships, "RoleId")}
           where m.${column(memberships, "UserId")} = u.${id})`
        : "null"
    } as roles`,
    `${
      claims
        ? `${owned("aspnetuserclaims", (t) => speech.list([`t.${column(t, "ClaimType")}`, `t.${column(t, "ClaimValue")}`]))}
           and ${among(`t.${column(claims, "ClaimType")}`, [...givenNames, ...familyNames])})`
        : "null"
    } as claims`,
    `${find("aspnetuserlogins") ? `${owned("aspnetuserlogins", () => "count(*)")})` : "0"} as logins`,
    `${find("aspnetuserpasskeys") ? `${owned("aspnetuserpasskeys", () => "count(*)")})` : "0"} as passkeys`,
  ]
  const order = [...(confirmed ? [`u.${quoted(confirmed)} desc`] : []), `u.${id}`]
  return {
    counts: `select count(*) as users, count(u.${email}) as addresses,
      sum(case when u.${email} like '%@%' then 1 else 0 end) as readable from ${at(users)} u`,
    users: `select ${selected.join(",\n")} from ${at(users)} u order by ${order.join(", ")}`,
  }
}

const pairs = (value: unknown): [unknown, unknown][] => JSON.parse(typeof value === "string" ? value : "[]") as []

/** A row of the question above, taken apart. */
export function identityRow(row: Readonly<Record<string, unknown>>): IdentityRow {
  return {
    columns: new Map(
      Object.entries(row).flatMap(([name, value]) => (name.startsWith("own ") ? [[name.slice(4), value]] : [])),
    ),
    tokens: pairs(row["tokens"]),
    roles: pairs(row["roles"]).map(([name]) => name),
    claims: pairs(row["claims"]),
    externalSignIns: Number(row["logins"]),
    passkeys: Number(row["passkeys"]),
  }
}

/**
 * With ProtectPersonalData the application has encrypted names, addresses and tokens with keys that only it has.
 * @throws Refused
 */
export function refuseProtected({ addresses, readable }: { addresses: number; readable: number }): void {
  if (addresses > 0 && readable === 0)
    throw new Refused(
      "the addresses are encrypted by the application (ProtectPersonalData), and their keys are the application's: " +
        "let it write out a JSON dump of the tables, or turn the protection off there first",
    )
}
