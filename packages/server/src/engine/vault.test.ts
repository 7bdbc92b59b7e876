import { randomBytes } from "node:crypto"
import { afterEach, beforeEach, expect, test } from "vitest"
import { any, sql, type Database } from "../store/database.ts"
import { migrate } from "../store/migrate.ts"
import { openSqlite } from "../store/sqlite.ts"
import { bounds, openVault, type Bound, type RingKey } from "./vault.ts"

const ringKey = (id: string): RingKey => ({ id, key: randomBytes(32) })
const first = ringKey("2029")
const second = ringKey("2030")
const place: Bound = { table: "factors", row: "row-1", user: "user-1" }

let database: Database
let time = 1_900_000_000_000
const open = (...ring: RingKey[]) =>
  openVault({ database, ring, random: (bytes) => randomBytes(bytes), now: () => time })

beforeEach(async () => {
  database = openSqlite(":memory:")
  await migrate(database)
})
afterEach(() => database.close())

test("what was sealed opens at its place, as text and as bytes", async () => {
  const vault = await open(first)
  expect(await vault.open(await vault.seal("grün 🔑", place), place)).toBe("grün 🔑")
  const bytes = randomBytes(20)
  expect(Buffer.from(await vault.openBytes(await vault.seal(bytes, place), place))).toEqual(bytes)
  expect(await vault.open(await vault.seal("", place), place)).toBe("")
})

test("sealing the same thing twice gives two texts, of the documented form, without the secret", async () => {
  const vault = await open(first)
  const [a, b] = [await vault.seal("JBSWY3DPEHPK3PXP", place), await vault.seal("JBSWY3DPEHPK3PXP", place)]
  expect(a).not.toBe(b)
  expect(a).toMatch(/^v1\.seal-1\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+$/)
  expect(a).not.toContain("JBSWY3DP")
  expect(a).not.toContain(Buffer.from("JBSWY3DP").toString("base64url").slice(0, 8))
})

test("an attacker who swaps sealed texts between rows, users or tables opens nothing", async () => {
  const vault = await open(first)
  const sealed = await vault.seal("secret", place)
  for (const moved of [
    { ...place, row: "row-2" },
    { ...place, user: "user-2" },
    { ...place, user: null },
    { ...place, table: "held" },
    { table: "factors", row: 'row-1","user-1', user: null },
  ])
    await expect(vault.open(sealed, moved)).rejects.toThrow("altered or moved")
})

test("a sealed text with any sign changed, cut or added to does not open", async () => {
  const vault = await open(first)
  const sealed = await vault.seal("secret", place)
  for (let at = 0; at < sealed.length - 1; at++) {
    const other = sealed[at] === "A" ? "B" : "A"
    await expect(vault.open(sealed.slice(0, at) + other + sealed.slice(at + 1), place)).rejects.toThrow("sealed data")
  }
  for (const bent of [
    "",
    "v1",
    "v1...",
    sealed.slice(0, -8),
    `${sealed}.x`,
    sealed.replace("v1.", "v2."),
    sealed.split(".").slice(0, 3).join("."),
  ])
    await expect(vault.open(bent, place)).rejects.toThrow("sealed data")
})

test("the database alone opens nothing: no data key stands in it in clear", async () => {
  const vault = await open(first)
  await vault.seal("secret", place)
  const rows = await database.query(sql`select * from vault_keys`)
  expect(rows).toHaveLength(2)
  await expect(open(ringKey("2029"))).rejects.toThrow("is not the key")
  await expect(open(second)).rejects.toThrow("lacks")
})

test("an empty ring and keys of another size are a programmer's mistake", async () => {
  await expect(open()).rejects.toThrow(TypeError)
  await expect(open({ id: "short", key: randomBytes(16) })).rejects.toThrow(TypeError)
  await expect(open({ id: "a.b", key: randomBytes(32) })).rejects.toThrow(TypeError)
})

test("a restarted server opens what was sealed before", async () => {
  const sealed = await (await open(first)).seal("secret", place)
  expect(await (await open(second, first)).open(sealed, place)).toBe("secret")
})

test("servers that start at once on an empty database hash alike and open each other's texts", async () => {
  const vaults = await Promise.all(Array.from({ length: 5 }, () => open(first)))
  expect(new Set(vaults.map((vault) => vault.hash("x", "test"))).size).toBe(1)
  for (const from of vaults) {
    const sealed = await from.seal("secret", place)
    for (const to of vaults) expect(await to.open(sealed, place)).toBe("secret")
  }
  expect(await database.query(sql`select id from vault_keys`)).toHaveLength(2)
})

test("a keyed hash depends on value and purpose, and older keys stay checkable", async () => {
  const vault = await open(first)
  expect(vault.hash("a", "code")).toBe(vault.hash("a", "code"))
  expect(vault.hash("a", "code")).not.toBe(vault.hash("b", "code"))
  expect(vault.hash("a", "code")).not.toBe(vault.hash("a", "identifier"))
  expect(vault.hash('","', "x")).not.toBe(vault.hash("", 'x","'))
  expect(vault.hashCandidates("a", "code")).toContain(vault.hash("a", "code"))
  const before = vault.hash("a", "code")
  await vault.rotate()
  expect(vault.hashCandidates("a", "code")).toContain(before)
})

const insertUser = () =>
  any(
    sql`insert into users (id, email, roles, security_stamp, revision, created_at) values ('u', null, '[]', 's', 1, 0)`,
  )
const factorId = (n: number) => `f${String(n).padStart(4, "0")}`
const insertFactor = (n: number, data: string) =>
  any(sql`
    insert into factors (id, user_id, kind, name, state, data, counter, created_at)
    values (${factorId(n)}, 'u', 'totp', 'x', 'on', ${data}, 0, 0)`)

async function fill(vault: Awaited<ReturnType<typeof open>>, factors: number) {
  await database.commit([insertUser()])
  for (let n = 0; n < factors; n++)
    await database.commit([insertFactor(n, await vault.seal(`secret ${n}`, bounds.factor(factorId(n), "u")))])
  for (const kind of ["email-code", "passkey"])
    await database.commit([
      any(sql`insert into held (owner_id, kind, serial, data, created_at, expires_at, sends)
              values ('c', ${kind}, 's', ${await vault.seal(kind, bounds.held("c", kind))}, 0, 0, 0)`),
    ])
  await database.commit([
    any(sql`insert into recovery_code_sets (id, user_id, copy, created_at)
            values ('set', 'u', ${await vault.seal("codes", bounds.recoveryCopy("set", "u"))}, 0)`),
    any(sql`insert into outbox (id, kind, body, created_at, next_at, attempts, claimed_until)
            values ('m1', 'notice', ${await vault.seal("mail", bounds.outbox("m1"))}, 0, 0, 0, 0)`),
    any(sql`insert into outbox (id, kind, body, created_at, next_at, attempts, claimed_until, sent_at)
            values ('m2', 'notice', '', 0, 0, 0, 0, 1)`),
    any(sql`insert into settings (name, value, changed_at)
            values ('sealed:x', ${await vault.seal("setting", bounds.setting("sealed:x"))}, 0)`),
    any(sql`insert into settings (name, value, changed_at) values ('plain', 'v1 is not sealed', 0)`),
  ])
}

test("a rotation re-seals every place under the ring's new first key, after which the old key can go", async () => {
  const before = await open(first)
  await fill(before, 250)
  const node = await open(second, first)
  const commits: number[] = []
  const watched: Database = {
    ...database,
    commit: (writes) => {
      commits.push(writes.length)
      return database.commit(writes)
    },
  }
  const rotating = await openVault({ database: watched, ring: [second, first], random: randomBytes, now: () => ++time })
  const steps: number[] = []
  const { resealed } = await rotating.rotate(({ done, total }) => {
    expect(total).toBe(255)
    steps.push(done)
  })
  expect(resealed).toBe(255)
  expect(Math.max(...commits)).toBeLessThanOrEqual(100)
  expect(steps.at(0)).toBe(0)
  expect(steps.at(-1)).toBe(255)

  const after = await open(second)
  const rows = await database.query<{ id: string; data: string }>(sql`select id, data from factors order by id`)
  for (const [n, { id, data }] of rows.entries()) {
    expect(await after.open(data, bounds.factor(id, "u"))).toBe(`secret ${n}`)
    // A node that ran through it finds the new key by itself.
    expect(await node.open(data, bounds.factor(id, "u"))).toBe(`secret ${n}`)
  }
  const keys = await after.keys()
  expect(keys.every(({ ringKeyId }) => ringKeyId === second.id)).toBe(true)
  const sealing = keys.filter(({ purpose, retiredAt }) => purpose === "seal" && retiredAt === null)
  expect(sealing).toHaveLength(1)
  const everything = JSON.stringify(
    await database.query(sql`select data from factors union all select data from held
    union all select copy from recovery_code_sets union all select body from outbox union all select value from settings`),
  )
  const retired = keys.filter(({ retiredAt }) => retiredAt !== null)
  expect(retired).toHaveLength(1)
  for (const { id } of retired) expect(everything).not.toContain(id)
  expect(await database.query(sql`select value from settings where name = 'plain'`)).toEqual([
    { value: "v1 is not sealed" },
  ])
})

test("a node that goes on with the old key while another rotates loses nothing, and changes over by itself", async () => {
  const node = await open(first, second)
  await fill(node, 5)
  await (await open(second, first)).rotate()
  const late = await node.seal("sealed late", place)
  expect(await (await open(second)).open(late, place)).toBe("sealed late")
  time += 61_000
  const [, keyId] = (await node.seal("sealed later", place)).split(".")
  const current = (await node.keys()).find(({ purpose, retiredAt }) => purpose === "seal" && retiredAt === null)
  expect(keyId).toBe(current?.id)
})

test("a row that changes while it is re-sealed keeps the change", async () => {
  const vault = await open(first)
  await fill(vault, 1)
  const bound = bounds.factor(factorId(0), "u")
  let changed = false
  const racing: Database = {
    ...database,
    async commit(writes) {
      if (!changed && writes.length === 1 && writes[0]?.statement.template.join("").includes("update factors")) {
        changed = true
        const fresh = await vault.seal("changed meanwhile", bound)
        await database.commit([any(sql`update factors set data = ${fresh} where id = ${factorId(0)}`)])
      }
      return database.commit(writes)
    },
  }
  const rotating = await openVault({ database: racing, ring: [first], random: randomBytes, now: () => time })
  await rotating.rotate()
  expect(changed).toBe(true)
  const [row] = await database.query<{ data: string }>(sql`select data from factors`)
  expect(await vault.open(row?.data ?? "", bound)).toBe("changed meanwhile")
})

test("the list of keys shows no key", async () => {
  const vault = await open(first)
  for (const key of await vault.keys())
    expect(Object.keys(key).toSorted()).toEqual(["createdAt", "id", "purpose", "retiredAt", "ringKeyId"])
})
