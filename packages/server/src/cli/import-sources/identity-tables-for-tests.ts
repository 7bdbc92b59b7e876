/** The tables of ASP.NET Core Identity as EF Core makes them, with people in them. */
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"

type Cell = string | number | boolean | null
export type Tables = Readonly<Record<string, readonly Readonly<Record<string, Cell>>[]>>

export const kestrel = "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8pOhvF+6Wq2KNElHT5oPDb4XZoOZDaHYbo4FZa6h8OUw=="
export const appKey = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
const own = "[AspNetUserStore]"

/** Ids sort by the number, and are GUIDs so that a column of that type takes them. */
export const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`

const user = (number: number, name: string | null, more: Readonly<Record<string, Cell>> = {}) => ({
  Id: idOf(number),
  UserName: name,
  NormalizedUserName: name?.toUpperCase() ?? null,
  Email: name,
  NormalizedEmail: name?.toUpperCase() ?? null,
  EmailConfirmed: true,
  PasswordHash: kestrel,
  SecurityStamp: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  ConcurrencyStamp: "7b0f9f0e-0000-4000-8000-000000000000",
  PhoneNumber: null,
  PhoneNumberConfirmed: false,
  TwoFactorEnabled: false,
  LockoutEnd: null,
  LockoutEnabled: true,
  AccessFailedCount: 0,
  ...more,
})

const token = (number: number, Name: string, Value: string, LoginProvider = own) => ({
  UserId: idOf(number),
  LoginProvider,
  Name,
  Value,
})

/** One for every case; the number in the address says what is to come of them. */
export const people: Tables = {
  AspNetUsers: [
    // The same address as Leela's, with an id before hers, but never confirmed.
    user(1, "LEELA@contoso.example", { EmailConfirmed: false }),
    user(2, "leela@contoso.example", { TwoFactorEnabled: true }),
    user(3, "harry@contoso.example", {
      PasswordHash: "AAABAgMEBQYHCAkKCwwNDg9S3HC6eb9lAh204qSpJPAy5w+XeJf/UgJ9T5cyicRfDA==",
    }),
    user(4, "zoe@contoso.example", { PasswordHash: null, EmailConfirmed: false }),
    user(5, "gone@contoso.example", { LockoutEnd: "9999-12-31 23:59:59.999999+00:00" }),
    user(6, "soon@contoso.example", { LockoutEnd: "2001-02-03 04:05:06.7891234+02:00" }),
    user(7, "nobody", { Email: null, NormalizedEmail: null }),
    user(8, "mailed@contoso.example", { TwoFactorEnabled: true }),
    user(9, "broken@contoso.example", { TwoFactorEnabled: true }),
    user(10, "named@contoso.example", { UserName: "named", NormalizedUserName: "NAMED" }),
    user(11, "short@contoso.example", { TwoFactorEnabled: true }),
    user(12, "newer@contoso.example", { PasswordHash: Buffer.alloc(61, 3).toString("base64") }),
    user(13, "free@contoso.example", { LockoutEnd: "9999-12-31 23:59:59.999999+00:00", LockoutEnabled: false }),
  ],
  AspNetRoles: [
    { Id: idOf(101), Name: "Administrator", NormalizedName: "ADMINISTRATOR", ConcurrencyStamp: null },
    { Id: idOf(102), Name: "Manager", NormalizedName: "MANAGER", ConcurrencyStamp: null },
  ],
  AspNetUserRoles: [
    { UserId: idOf(2), RoleId: idOf(101) },
    { UserId: idOf(2), RoleId: idOf(102) },
  ],
  AspNetUserClaims: [
    { Id: 1, UserId: idOf(2), ClaimType: "given_name", ClaimValue: "Leela" },
    {
      Id: 2,
      UserId: idOf(2),
      ClaimType: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
      ClaimValue: "Turanga",
    },
    { Id: 3, UserId: idOf(2), ClaimType: "department", ClaimValue: "Delivery" },
  ],
  AspNetUserLogins: [{ LoginProvider: "Contoso", ProviderKey: "77", ProviderDisplayName: "Contoso", UserId: idOf(4) }],
  AspNetUserTokens: [
    token(2, "AuthenticatorKey", appKey),
    token(2, "RecoveryCodes", "BCDFG-HJKMN;23456-789BC"),
    token(2, "AuthenticatorKey", "not ours", "Contoso"),
    token(3, "AuthenticatorKey", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    token(3, "RecoveryCodes", "00f1a2b3;4c5d6e7f"),
    token(9, "AuthenticatorKey", "CfDJ8:bm90IGJhc2UzMg"),
    token(11, "AuthenticatorKey", "GEZDGNBVGY3TQOJQ"),
    token(11, "RecoveryCodes", ""),
  ],
  AspNetUserPasskeys: [{ CredentialId: "AQID", UserId: idOf(3), Data: "{}" }],
}

/** What a report says of them, in its order: who, what, and why or with what remarks. */
export const verdicts: readonly (readonly [address: string | null, outcome: string, ...why: string[]])[] = [
  ["leela@contoso.example", "imported"],
  ["harry@contoso.example", "imported", "key_unconfirmed", "passkeys_left"],
  ["gone@contoso.example", "imported", "disabled"],
  ["soon@contoso.example", "imported"],
  [null, "skipped", "no_address"],
  ["mailed@contoso.example", "imported", "second_factor_without_key"],
  ["broken@contoso.example", "skipped", "key_unreadable"],
  ["named@contoso.example", "imported", "user_name_differs"],
  ["short@contoso.example", "imported", "key_weak"],
  ["newer@contoso.example", "imported", "password_unusable"],
  ["free@contoso.example", "imported"],
  ["LEELA@contoso.example", "skipped", "duplicate_address"],
  ["zoe@contoso.example", "imported", "address_unconfirmed", "no_password", "external_sign_in_left"],
]

/** Schema 3 of .NET 10 has passkeys; those before have not. */
export const tablesOf = (version: 8 | 10): Tables =>
  version === 10 ? people : Object.fromEntries(Object.entries(people).filter(([name]) => name !== "AspNetUserPasskeys"))

const flags = new Set(["EmailConfirmed", "PhoneNumberConfirmed", "TwoFactorEnabled", "LockoutEnabled"])
const numbers = new Set(["AccessFailedCount"])
const keys: Readonly<Record<string, readonly string[]>> = {
  AspNetUserRoles: ["UserId", "RoleId"],
  AspNetUserLogins: ["LoginProvider", "ProviderKey"],
  AspNetUserTokens: ["UserId", "LoginProvider", "Name"],
  AspNetUserPasskeys: ["CredentialId"],
}

export function fillSqlite(path: string, tables: Tables): void {
  const database = new DatabaseSync(path)
  database.exec("pragma journal_mode = wal")
  for (const [table, rows] of Object.entries(tables)) {
    const names = Object.keys(rows[0] ?? {})
    const columns = names.map(
      (name) => `"${name}" ${flags.has(name) || numbers.has(name) ? "INTEGER NOT NULL" : "TEXT"}`,
    )
    const key = (keys[table] ?? ["Id"]).map((name) => `"${name}"`)
    database.exec(`create table "${table}" (${columns.join(", ")}, primary key (${key.join(", ")}))`)
    const insert = database.prepare(`insert into "${table}" values (${names.map(() => "?").join(", ")})`)
    for (const row of rows)
      insert.run(...Object.values(row).map((cell) => (typeof cell === "boolean" ? Number(cell) : cell)))
  }
  database.close()
}

/** `spelled`: how the names of tables and columns are written there. */
export async function fillPostgres(
  url: string,
  tables: Tables,
  spelled = (name: string): string => name,
): Promise<void> {
  const client = new Client(url)
  await client.connect()
  for (const [table, rows] of Object.entries(tables)) {
    const names = Object.keys(rows[0] ?? {})
    const types = names.map((name) => {
      if (flags.has(name)) return "boolean not null"
      if (name === "LockoutEnd") return "timestamp with time zone"
      if (numbers.has(name) || (name === "Id" && table === "AspNetUserClaims")) return "integer not null"
      return /^(Id|UserId|RoleId)$/.test(name) ? "uuid not null" : "text"
    })
    const columns = names.map((name, index) => `"${spelled(name)}" ${types[index]}`)
    const key = (keys[table] ?? ["Id"]).map((name) => `"${spelled(name)}"`)
    await client.query(`create table "${spelled(table)}" (${columns.join(", ")}, primary key (${key.join(", ")}))`)
    const places = names.map((_, index) => `$${index + 1}`).join(", ")
    for (const row of rows) await client.query(`insert into "${spelled(table)}" values (${places})`, Object.values(row))
  }
  await client.end()
}
