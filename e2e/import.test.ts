/** Users of an ASP.NET Core Identity application sign in here, beside whose server they were imported. */
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { codeOf, hasOathtool, startInstallation, type Installation, type Report } from "./imported-people.ts"
import { command } from "./server-process.ts"

const password = "Kestrel-Mast-77!"
const v2 = "AAABAgMEBQYHCAkKCwwNDg9S3HC6eb9lAh204qSpJPAy5w+XeJf/UgJ9T5cyicRfDA=="
const v3 = "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8pOhvF+6Wq2KNElHT5oPDb4XZoOZDaHYbo4FZa6h8OUw=="
const leelaKey = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
const harryKey = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

/** The tables as `dotnet ef database update` makes them with .NET 10 for SQLite. */
const tables = `
  create table "AspNetRoles" ("Id" TEXT NOT NULL PRIMARY KEY, "Name" TEXT NULL, "NormalizedName" TEXT NULL, "ConcurrencyStamp" TEXT NULL);
  create table "AspNetUsers" ("Id" TEXT NOT NULL PRIMARY KEY, "UserName" TEXT NULL, "NormalizedUserName" TEXT NULL, "Email" TEXT NULL,
    "NormalizedEmail" TEXT NULL, "EmailConfirmed" INTEGER NOT NULL, "PasswordHash" TEXT NULL, "SecurityStamp" TEXT NULL,
    "ConcurrencyStamp" TEXT NULL, "PhoneNumber" TEXT NULL, "PhoneNumberConfirmed" INTEGER NOT NULL, "TwoFactorEnabled" INTEGER NOT NULL,
    "LockoutEnd" TEXT NULL, "LockoutEnabled" INTEGER NOT NULL, "AccessFailedCount" INTEGER NOT NULL);
  create table "AspNetRoleClaims" ("Id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "RoleId" TEXT NOT NULL, "ClaimType" TEXT NULL, "ClaimValue" TEXT NULL);
  create table "AspNetUserClaims" ("Id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "UserId" TEXT NOT NULL, "ClaimType" TEXT NULL, "ClaimValue" TEXT NULL);
  create table "AspNetUserLogins" ("LoginProvider" TEXT NOT NULL, "ProviderKey" TEXT NOT NULL, "ProviderDisplayName" TEXT NULL, "UserId" TEXT NOT NULL,
    primary key ("LoginProvider", "ProviderKey"));
  create table "AspNetUserPasskeys" ("CredentialId" BLOB NOT NULL PRIMARY KEY, "UserId" TEXT NOT NULL, "Data" TEXT NOT NULL);
  create table "AspNetUserRoles" ("UserId" TEXT NOT NULL, "RoleId" TEXT NOT NULL, primary key ("UserId", "RoleId"));
  create table "AspNetUserTokens" ("UserId" TEXT NOT NULL, "LoginProvider" TEXT NOT NULL, "Name" TEXT NOT NULL, "Value" TEXT NULL,
    primary key ("UserId", "LoginProvider", "Name"));`

let to: Installation
let source: string
let report: Report
beforeAll(async () => {
  to = await startInstallation()
  source = join(to.folder, "app.db")
  const database = new DatabaseSync(source)
  database.exec(tables)
  const user = database.prepare(
    "insert into AspNetUsers values (?1, ?2, upper(?2), ?2, upper(?2), 1, ?3, 'S', 'C', null, 0, ?4, ?5, 1, 0)",
  )
  const token = database.prepare("insert into AspNetUserTokens values (?, '[AspNetUserStore]', ?, ?)")
  user.run("id-leela", "leela@contoso.example", v3, 1, null)
  token.run("id-leela", "AuthenticatorKey", leelaKey)
  token.run("id-leela", "RecoveryCodes", "BCDFG-HJKMN;23456-789BC;00f1a2b3")
  user.run("id-harry", "harry@contoso.example", v2, 0, null)
  token.run("id-harry", "AuthenticatorKey", harryKey)
  user.run("id-gone", "gone@contoso.example", v3, 0, "9999-12-31 23:59:59.9999999+00:00")
  database.exec(`insert into AspNetRoles values ('r1', 'Manager', 'MANAGER', null);
    insert into AspNetUserRoles values ('id-leela', 'r1')`)
  database.close()
  report = await to.take("aspnet-identity", source)
})
afterAll(() => to?.close())

describe.skipIf(!hasOathtool)("after the import", () => {
  test("everybody is there", () => {
    expect(report).toMatchObject({ imported: 3, skipped: 0 })
    expect(to.hashOf("leela@contoso.example")).toBe(v3)
  })

  test("the old password and the old app let in at /v1, and the hash is ours from then on", async () => {
    const answer = await to.signIn("leela@contoso.example", password, "totp", codeOf(leelaKey, -1))
    expect(answer).toMatchObject({
      status: 200,
      json: { status: "complete", user: { roles: ["Manager"], externalId: "id-leela" } },
    })
    expect(to.hashOf("leela@contoso.example")).toMatch(/^\$argon2id\$/)
    const again = await to.signIn("leela@contoso.example", password, "totp", codeOf(leelaKey, -1))
    expect(again.status).not.toBe(200)
  })

  test("the wrong password does not", async () => {
    expect(await to.signIn("leela@contoso.example", `${password}!`, "totp", "000000")).toMatchObject({ status: 401 })
  })

  test("the same at /identity, as the application's client does it", async () => {
    const email = "leela@contoso.example"
    const refused = await to.post("/identity/login", { email, password })
    expect(refused).toMatchObject({ status: 401, json: { detail: "RequiresTwoFactor" } })
    const twoFactorCode = codeOf(leelaKey, 1)
    const answer = await to.post("/identity/login", { email, password, twoFactorCode })
    expect(answer).toMatchObject({ status: 200, json: { tokenType: "Bearer" } })
    expect((await to.post("/identity/login", { email, password, twoFactorCode })).status).toBe(401)
    const state = await to.post("/identity/manage/2fa", {}, String(answer.json["accessToken"]))
    expect(state.json).toMatchObject({ isTwoFactorEnabled: true, recoveryCodesLeft: 3 })
  })

  test.each([
    ["/identity", "bcdfghjkmn"],
    ["/identity", "00F1-A2B3"],
    ["/v1", "23456 789BC"],
  ])("a printed recovery code lets in once, at %s: %s", async (door, code) => {
    const email = "leela@contoso.example"
    const attempt = () =>
      door === "/v1"
        ? to.signIn(email, password, "recovery-code", code)
        : to.post("/identity/login", { email, password, twoFactorRecoveryCode: code })
    expect(await attempt()).toMatchObject({ status: 200 })
    expect((await attempt()).status).not.toBe(200)
  })

  test("a key that was never confirmed is no second factor, and turns into one with its next code", async () => {
    const email = "harry@contoso.example"
    const signedIn = await to.post("/identity/login", { email, password })
    expect(signedIn.status).toBe(200)
    const bearer = String(signedIn.json["accessToken"])
    expect((await to.post("/identity/manage/2fa", {}, bearer)).json).toMatchObject({
      isTwoFactorEnabled: false,
      sharedKey: harryKey,
    })
    const enabled = await to.post("/identity/manage/2fa", { enable: true, twoFactorCode: codeOf(harryKey, -1) }, bearer)
    expect(enabled).toMatchObject({ status: 200, json: { isTwoFactorEnabled: true } })
    expect(await to.signIn(email, password, "totp", codeOf(harryKey, 1))).toMatchObject({ status: 200 })
  })

  test("whom an administrator had shut out stays out", async () => {
    expect((await to.signIn("gone@contoso.example", password, "totp", "000000")).status).not.toBe(200)
  })

  test("the same import once more changes nothing, and no spent code comes back", async () => {
    expect(await to.take("aspnet-identity", source)).toMatchObject({
      imported: 0,
      updated: 0,
      unchanged: 3,
      skipped: 0,
    })
    expect((await to.signIn("leela@contoso.example", password, "recovery-code", "bcdfghjkmn")).status).not.toBe(200)
    expect(to.hashOf("leela@contoso.example")).toMatch(/^\$argon2id\$/)
  })

  test("who was used here is not set back by what the application still says", async () => {
    const database = new DatabaseSync(source)
    database.exec("update AspNetUsers set TwoFactorEnabled = 0; delete from AspNetUserTokens")
    database.close()
    const { users } = await to.take("aspnet-identity", source)
    expect(users.map(({ email, outcome, reason }) => [email, outcome, reason])).toEqual([
      ["gone@contoso.example", "unchanged", undefined],
      ["harry@contoso.example", "skipped", "changed_here"],
      ["leela@contoso.example", "skipped", "changed_here"],
    ])
  })
})

test.each(["csv", "json"] as const)("a huge %s file is read in little memory", async (form) => {
  const uri = `otpauth://totp/${"x".repeat(1800)}?secret=${leelaKey}`
  const rows = Array.from({ length: 25_000 }, (_, n) => [`u${n}@contoso.example`, v3, uri] as const)
  const content =
    form === "csv"
      ? `email,hash,otpauth\n${rows.map((row) => row.join(",")).join("\n")}`
      : `[${rows.map(([email, hash, otpauth]) => JSON.stringify({ email, hash, otpauth })).join(",")}]`
  const path = to.file(`huge.${form}`, content)
  const environment = {
    COUNTERSIGN_DATABASE_URL: `sqlite:${join(to.folder, "other.sqlite")}`,
    // Less than the file has.
    NODE_OPTIONS: "--max-old-space-size=40",
  }
  expect(content.length).toBeGreaterThan(48_000_000)
  const printed = await command(environment, "users", "import", "--from", form, path, "--dry-run")
  expect(printed).toMatch(/^imported +25000$/m)
})
