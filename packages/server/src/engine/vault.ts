/**
 * Secrets at rest. A ring of keys from the configuration wraps data keys that live in the database; the data keys
 * seal what is stored (AES-256-GCM) and hash what is only compared (HMAC-SHA-256).
 *
 * Sealed text is `v1.<data key>.<nonce>.<ciphertext and tag>`, all in base64url. Where it stands (table, row, user)
 * is associated data, so a ciphertext moved to another row or user does not open (RFC 6238 section 3, R5).
 */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto"
import { any, one, sql, type Database } from "../store/database.ts"
import { resealAll, type Progress } from "./resealing.ts"
import type { Bound } from "./sealed-places.ts"
import { newId } from "./tokens.ts"

export { bounds, type Bound } from "./sealed-places.ts"

/** A key of the ring: 32 bytes, and the name that it has in the configuration. */
export type RingKey = { readonly id: string; readonly key: Uint8Array }

export type VaultKey = {
  readonly id: string
  readonly purpose: "seal" | "hash"
  /** The key of the ring that wraps it. */
  readonly ringKeyId: string
  readonly createdAt: number
  /** Set once a newer key seals in its place; it still opens. */
  readonly retiredAt: number | null
}

export type Vault = {
  /** Seals text or bytes for one place. */
  seal(plain: Uint8Array | string, bound: Bound): Promise<string>
  /** Opens sealed text as UTF-8. Throws when it was altered, moved from its place, or its key is gone. */
  open(sealed: string, bound: Bound): Promise<string>
  openBytes(sealed: string, bound: Bound): Promise<Uint8Array>
  /** Keyed hash of a value for one purpose, `<data key>.<HMAC-SHA-256>`. For values that could be guessed. */
  hash(value: string, purpose: string): string
  /** The value's hashes under every known key, newest first: what an older hash may look like. */
  hashCandidates(value: string, purpose: string): string[]
  keys(): Promise<VaultKey[]>
  /**
   * Makes a new sealing key, wraps every data key with the ring's first key and re-seals all that is stored, at most
   * 100 rows a commit. Other nodes go on meanwhile. Afterwards older keys can be taken out of the ring.
   */
  rotate(progress?: (state: Progress) => void): Promise<{ resealed: number }>
}

type DataKey = VaultKey & { readonly key: Buffer }
type KeyRow = {
  id: string
  purpose: "seal" | "hash"
  ring_key_id: string
  wrapped: string
  created_at: number
  retired_at: number | null
}

const version = "v1"
const nonceBytes = 12
const tagBytes = 16
const keyBytes = 32
/** After this long a node looks whether another one has begun to seal with a newer key. */
const snapshotMilliseconds = 60_000

/**
 * Opens the vault: reads the data keys, and makes the first ones in an empty database.
 * @throws TypeError when the ring is empty or a key has not 32 bytes; Error when the ring lacks a key that is needed.
 */
export async function openVault(options: {
  database: Database
  ring: readonly RingKey[]
  random(bytes: number): Uint8Array
  now(): number
}): Promise<Vault> {
  const { database, ring } = options
  const random = (bytes: number): Uint8Array => options.random(bytes)
  const first = ring[0]
  if (first === undefined) throw new TypeError("the key ring is empty")
  for (const { id, key } of ring) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new TypeError("a key of the ring has no plain name")
    if (key.byteLength !== keyBytes) throw new TypeError(`key ${id} of the ring has not 32 bytes`)
  }

  let known = new Map<string, DataKey>()
  let sealing: DataKey | undefined
  let hashing: DataKey[] = []
  let readAt = 0

  const wrap = (id: string, purpose: string, key: Uint8Array): string =>
    encrypt(first.key, key, associated({ table: "vault_keys", row: id, user: purpose }), random)

  const unwrap = (row: KeyRow): Buffer => {
    const wrapping = ring.find(({ id }) => id === row.ring_key_id)
    if (wrapping === undefined)
      throw new Error(`the key ring lacks "${row.ring_key_id}", which a data key in this database is wrapped with`)
    const plain = decrypt(
      wrapping.key,
      row.wrapped,
      associated({ table: "vault_keys", row: row.id, user: row.purpose }),
    )
    if (plain === undefined)
      throw new Error(`"${row.ring_key_id}" of the key ring is not the key that this database was made with`)
    return plain
  }

  const readKeys = async (): Promise<void> => {
    const rows = await database.query<KeyRow>(sql`
      select id, purpose, ring_key_id, wrapped, created_at, retired_at from vault_keys order by created_at desc, id desc`)
    const keys = rows.map((row) => ({ ...publicKey(row), key: known.get(row.id)?.key ?? unwrap(row) }))
    known = new Map(keys.map((key) => [key.id, key]))
    sealing = keys.find(({ purpose, retiredAt }) => purpose === "seal" && retiredAt === null)
    hashing = keys.filter(({ purpose }) => purpose === "hash")
    readAt = options.now()
  }

  const newKey = (purpose: "seal" | "hash", id = newId(options)) => {
    const wrapped = wrap(id, purpose, random(keyBytes))
    return any(sql`
      insert into vault_keys (id, purpose, ring_key_id, wrapped, created_at, retired_at)
      values (${id}, ${purpose}, ${first.id}, ${wrapped}, ${options.now()}, ${null})`)
  }

  await readKeys()
  if (known.size === 0) {
    // The first keys have fixed names: of servers that start at once on an empty database, one makes them for all.
    await database.commit([newKey("seal", "seal-1"), newKey("hash", "hash-1")])
    await readKeys()
  }

  const sealingKey = async (): Promise<DataKey> => {
    if (options.now() - readAt > snapshotMilliseconds) await readKeys()
    if (sealing === undefined) throw new Error("no sealing key")
    return sealing
  }

  const openBytes = async (sealed: string, bound: Bound): Promise<Buffer> => {
    const [form, keyId = "", nonce, body, ...rest] = sealed.split(".")
    if (form !== version || nonce === undefined || body === undefined || rest.length > 0)
      throw new Error(`sealed data in ${bound.table} is malformed`)
    // Another node may have rotated: an unknown key is looked for once more.
    if (!known.has(keyId)) await readKeys()
    const key = known.get(keyId)
    if (key?.purpose !== "seal") throw new Error(`sealed data in ${bound.table} has an unknown key`)
    const plain = decrypt(key.key, `${nonce}.${body}`, associated(bound))
    if (plain === undefined) throw new Error(`sealed data in ${bound.table} was altered or moved`)
    return plain
  }

  const seal = async (plain: Uint8Array | string, bound: Bound): Promise<string> => {
    const key = await sealingKey()
    return `${version}.${key.id}.${encrypt(key.key, plain, associated(bound), random)}`
  }

  const hashWith = (key: DataKey, value: string, purpose: string): string =>
    `${key.id}.${createHmac("sha256", key.key)
      .update(JSON.stringify([purpose, value]))
      .digest("base64url")}`

  return {
    seal,
    openBytes,
    open: async (sealed, bound) => (await openBytes(sealed, bound)).toString("utf8"),
    hash(value, purpose) {
      const key = hashing[0]
      if (key === undefined) throw new Error("no hashing key")
      return hashWith(key, value, purpose)
    },
    hashCandidates: (value, purpose) => hashing.map((key) => hashWith(key, value, purpose)),
    async keys() {
      await readKeys()
      return [...known.values()].map(({ key: _key, ...rest }) => rest)
    },
    async rotate(progress) {
      await readKeys()
      const now = options.now()
      const rewrapped = [...known.values()]
        .filter(({ ringKeyId }) => ringKeyId !== first.id)
        .map(({ id, purpose, ringKeyId, key }) =>
          one(sql`update vault_keys set wrapped = ${wrap(id, purpose, key)}, ring_key_id = ${first.id}
                  where id = ${id} and ring_key_id = ${ringKeyId}`),
        )
      // Old sealing keys go on opening: a node that has not noticed yet may still seal with them for a minute.
      const retired = any(
        sql`update vault_keys set retired_at = ${now} where purpose = ${"seal"} and retired_at is null`,
      )
      const outcome = await database.commit([...rewrapped, retired, newKey("seal")])
      if (!outcome.committed) throw new Error("another rotation of the keys is under way")
      await readKeys()
      const current = await sealingKey()
      return resealAll({ database, currentKeyId: current.id, openBytes, seal, ...(progress && { progress }) })
    },
  }
}

const publicKey = (row: KeyRow): VaultKey => ({
  id: row.id,
  purpose: row.purpose,
  ringKeyId: row.ring_key_id,
  createdAt: row.created_at,
  retiredAt: row.retired_at,
})

/** JSON, since no choice of names can make two places read alike. */
const associated = ({ table, row, user }: Bound): Buffer => Buffer.from(JSON.stringify([version, table, row, user]))

function encrypt(
  key: Uint8Array,
  plain: Uint8Array | string,
  about: Buffer,
  random: (bytes: number) => Uint8Array,
): string {
  // 96 random bits: safe for 2^32 seals with one key (NIST SP 800-38D, 8.3).
  const nonce = random(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(about)
  const body = Buffer.concat([
    typeof plain === "string" ? cipher.update(plain, "utf8") : cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return `${Buffer.from(nonce).toString("base64url")}.${body.toString("base64url")}`
}

function decrypt(key: Uint8Array, sealed: string, about: Buffer): Buffer | undefined {
  const [nonce = Buffer.alloc(0), body = Buffer.alloc(0)] = sealed
    .split(".")
    .map((part) => Buffer.from(part, "base64url"))
  if (nonce.length !== nonceBytes || body.length < tagBytes) return undefined
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(about)
  decipher.setAuthTag(body.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()])
  } catch {
    return undefined
  }
}
