/** The conversions of docs/operate/import.md, run as they stand there on small exports of the other systems' forms. */
import { argon2Sync, pbkdf2Sync, scryptSync } from "node:crypto"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { codeOf, hasOathtool, startInstallation, type Installation } from "./imported-people.ts"

const page = readFileSync(fileURLToPath(new URL("../docs/operate/import.md", import.meta.url)), "utf8")
/** The program of the page that begins with its file's name. */
const programOf = (name: string): string => {
  const program = [...page.matchAll(/^```\w+\n([^]*?)^```$/gm)]
    .map(([, text = ""]) => text)
    .find((text) => text.slice(0, 40).includes(`${name}:`))
  if (program === undefined) throw new Error(`the page has no ${name}`)
  return program
}

const hasPython = spawnSync("python3", ["--version"]).status === 0
// oxlint-disable-next-line no-console -- a skipped test has to be heard
if (!hasPython) console.error("\npython3 is not installed: the tests of conversions are SKIPPED.\n")

const password = "Lantern-Quarry-19"
const bytes = (text: string): Buffer => Buffer.from(text)
const toBase32 = (key: Buffer): string =>
  (
    Array.from(key, (byte) => byte.toString(2).padStart(8, "0"))
      .join("")
      .match(/.{1,5}/g) ?? []
  )
    .map((bits) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(bits.padEnd(5, "0"), 2)])
    .join("")

let to: Installation
beforeAll(async () => {
  to = await startInstallation()
})
afterAll(() => to?.close())

/** Runs a program of the page on an export, and imports what it prints. */
const convert = async (
  program: string,
  [runtime, ...flags]: readonly [string, ...string[]],
  exported: string,
  into = "json",
) => {
  const script = to.file(program, programOf(program))
  const source = to.file(`export of ${program}`, exported)
  const printed = execFileSync(runtime, [...flags, script, source], {
    encoding: "utf8",
    env: { ...process.env, BETTER_AUTH_SECRET: "a secret of the app" },
  })
  const report = await to.take(into, to.file(`converted by ${program}`, printed))
  return report.users.map(({ email, outcome, reason, notes = [] }) => [email, outcome, ...(reason ? [reason] : notes)])
}
const expectIn = async (email: string, kind: string, answer: string): Promise<void> =>
  expect(await to.signIn(email, password, kind, answer)).toMatchObject({ status: 200, json: { status: "complete" } })

describe.skipIf(!hasOathtool || !hasPython)("users of", () => {
  test("Keycloak", async () => {
    const salt = bytes("sixteen bytes ok")
    const credential = (type: string, secret: unknown, data: unknown) => ({
      id: "x",
      type,
      createdDate: 1_700_000_000_000,
      secretData: JSON.stringify(secret),
      credentialData: JSON.stringify(data),
    })
    const argon2 = argon2Sync("argon2id", {
      message: bytes(password),
      nonce: salt,
      parallelism: 1,
      tagLength: 32,
      memory: 7168,
      passes: 5,
    })
    const one = { type: ["id"], version: ["1.3"], hashLength: ["32"], memory: ["7168"], parallelism: ["1"] }
    const byArgon2 = credential(
      "password",
      { value: argon2.toString("base64"), salt: salt.toString("base64"), additionalParameters: {} },
      { hashIterations: 5, algorithm: "argon2", additionalParameters: one },
    )
    const byPbkdf2 = (algorithm: string, digest: string) =>
      credential(
        "password",
        { value: pbkdf2Sync(password, salt, 1000, 64, digest).toString("base64"), salt: salt.toString("base64") },
        { hashIterations: 1000, algorithm, additionalParameters: {} },
      )
    const otp = (value: string, more: Record<string, unknown> = {}) =>
      credential(
        "otp",
        { value },
        { subType: "totp", digits: 6, counter: 0, period: 30, algorithm: "HmacSHA1", ...more },
      )
    const user = (name: string, credentials: unknown[], more: Record<string, unknown> = {}) => ({
      id: `kc-${name}`,
      username: name,
      email: `${name}@kc.example`,
      emailVerified: true,
      enabled: true,
      credentials,
      ...more,
    })
    const users = [
      user("ann", [byArgon2, otp("99fJbpUAcLsnWWpn1DnG")], {
        realmRoles: ["default-roles-shop", "seller"],
        firstName: "Ann",
        lastName: "Lee",
      }),
      user("ben", [
        byPbkdf2("pbkdf2-sha512", "sha512"),
        otp("99fJbpUAcLsnWWpn1DnH", { digits: 8, algorithm: "HmacSHA256", period: 60 }),
      ]),
      user("cid", [
        byPbkdf2("pbkdf2-sha256", "sha256"),
        otp("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", { secretEncoding: "BASE32" }),
      ]),
      user("dan", [byPbkdf2("pbkdf2", "sha1")]),
      user("eve", [byArgon2, otp("counted", { subType: "hotp" })]),
      user("fay", [], { enabled: false }),
    ]
    expect(await convert("keycloak.py", ["python3"], JSON.stringify({ realm: "shop", users }))).toEqual([
      ["ann@kc.example", "imported"],
      ["ben@kc.example", "imported"],
      ["cid@kc.example", "imported"],
      ["dan@kc.example", "imported"],
      ["eve@kc.example", "skipped", "key_unreadable"],
      ["fay@kc.example", "imported", "disabled"],
    ])
    await expectIn("ann@kc.example", "totp", codeOf(toBase32(bytes("99fJbpUAcLsnWWpn1DnG"))))
    await expectIn(
      "ben@kc.example",
      "totp",
      codeOf(toBase32(bytes("99fJbpUAcLsnWWpn1DnH")), 0, { digits: 8, digest: "sha256", period: 60 }),
    )
    await expectIn("cid@kc.example", "totp", codeOf("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))
    await expectIn("dan@kc.example", "", "")
  })

  test("Django", async () => {
    const hash = pbkdf2Sync(password, "saltsalt", 1000, 32, "sha256").toString("base64")
    const scrypt = scryptSync(password, "seasalt", 64, { N: 16384, r: 8, p: 1 }).toString("base64")
    const user = (pk: number, name: string, stored: string) => ({
      model: "auth.user",
      pk,
      fields: {
        password: stored,
        email: `${name}@dj.example`,
        username: name,
        first_name: name,
        last_name: "",
        is_active: pk !== 3,
        is_staff: false,
        groups: pk === 1 ? [5] : [],
        user_permissions: [],
        date_joined: "2024-01-01T00:00:00Z",
      },
    })
    const key = "3132333435363738393031323334353637383930"
    const dump = [
      { model: "auth.group", pk: 5, fields: { name: "Editors", permissions: [] } },
      user(1, "ann", `pbkdf2_sha256$1000$saltsalt$${hash}`),
      user(2, "ben", `scrypt$16384$seasalt$8$1$${scrypt}`),
      user(3, "cid", "!unusablexyz"),
      ...[1, 2].map((pk) => ({
        model: "account.emailaddress",
        pk,
        fields: { user: pk, email: `${pk === 1 ? "Ann" : "ben"}@dj.example`, verified: true, primary: true },
      })),
      {
        model: "otp_totp.totpdevice",
        pk: 1,
        fields: {
          user: 1,
          name: "phone",
          confirmed: true,
          key,
          step: 30,
          t0: 0,
          digits: 8,
          tolerance: 1,
          drift: 0,
          last_t: -1,
        },
      },
      {
        model: "otp_totp.totpdevice",
        pk: 2,
        fields: {
          user: 2,
          name: "old",
          confirmed: false,
          key: "00",
          step: 30,
          t0: 0,
          digits: 6,
          tolerance: 1,
          drift: 0,
          last_t: -1,
        },
      },
      { model: "otp_static.staticdevice", pk: 9, fields: { user: 1, name: "backup", confirmed: true } },
      { model: "otp_static.statictoken", pk: 1, fields: { device: 9, token: "qx2mznau" } },
      { model: "otp_static.statictoken", pk: 2, fields: { device: 9, token: "b4cd5efg" } },
    ]
    expect(await convert("django.py", ["python3"], JSON.stringify(dump))).toEqual([
      ["ann@dj.example", "imported"],
      ["ben@dj.example", "imported"],
      ["cid@dj.example", "imported", "disabled", "address_unconfirmed"],
    ])
    await expectIn("ann@dj.example", "totp", codeOf(toBase32(Buffer.from(key, "hex")), 0, { digits: 8 }))
    await expectIn("ann@dj.example", "recovery-code", "QX2MZNAU")
    await expectIn("ben@dj.example", "", "")
  })

  test("better-auth", async () => {
    // Stands for the library in the app's folder: its cipher is its own affair, the form of what comes out is not.
    const library = join(to.folder, "node_modules", "better-auth")
    mkdirSync(library, { recursive: true })
    to.file(
      "node_modules/better-auth/package.json",
      `{"name":"better-auth","type":"module","exports":{"./crypto":"./crypto.js"}}`,
    )
    to.file(
      "node_modules/better-auth/crypto.js",
      `export const symmetricDecrypt = async ({ key, data }) => {
        if (key !== "a secret of the app") throw new Error("another key")
        return Buffer.from(data, "hex").toString()
      }`,
    )
    const sealed = (text: string): string => Buffer.from(text).toString("hex")
    const salt = "00112233445566778899aabbccddeeff"
    const stored = `${salt}:${scryptSync(password, salt, 64, { N: 16384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 }).toString("hex")}`
    const secret = "aB3_dE6-gH9jK2mN5pQ8rS1tU4vW7xY0"
    const user = (id: string, twoFactorEnabled: boolean) => ({
      id,
      name: id,
      email: `${id}@ba.example`,
      emailVerified: true,
      image: null,
      createdAt: "2025-01-01",
      twoFactorEnabled,
      role: id === "ann" ? "admin,user" : null,
      banned: null,
    })
    const tables = {
      user: [user("ann", true), user("ben", false), user("cid", false)],
      account: ["ann", "ben"].map((userId) => ({
        id: userId,
        userId,
        providerId: "credential",
        accountId: userId,
        password: stored,
      })),
      twoFactor: [
        {
          id: "1",
          userId: "ann",
          secret: sealed(secret),
          backupCodes: sealed(`["aB3dE-f6Gh9","jK2mN-p5Qr8"]`),
          verified: true,
        },
        { id: "2", userId: "ben", secret: sealed(secret), backupCodes: sealed("[]"), verified: false },
      ],
    }
    expect(await convert("better-auth.mjs", [process.execPath], JSON.stringify(tables))).toEqual([
      ["ann@ba.example", "imported"],
      ["ben@ba.example", "imported"],
      ["cid@ba.example", "imported"],
    ])
    await expectIn("ann@ba.example", "totp", codeOf(toBase32(bytes(secret))))
    await expectIn("ann@ba.example", "recovery-code", "jK2mN-p5Qr8")
    await expectIn("ben@ba.example", "", "")
  })

  test("Clerk", async () => {
    const head =
      "id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,password_hasher"
    const bcrypt = "$2b$05$abcdefghijklmnopqrstuugiPjpH6JZLEpd/SeSNOg0qVyYj9yXH2"
    const rows = [
      `user_1,Ann,"Lee, jr.",,ann@cl.example,,ann@cl.example,,,,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,${bcrypt},bcrypt`,
      `user_2,Ben,,,ben@cl.example,,other@cl.example|ben@cl.example,,,,,${bcrypt},bcrypt`,
      "user_3,,,,cid@cl.example,,,cid@cl.example,,,,,",
    ]
    expect(await convert("clerk.py", ["python3"], [head, ...rows].join("\n"), "csv")).toEqual([
      ["ann@cl.example", "imported"],
      ["ben@cl.example", "imported"],
      ["cid@cl.example", "imported", "address_unconfirmed"],
    ])
    const ofBcrypt = "Kestrel-Mast-77!"
    const code = codeOf("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    expect(await to.signIn("ann@cl.example", ofBcrypt, "totp", code)).toMatchObject({ status: 200 })
    expect(await to.signIn("ben@cl.example", ofBcrypt, "", "")).toMatchObject({ status: 200 })
  })
})
