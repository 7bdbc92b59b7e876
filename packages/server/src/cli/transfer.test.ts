import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startPostgres, type TestCluster } from "../store/postgres-for-tests.ts"
import { command, type Outcome } from "./command-for-tests.ts"
import {
  fillPostgres,
  fillSqlite,
  idOf,
  people,
  tablesOf,
  verdicts,
  type Tables,
} from "./import-sources/identity-tables-for-tests.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-import-"))
let cluster: TestCluster | undefined
beforeAll(async () => {
  cluster = await startPostgres()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await cluster?.stop()
})

type Row = { at: string; email: string | null; externalId: string; outcome: string; reason?: string; notes?: string[] }
type Report = { from: string; dryRun: boolean; users: Row[]; read: number; reasons: Record<string, number> } & Record<
  "imported" | "updated" | "unchanged" | "skipped",
  number
> & { notes: Record<string, number> }

let files = 0
const file = (name: string, content?: string | Buffer): string => {
  const path = join(folder, `${++files}-${name}`)
  if (content !== undefined) writeFileSync(path, content)
  return path
}
/** An installation of its own, with a database that the test may look into. */
const installation = (database = `sqlite:${file("countersign.sqlite")}`) => {
  const options = ["--database-url", database, "--password-hash-memory", "1024"]
  const run = (...words: string[]): Promise<Outcome> => command([...words, ...options])
  return {
    database,
    run,
    take: (from: string, source: string, ...more: string[]) => run("users", "import", "--from", from, source, ...more),
    async report(from: string, source: string, ...more: string[]): Promise<Report> {
      const { code, stdout, stderr } = await run("users", "import", "--from", from, source, "--json", ...more)
      if (code !== 0) throw new Error(stderr)
      return JSON.parse(stdout) as Report
    },
    async show<T = Record<string, unknown>>(user: string): Promise<T> {
      return JSON.parse((await run("users", "show", user, "--json")).stdout) as T
    },
  }
}
const said = ({ users }: Report): unknown[] =>
  users.map(({ email, outcome, reason, notes = [] }) => [email, outcome, ...(reason === undefined ? notes : [reason])])
const withoutPasskeys = verdicts.map((row) => row.filter((word) => word !== "passkeys_left"))

const identitySqlite = (tables: Tables): string => {
  const path = file("identity.sqlite")
  fillSqlite(path, tables)
  return path
}
/** Everything of a database that an import writes, as text. */
const contents = (database: string): string => {
  const opened = new DatabaseSync(database.replace("sqlite:", ""), { readOnly: true })
  const tables = ["users", "factors", "recovery_code_sets", "recovery_codes", "failures", "audit", "outbox"]
  const all = JSON.stringify(tables.map((table) => opened.prepare(`select * from ${table} order by 1`).all()))
  opened.close()
  return all
}

describe("the tables of ASP.NET Core Identity", () => {
  test.each([
    [8, withoutPasskeys],
    [10, verdicts],
  ] as const)("in an SQLite file of .NET %i, everybody gets what is theirs", async (version, expected) => {
    const to = installation()
    const report = await to.report("aspnet-identity", identitySqlite(tablesOf(version)))
    expect(said(report)).toEqual(expected)
    expect(report).toMatchObject({ from: "aspnet-identity", dryRun: false, read: 13, imported: 10, skipped: 3 })
    expect(report.reasons).toEqual({ no_address: 1, key_unreadable: 1, duplicate_address: 1 })
    expect(await to.show("leela@contoso.example")).toMatchObject({
      externalId: idOf(2),
      emailConfirmed: true,
      firstName: "Leela",
      lastName: "Turanga",
      roles: ["Administrator", "Manager"],
      factors: [{ kind: "totp", state: "on" }],
      recoveryCodes: { left: 2, total: 2 },
    })
    expect(await to.show(`external:${idOf(3)}`)).toMatchObject({
      factors: [],
      recoveryCodes: { left: 2 },
      hasPassword: true,
    })
    expect(await to.show("gone@contoso.example")).toMatchObject({ disabled: true })
    expect(await to.show("free@contoso.example")).toMatchObject({ disabled: false })
    expect(await to.show("zoe@contoso.example")).toMatchObject({ emailConfirmed: false })
  })

  test.for<[string, (name: string) => string]>([
    ["as EF Core writes them", (name: string) => name],
    ["in snake case", (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase()],
  ])("in PostgreSQL, %s, give the same", async ([, spelled], context) => {
    if (cluster === undefined) return context.skip()
    const url = await cluster.freshDatabase()
    await fillPostgres(url, people, spelled)
    const to = installation()
    expect(said(await to.report("aspnet-identity", url))).toEqual(verdicts)
    expect((await to.report("aspnet-identity", url)).unchanged).toBe(10)
    expect(await to.show("leela@contoso.example")).toMatchObject({
      externalId: idOf(2),
      lastName: "Turanga",
      roles: ["Administrator", "Manager"],
      recoveryCodes: { left: 2 },
    })
  })

  test("in PostgreSQL an end of a lock that is infinite is one without end", async (context) => {
    if (cluster === undefined) return context.skip()
    const url = await cluster.freshDatabase()
    const [first] = people["AspNetUsers"] ?? []
    await fillPostgres(url, { AspNetUsers: [{ ...first, LockoutEnd: "infinity" }] })
    expect(said(await installation().report("aspnet-identity", url))).toEqual([
      ["LEELA@contoso.example", "imported", "disabled", "address_unconfirmed"],
    ])
  })

  test("from SQLite into PostgreSQL", async (context) => {
    if (cluster === undefined) return context.skip()
    const to = installation(await cluster.freshDatabase())
    const source = identitySqlite(people)
    expect(said(await to.report("aspnet-identity", source))).toEqual(verdicts)
    expect((await to.report("aspnet-identity", source)).unchanged).toBe(10)
    const application = new DatabaseSync(source)
    application.exec(
      `update AspNetUserTokens set Value = 'MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK' where Name = 'AuthenticatorKey'`,
    )
    application.close()
    expect(await to.report("aspnet-identity", source)).toMatchObject({ imported: 1, updated: 3, unchanged: 7 })
  })

  test.each<[string, () => unknown]>([
    ["of all tables", () => people],
    ["in a list of one", () => [people]],
    [
      "as phpMyAdmin writes it",
      () => [
        { type: "header", version: "5.2" },
        { type: "database", name: "app" },
        ...Object.entries(people).map(([name, data]) => ({ type: "table", name, database: "app", data })),
      ],
    ],
    [
      "in camel case, with names without prefix",
      () =>
        JSON.parse(
          JSON.stringify(people)
            .replaceAll('"AspNet', '"')
            .replaceAll(/"(\w)(\w*)":/g, (_, a: string, b: string) => `"${a.toLowerCase()}${b}":`),
        ) as unknown,
    ],
    [
      "with short names of tables, and without what is null",
      () => ({
        users: people["AspNetUsers"]?.map((user) =>
          Object.fromEntries(Object.entries(user).filter(([, value]) => value !== null)),
        ),
        tokens: people["AspNetUserTokens"],
        roles: people["AspNetRoles"],
        userRoles: people["AspNetUserRoles"],
        claims: people["AspNetUserClaims"],
        logins: people["AspNetUserLogins"],
        passkeys: people["AspNetUserPasskeys"],
      }),
    ],
    [
      "of users with what belongs to each",
      () =>
        people["AspNetUsers"]?.map((user) => ({
          ...user,
          Tokens: people["AspNetUserTokens"]?.filter(({ UserId }) => UserId === user["Id"]),
          Roles: people["AspNetUserRoles"]
            ?.filter(({ UserId }) => UserId === user["Id"])
            .map(({ RoleId }) => people["AspNetRoles"]?.find(({ Id }) => Id === RoleId)),
          Claims: people["AspNetUserClaims"]?.filter(({ UserId }) => UserId === user["Id"]),
          Logins: people["AspNetUserLogins"]?.filter(({ UserId }) => UserId === user["Id"]),
          UserPasskeys: people["AspNetUserPasskeys"]?.filter(({ UserId }) => UserId === user["Id"]),
        })),
    ],
  ])("in a JSON dump %s give the same", async (_how, make) => {
    const to = installation()
    expect(said(await to.report("aspnet-identity", file("dump.json", JSON.stringify(make()))))).toEqual(verdicts)
    expect(await to.show("leela@contoso.example")).toMatchObject({ lastName: "Turanga", recoveryCodes: { left: 2 } })
  })

  test("of an application that runs are read, and never written to", async () => {
    const path = identitySqlite(people)
    const running = new DatabaseSync(path)
    running.exec("begin immediate; update AspNetUsers set PhoneNumber = '1'")
    expect((await installation().report("aspnet-identity", path)).imported).toBe(10)
    running.exec("rollback")
    running.close()
  })

  test("with protected personal data are refused, and it is said why", async () => {
    const hidden = people["AspNetUsers"]?.map((user) => ({
      ...user,
      Email: "k1:Q2ZESjhabmhBd0E5",
      UserName: "k1:Q2ZESjhabmhBd0E5",
    }))
    const tables = { ...people, AspNetUsers: hidden ?? [] }
    for (const source of [identitySqlite(tables), file("dump.json", JSON.stringify(tables))]) {
      const to = installation()
      const { code, stdout, stderr } = await to.take("aspnet-identity", source)
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
      expect(stderr).toContain("ProtectPersonalData")
      expect((await to.run("users", "list")).stdout).toBe("")
    }
  })

  test("of the framework before Core, without tokens, are read as well", async () => {
    const old = people["AspNetUsers"]
      ?.slice(2, 5)
      .map(({ Id, Email, EmailConfirmed, PasswordHash, UserName, LockoutEnd }) => ({
        Id,
        Email,
        EmailConfirmed,
        PasswordHash,
        UserName,
        LockoutEndDateUtc: LockoutEnd ?? null,
        TwoFactorEnabled: false,
      }))
    const report = await installation().report("aspnet-identity", identitySqlite({ AspNetUsers: old ?? [] } as Tables))
    expect(said(report)).toEqual([
      ["harry@contoso.example", "imported"],
      ["gone@contoso.example", "imported", "disabled"],
      ["zoe@contoso.example", "imported", "address_unconfirmed", "no_password"],
    ])
  })

  test("with a lock that can't be read disable rather than let in", async () => {
    const [first] = people["AspNetUsers"] ?? []
    const report = await installation().report(
      "aspnet-identity",
      identitySqlite({ AspNetUsers: [{ ...first, LockoutEnd: "next Tuesday" }] }),
    )
    expect(said(report)).toEqual([
      ["LEELA@contoso.example", "imported", "disabled", "address_unconfirmed", "lockout_unreadable"],
    ])
  })

  test.each<[string, () => string, RegExp]>([
    ["no file", () => join(folder, "none.sqlite"), /there is no file/],
    ["a folder", () => folder, /is a folder/],
    ["an empty file", () => file("empty", ""), /empty/],
    ["some other file", () => file("notes.txt", "just words\n"), /line 1: that is no JSON/],
    ["some other JSON", () => file("x.json", '{\n "a": [1] }'), /neither a dump/],
    [
      "a torn SQLite file",
      () => file("torn.sqlite", readFileSync(identitySqlite(people)).subarray(0, 5_000)),
      /SQLite file can't be read/,
    ],
    ["an SQLite file without the tables", () => identitySqlite({ Products: [{ Id: "1" }] }), /no table AspNetUsers/],
    ["a table without addresses", () => identitySqlite({ AspNetUsers: [{ Id: "1" }] }), /no column Email/],
    [
      "a database that nobody answers for",
      () => "postgres://eve:sesame@127.0.0.1:1/app",
      /PostgreSQL database can't be read/,
    ],
    ["an address that is none", () => "postgres://eve:sesame@[", /PostgreSQL database can't be read/],
  ])("%s is refused", async (_what, make, words) => {
    const { code, stdout, stderr } = await installation().take("aspnet-identity", make())
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toMatch(/^error: /)
    expect(stderr).toMatch(words)
    expect(stderr).not.toContain("sesame")
  })
})

describe("an import", () => {
  test("done again changes nothing at all", async () => {
    const to = installation()
    const source = identitySqlite(people)
    await to.report("aspnet-identity", source)
    const before = contents(to.database)
    const again = await to.report("aspnet-identity", source)
    expect(again).toMatchObject({ imported: 0, updated: 0, unchanged: 10, skipped: 3 })
    expect(contents(to.database)).toBe(before)
  })

  test("as a rehearsal says the same as the real one, and changes nothing", async () => {
    const to = installation()
    const source = identitySqlite(people)
    await to.run("migrate")
    const before = contents(to.database)
    const rehearsed = await to.report("aspnet-identity", source, "--dry-run")
    expect(rehearsed.dryRun).toBe(true)
    expect(contents(to.database)).toBe(before)
    expect(said(await to.report("aspnet-identity", source))).toEqual(said(rehearsed))
  })

  test("takes over later what has changed at the source meanwhile", async () => {
    const to = installation()
    const source = identitySqlite(people)
    await to.report("aspnet-identity", source)
    const application = new DatabaseSync(source)
    application.exec(`update AspNetUsers set TwoFactorEnabled = 1 where Email = 'harry@contoso.example'`)
    application.close()
    expect(await to.report("aspnet-identity", source)).toMatchObject({ updated: 1, unchanged: 9 })
    expect(await to.show("harry@contoso.example")).toMatchObject({ factors: [{ state: "on" }] })
  })

  test("tells a person the sums and whom to look at, and the way there by tenths", async () => {
    const { code, stdout, stderr } = await installation().take("aspnet-identity", identitySqlite(people), "--dry-run")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^imported +10\nupdated +0\nunchanged +0\nskipped +3\n\nwhere +who +outcome +why\n/)
    expect(stdout).toMatch(/^id \S+ +broken@contoso\.example +skipped +the authenticator's key can't be read/m)
    expect(stderr).toBe("read 13 of 13 (100 %)\ndry run: nothing was changed\n")
    for (const secret of ["BCDFG", "GEZDG", "AQAAA"]) expect(stdout + stderr).not.toContain(secret)
  })

  test("of many alike tells a person of a few, and how many more there are", async () => {
    const lines = Array.from({ length: 130 }, (_, n) => `u${n}@x.example,x\nnobody${n},x\n`)
    const { stdout, stderr } = await installation().take("csv", file("many.csv", `email,hash\n${lines.join("")}`))
    expect(stdout.match(/password's hash can't be checked/g)).toHaveLength(11)
    expect(stdout).toMatch(/^and 120 more: the password's hash can't be checked here/m)
    expect(stdout.match(/ skipped +the address is none/g)).toHaveLength(100)
    expect(stdout).toMatch(/^and 30 more: the address is none/m)
    expect(stderr).toContain("--json")
    expect(stderr.match(/^read \d+ of 260 \(\d+ %\)$/gm)).toHaveLength(3)
  })

  test("needs to be told of what", async () => {
    const { code, stderr } = await command(["users", "import", "x.csv"])
    expect(code).toBe(2)
    expect(stderr).toContain("--from")
    expect((await command(["users", "import", "--from", "excel", "x"])).stderr).toContain("aspnet-identity, csv, json")
  })
})

describe("the plain form", () => {
  const uri = "otpauth://totp/Shop:mo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8&algorithm=SHA256"
  const bcrypt = "$2b$04$abcdefghijklmnopqrstuuHx3MuD7xv1tR5Ct7Kp0zqEwVwFe0dQa"
  const csv = [
    "\uFEFFemail,email_confirmed,hash,otpauth,recovery_codes,roles,first_name,last_name,external_id,disabled,locale",
    `ewa@x.example,true,${bcrypt},,,Manager;Deputy manager,Ewa,"Kowal, czyk",77,,pl`,
    "",
    `mo@x.example,yes,,${uri},00f1a2b3;4c5d6e7f,,"Mo`,
    `the second",,,1,`,
    ",,,,,,,,88,,",
    "nobody,,,,,,,,,,",
  ].join("\r\n")
  const objects = [
    {
      email: "ewa@x.example",
      email_confirmed: true,
      hash: bcrypt,
      roles: ["Manager", "Deputy manager"],
      first_name: "Ewa",
      last_name: "Kowal, czyk",
      external_id: 77,
      locale: "pl",
    },
    {
      email: "mo@x.example",
      emailConfirmed: true,
      otpauth: [uri],
      recoveryCodes: ["00f1a2b3", "4c5d6e7f"],
      firstName: "Mo\r\nthe second",
      disabled: true,
    },
    { external_id: "88" },
    { email: "nobody" },
  ]

  test.each<[string, string, () => string, string[]]>([
    ["CSV", "csv", () => csv, ["line 2", "line 4", "line 6", "line 7"]],
    ["a JSON list", "json", () => JSON.stringify(objects, undefined, 1), ["line 2", "line 15", "line 28", "line 31"]],
    [
      "JSON lines",
      "json",
      () => `${objects.map((one) => JSON.stringify(one)).join("\n")}\n`,
      ["line 1", "line 2", "line 3", "line 4"],
    ],
  ])("as %s", async (_what, from, content, places) => {
    const to = installation()
    const source = file("users", content())
    const report = await to.report(from, source)
    expect(said(report)).toEqual([
      ["ewa@x.example", "imported"],
      ["mo@x.example", "imported", "name_left_out", "disabled"],
      [null, "imported"],
      ["nobody", "skipped", "address_invalid"],
    ])
    expect(report.users.map(({ at }) => at)).toEqual(places)
    expect(await to.show("ewa@x.example")).toMatchObject({
      roles: ["Manager", "Deputy manager"],
      lastName: "Kowal, czyk",
      externalId: "77",
      locale: "pl",
      hasPassword: true,
    })
    expect(await to.show("mo@x.example")).toMatchObject({
      disabled: true,
      emailConfirmed: true,
      factors: [{ state: "on" }],
      recoveryCodes: { left: 2 },
    })
    expect(await to.report(from, source)).toMatchObject({ unchanged: 3, skipped: 1 })
  })

  test.each<[string, string, string | Buffer, RegExp]>([
    ["an empty file", "csv", "", /the file is empty/],
    ["a file without a head", "csv", "ewa@x.example,x\n", /line 1: a field has an unknown name/],
    ["a head without a key", "csv", "roles\nx\n", /line 1: .*email or external_id/],
    [
      "a column that is spelled wrong",
      "csv",
      "email,otpaut\na@x.example,\n",
      /line 1: "otpaut" is no field; did you mean otpauth\?/,
    ],
    ["a column twice", "csv", "email,Email\na,b\n", /line 1: email stands there twice/],
    [
      "columns parted by semicolons",
      "csv",
      "email;roles\na@x.example;b\n",
      /line 1: columns have to be parted by commas/,
    ],
    ["a line that is too long", "csv", "email\na@x.example\nb@x.example,c\n", /line 3: it has more or fewer columns/],
    ["a line that is too short", "csv", "email,roles\na@x.example\n", /line 2: it has more or fewer columns/],
    [
      "a quote without end",
      "csv",
      'email,roles\na@x.example,"b\nc\n',
      /line \d: a quoted text that began before has no end/,
    ],
    ["a stray quote", "csv", 'email,roles\na@x.example,b"c"\n', /line 2: a quote stands inside a text/],
    [
      "a flag that is none",
      "csv",
      "email,disabled\na@x.example,no\nb@x.example,maybe\n",
      /line 3: disabled has to be true or false/,
    ],
    [
      "bytes that are no UTF-8",
      "csv",
      Buffer.from("email\na@x.example\nb\xff@x.example\n", "latin1"),
      /line 3: that is no UTF-8/,
    ],
    ["a spreadsheet's UTF-16", "csv", Buffer.from("\uFEFFemail\na@x.example\n", "utf16le"), /line 1: that is no UTF-8/],
    [
      "a text without end",
      "csv",
      `email,roles\na@x.example,"${"x".repeat(1_200_000)}`,
      /line 2: a text that began before is too long/,
    ],
    ["words", "json", "hello", /line 1: that is no JSON/],
    ["a list that ends early", "json", '[{"email":"a@x.example"},\n', /the list has no end/],
    [
      "an object that ends early",
      "json",
      '{"email":"a@x.example"}\n{"email":\n',
      /line 2: the object that begins here has no end/,
    ],
    ["a list of something else", "json", '[\n"a@x.example"]', /line 2: an object was expected here/],
    ["objects with a comma too many", "json", '[{"email":"a@x.example"},]', /line 1: an object was expected here/],
    ["something behind the list", "json", '[]\n{"email":"a@x.example"}', /line 2: an object was expected here/],
    [
      "JSON that is broken inside",
      "json",
      '{"email":"a@x.example"}\n{"email" "b"}',
      /line 2: the object that begins here is no JSON/,
    ],
    [
      "a key that is spelled wrong",
      "json",
      '{"email":"a@x.example","hahs":"x"}',
      /line 1: "hahs" is no field; did you mean hash/,
    ],
    [
      "fields of the wrong kind",
      "json",
      '{"email":7,"roles":{},"otpauth":[1],"disabled":"?"}',
      /line 1: email has to be a text; roles .*; disabled .*; otpauth has/,
    ],
    ["an object without end", "json", `[{"email":"${"x".repeat(1_200_000)}`, /line 1: this object has more than/],
  ])("%s is refused with its line, and nothing is taken", async (_what, from, content, words) => {
    const to = installation()
    const { code, stdout, stderr } = await to.take(from, file("junk", content))
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toMatch(words)
    expect(stderr.length).toBeLessThan(400)
    expect((await to.run("users", "list")).stdout).toBe("")
  })

  test("several mistakes are told at once", async () => {
    const content = `email,disabled\n${Array.from({ length: 30 }, () => "a@x.example,?\n").join("")}`
    const { stderr } = await installation().take("csv", file("junk.csv", content))
    expect(stderr.match(/line \d+: disabled has to be true or false/g)).toHaveLength(10)
  })

  test("what a stranger wrote into a file does not reach the terminal", async () => {
    const { stdout, stderr } = await installation().take("csv", file("x.csv", 'email\n"\u001B[31meve"\n'))
    expect(stdout).toContain("�[31meve")
    expect(stdout + stderr).not.toContain("\u001B")
    const { stderr: refused } = await installation().take("csv", file("x.csv", 'email,"\u001B[31m"\n,\n'))
    expect(refused).not.toContain("\u001B")
  })
})
