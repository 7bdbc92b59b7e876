/** A user's own API keys. */
import type { ApiKey } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import { type Person, personOf, settledPersonOf } from "./caller.ts"
import { complaint, readFields, ValidationFailed } from "./fields.ts"
import type { Operation, Visit } from "./operation.ts"

const permissions: readonly string[] = [
  "*:read",
  "*:write",
  "accounts.self:read",
  "accounts.self:write",
  "accounts:read",
  "accounts:write",
  "rooms:read",
  "rooms:write",
  "files:read",
  "files:write",
]
const everything = "*"

const longestName = 30
const longestLifeDays = 365
const dayMilliseconds = 86_400_000

/** Each new key mails its owner. */
const mostNewKeys = 5
const newKeysMilliseconds = 15 * 60_000

const viewOf = (visit: Visit, key: ApiKey, userId: string) => ({
  id: key.id,
  name: key.name,
  keyPostfix: key.postfix,
  permissions: key.scopes.length > 0 ? key.scopes : [everything],
  createOn: new Date(key.createdAt).toISOString(),
  createBy: userId,
  lastUsed: key.lastUsedAt === null ? null : new Date(key.lastUsedAt).toISOString(),
  ...(key.expiresAt !== null && { expiresAt: new Date(key.expiresAt).toISOString() }),
  isActive: key.expiresAt === null || key.expiresAt > visit.settings.now(),
})

const readName = (name: string | undefined): string => {
  if (name === undefined || name.trim() === "") throw complaint("name", "is required")
  if (name.trim().length > longestName) throw complaint("name", `has to be at most ${longestName} characters long`)
  return name
}

const readPermissions = (names: readonly string[]): readonly string[] => {
  if (names.every((name) => name === everything || permissions.includes(name))) return names
  throw new ValidationFailed({ permissions: ["Permissions are not valid."] })
}

const readDays = (days: unknown): number | undefined => {
  if (days === undefined) return undefined
  if (typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= longestLifeDays) return days
  throw complaint("expiresInDays", `has to be a whole number from 1 to ${longestLifeDays}`)
}

/** `POST keys`: the only answer that has the whole key. */
const create: Operation = {
  method: "POST",
  path: "/keys",
  async handle(visit) {
    const { engine, call, settings } = visit
    const person = await settledPersonOf(visit)
    const fields = readFields(await call.json())
    const name = readName(fields.text("name"))
    const scopes = readPermissions(fields.texts("permissions"))
    const days = readDays(fields.value("expiresInDays"))
    const now = settings.now()
    refuseTooMany(await engine.apiKeys.list(person), now)
    const expiresAt = days === undefined ? undefined : now + days * dayMilliseconds
    const { key, record } = await engine.apiKeys.create(person, { name, scopes, expiresAt })
    return { response: { ...viewOf(visit, record, person.actor.user.id), key } }
  },
}

const refuseTooMany = (keys: readonly ApiKey[], now: number): void => {
  const recent = keys.map(({ createdAt }) => createdAt).filter((at) => now - at < newKeysMilliseconds)
  if (recent.length < mostNewKeys) return
  const oldest = recent.toSorted((a, b) => a - b).at(-mostNewKeys) ?? now
  throw new CountersignError("too_many_requests", {
    retryAfter: Math.ceil((oldest + newKeysMilliseconds - now) / 1000),
  })
}

const list: Operation = {
  method: "GET",
  path: "/keys",
  async handle(visit) {
    const person = await personOf(visit)
    const keys = await visit.engine.apiKeys.list(person)
    return { response: keys.map((key) => viewOf(visit, key, person.actor.user.id)) }
  },
}

/** `GET keys/@self`: the key that asks. */
const readOwn: Operation = {
  method: "GET",
  path: "/keys/@self",
  async handle(visit) {
    const { actor } = await personOf(visit)
    if (actor.type !== "user-key") throw new CountersignError("not_found")
    return { response: viewOf(visit, actor.key, actor.user.id) }
  },
}

const readPermissionNames: Operation = {
  method: "GET",
  path: "/keys/permissions",
  async handle(visit) {
    await personOf(visit)
    return { response: permissions }
  },
}

const update: Operation = {
  method: "PUT",
  path: "/keys/:id",
  async handle(visit) {
    const { engine, call } = visit
    const person = await settledPersonOf(visit)
    const fields = readFields(await call.json())
    const name = fields.text("name")
    const scopes = fields.value("permissions") === undefined ? undefined : fields.texts("permissions")
    // A key that was put to sleep could be woken up by whoever finds it listed: here keys end for good.
    if (fields.value("isActive") === false) throw complaint("isActive", "can't be false: delete the key")
    const id = idOf(visit)
    await engine.apiKeys.update(person, {
      id,
      name: name === undefined ? undefined : readName(name),
      scopes: scopes && readPermissions(scopes),
    })
    return { response: true }
  },
}

const remove: Operation = {
  method: "DELETE",
  path: "/keys/:id",
  async handle(visit) {
    const person: Person = await personOf(visit)
    await visit.engine.apiKeys.revoke(person, { id: idOf(visit) })
    return { response: true }
  },
}

const idOf = ({ call }: Visit): string => call.params["id"] ?? ""

export const keyOperations: readonly Operation[] = [create, list, readOwn, readPermissionNames, update, remove]
