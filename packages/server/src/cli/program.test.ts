import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createAuthenticator } from "../testing/authenticator.ts"
import { command } from "./command-for-tests.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-cli-"))
const database = ["--database-url", `sqlite:${join(folder, "countersign.sqlite")}`, "--password-hash-memory", "1024"]
const on = (...words: string[]) => command([...words, ...database])
const json = async <T = Record<string, unknown>>(...words: string[]): Promise<T> =>
  JSON.parse((await on(...words, "--json")).stdout) as T

afterAll(() => rmSync(folder, { recursive: true }))

describe("what is typed", () => {
  test.each([
    [["frobnicate"]],
    [["users", "create"]],
    [["users", "add-factor", "a@example.com"]],
    [["api-keys", "create"]],
  ])("%j is wrongly typed: 2, and the reason stands on standard error", async (words) => {
    const { code, stdout, stderr } = await command(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toMatch(/^error: /)
  })

  test("an unknown kind of factor is named with those there are", async () => {
    const { code, stderr } = await command(["users", "add-factor", "a@example.com", "--kind", "sms"])
    expect(code).toBe(2)
    expect(stderr).toContain("totp, email-code")
  })

  test("help and version are no mistakes", async () => {
    expect(await command(["--help"])).toMatchObject({ code: 0, stderr: "" })
    expect((await command(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test("every option of the configuration is a flag of serve", async () => {
    const { stdout } = await command(["serve", "--help"])
    for (const flag of ["--port", "--totp-max-devices", "--second-factor-from", "--trusted-proxies"])
      expect(stdout).toContain(`${flag} <value>`)
  })

  test("a wrong configuration is refused with every mistake", async () => {
    const { code, stderr } = await command(["users", "list", "--port", "lots", "--totp-window", "9"])
    expect(code).toBe(1)
    expect(stderr.match(/^error: /gm)).toHaveLength(2)
  })
})

describe("doctor", () => {
  test("finds nothing wrong where nothing is set", async () => {
    const { code, stdout } = await on("doctor")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok +configuration: development/)
  })

  test("says what to mend on a public host", async () => {
    const { code, stdout } = await on("doctor", "--host", "0.0.0.0")
    expect(code).toBe(1)
    expect(stdout).toMatch(/^error +COUNTERSIGN_KEYS: .*openssl rand -base64 32/m)
  })

  test("says that no mail server answers", async () => {
    const { code, stdout } = await on("doctor", "--smtp-url", "smtp://127.0.0.1:1")
    expect(code).toBe(1)
    expect(stdout).toMatch(/^error +mail: .*COUNTERSIGN_SMTP_URL/m)
  })

  test("makes no file", async () => {
    expect(() => statSync(join(folder, "countersign.sqlite"))).toThrow(/ENOENT/)
  })
})

test("keys new prints a key that the configuration takes", async () => {
  const { stdout } = await command(["keys", "new", "fresh"])
  expect(stdout).toMatch(/^fresh:[A-Za-z0-9+/]{43}=\n$/)
  expect(await on("migrate", "--dry-run", "--keys", stdout.trim())).toMatchObject({ code: 0 })
})

test("migrate says what it would do, does it, and then has nothing to do", async () => {
  expect((await on("migrate", "--dry-run")).stdout).toMatch(/^pending 0001-start$/m)
  expect((await on("migrate")).stdout).toMatch(/^applied 0001-start$/m)
  expect((await on("migrate")).stdout).toBe("up to date\n")
})

describe("users", () => {
  let id = ""
  let said = ""
  beforeAll(async () => {
    const words = [
      "users",
      "create",
      "--email",
      "Ann@Example.com",
      "--password-stdin",
      "--confirmed",
      "--role",
      "Admin",
    ]
    const made = await command([...words, ...database], "a long enough pass phrase\n")
    id = made.stdout.trim()
    said = made.stderr
  })

  test("create prints the id alone on standard output", () => {
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(said).toBe("made Ann@Example.com\n")
  })

  test("a user is found by address in any case, and by id", async () => {
    for (const who of ["ann@example.com", id])
      expect(await json("users", "show", who)).toMatchObject({ id, emailConfirmed: true, roles: ["Admin"] })
  })

  test("nothing that could be used to sign in is shown", async () => {
    expect(JSON.stringify(await json("users", "show", id))).not.toMatch(/passwordHash|securityStamp|argon2/)
  })

  test("a weak password is refused with the reason, and never repeated", async () => {
    const words = ["users", "create", "--email", "bob@example.com", "--password-stdin", ...database]
    const { code, stdout, stderr } = await command(words, "password1\n")
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toMatch(/the password is refused: /)
    expect(stderr).not.toContain("password1")
  })

  test("a taken address is refused", async () => {
    const { code, stderr } = await on("users", "create", "--email", "ANN@example.com")
    expect({ code, stderr }).toEqual({ code: 1, stderr: "error: another user has that address\n" })
  })

  test("somebody unknown is refused", async () => {
    const { code, stderr } = await on("users", "show", "nobody@example.com")
    expect({ code, stderr }).toEqual({ code: 1, stderr: "error: there is no user nobody@example.com\n" })
  })

  test("an app that is added shows its secret and the address for apps, once", async () => {
    const { code, stdout } = await on("users", "add-factor", "ann@example.com", "--kind", "totp")
    expect(code).toBe(0)
    const [, secret = ""] = /^secret ([A-Z2-7]{32})$/m.exec(stdout) ?? []
    const [uri = ""] = /otpauth:\S+/.exec(stdout) ?? []
    expect(createAuthenticator(() => 0).scan(uri).secret).toBe(secret)
    expect((await on("users", "show", id, "--json")).stdout).not.toContain(secret)
  })

  test("an app can be added with a secret that is there already", async () => {
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    const { stdout } = await on("users", "add-factor", id, "--kind", "totp", "--secret", secret, "--name", "Old phone")
    expect(stdout).toContain(secret)
    expect(await on("users", "add-factor", id, "--kind", "totp", "--secret", "0189")).toMatchObject({ code: 1 })
  })

  test("the mailed code is turned on at once", async () => {
    expect(await on("users", "add-factor", id, "--kind", "email-code")).toMatchObject({ code: 0 })
    const { factors } = await json<{ factors: { kind: string; state: string }[] }>("users", "show", id)
    expect(factors).toContainEqual(expect.objectContaining({ kind: "email-code", state: "on" }))
  })

  test("reset-factors takes all of them away", async () => {
    expect(await on("users", "reset-factors", id)).toMatchObject({ code: 0 })
    expect((await json<{ factors: unknown[] }>("users", "show", id)).factors).toEqual([])
  })

  test("roles are replaced, and a user is disabled and enabled", async () => {
    await on("users", "set-roles", id, "Editor", "Viewer")
    await on("users", "disable", id)
    expect(await json("users", "show", id)).toMatchObject({ roles: ["Editor", "Viewer"], disabled: true })
    await on("users", "enable", id)
    await on("users", "set-roles", id)
    expect(await json("users", "show", id)).toMatchObject({ roles: [], disabled: false })
  })

  test("list shows all, or those that are looked for", async () => {
    await on("users", "create", "--email", "eve@example.com", "--first-name", "Eve")
    expect((await on("users", "list")).stdout).toMatch(/ann@example\.com[^]*eve@example\.com/i)
    expect(await json("users", "list", "--search", "eve")).toHaveLength(1)
  })

  test("delete leaves nothing to show", async () => {
    expect(await on("users", "delete", "eve@example.com")).toMatchObject({ code: 0 })
    expect(await on("users", "show", "eve@example.com")).toMatchObject({ code: 1 })
  })
})

describe("api-keys", () => {
  test("create prints the key alone on standard output", async () => {
    const { code, stdout } = await on("api-keys", "create", "--service", "shop", "--scopes", "users:read,users:write")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^csk_[A-Za-z0-9_-]{43}\n$/)
  })

  test("a key belongs to a user or to a service, not to both", async () => {
    expect(await on("api-keys", "create", "--service", "shop", "--user", "ann@example.com")).toMatchObject({ code: 2 })
  })

  test("an unknown scope is refused", async () => {
    expect(await on("api-keys", "create", "--service", "shop", "--scopes", "everything")).toMatchObject({ code: 1 })
  })

  test("a key ends after the days that were said", async () => {
    await on("api-keys", "create", "--user", "ann@example.com", "--name", "script", "--expires-days", "2")
    const keys = await json<{ name: string; expiresAt: number }[]>("api-keys", "list", "--user", "ann@example.com")
    const hours = ((keys.find(({ name }) => name === "script")?.expiresAt ?? 0) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(47)
    expect(hours).toBeLessThan(49)
    for (const days of ["0", "-1", "1.5", "tomorrow"])
      expect(await on("api-keys", "create", "--service", "x", "--expires-days", days)).toMatchObject({ code: 2 })
  })

  test("revoke ends a key, and list shows no key itself", async () => {
    const { stdout } = await on("api-keys", "create", "--service", "gone", "--scopes", "users:read")
    const keys = await json<{ id: string; service: string | null }[]>("api-keys", "list")
    const id = keys.find(({ service }) => service === "gone")?.id ?? ""
    expect((await on("api-keys", "list", "--json")).stdout).not.toContain(stdout.trim())
    expect(await on("api-keys", "revoke", id)).toMatchObject({ code: 0 })
    expect(await on("api-keys", "revoke", "no-such-key")).toMatchObject({ code: 1 })
  })
})

describe("keys", () => {
  test("rotate re-seals what is sealed, and the progress stands on standard error", async () => {
    await on("users", "add-factor", "ann@example.com", "--kind", "totp")
    const { code, stdout, stderr } = await on("keys", "rotate")
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^re-sealed [1-9]\d*\n$/) })
    expect(stderr).toMatch(/re-sealing \[#+\] (\d+)\/\1/)
    expect((await on("keys", "list")).stdout).toMatch(/^ring: development /)
  })

  test("the wrong ring is refused in words", async () => {
    const other = (await command(["keys", "new"])).stdout.trim()
    const { code, stderr } = await on("users", "list", "--keys", other)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: the key ring lacks "development"/)
  })
})
