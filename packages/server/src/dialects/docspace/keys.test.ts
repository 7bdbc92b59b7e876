import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import type { TestUser } from "../../testing/testing.ts"
import { api, type Envelope, type Portal, setupPath, startPortal } from "./portal-for-tests.ts"

type Key = {
  id: string
  name: string
  key?: string
  keyPostfix: string
  permissions: string[]
  expiresAt?: string
  isActive: boolean
}

let portal: Portal
let user: TestUser
let person: TestClient
beforeEach(async () => {
  portal = await startPortal()
  user = await portal.createUser()
  person = portal.client({ bearer: (await portal.signIn(user)).json.response?.token })
})
afterEach(() => portal.close())
const path = `${api}/keys`
const create = (body: object, by = person) => by.post<Envelope<Key>>(path, body)

describe("making a key", () => {
  test("shows it whole this once, and it works as a bearer until it expires", async () => {
    const { status, json, headers } = await create({ name: "Robot", expiresInDays: 7, permissions: ["*:write"] })
    expect([status, json.status, json.statusCode, headers.get("cache-control")]).toEqual([200, 0, 200, "no-store"])
    const { key = "", ...record } = json.response ?? ({} as Key)
    expect(record).toEqual({
      id: expect.any(String),
      name: "Robot",
      keyPostfix: key.slice(-4),
      permissions: ["*:write"],
      createOn: new Date(portal.clock.now()).toISOString(),
      createBy: user.id,
      lastUsed: null,
      expiresAt: new Date(portal.clock.now() + 7 * 86_400_000).toISOString(),
      isActive: true,
    })
    const script = portal.client({ bearer: key })
    expect((await script.get(setupPath)).status).toBe(200)
    const listed = await person.get<Envelope<Key[]>>(path)
    expect(listed.json).toMatchObject({ count: 1, response: [{ id: record.id }] })
    expect(listed.text).not.toContain(key)
    portal.clock.advance(7 * 86_400)
    expect((await script.get(setupPath)).status).toBe(401)
    expect((await person.get<Envelope<Key[]>>(path)).json.response).toMatchObject([{ isActive: false }])
  })

  test("without permissions it may do everything", async () => {
    expect((await create({ name: "All" })).json.response).toMatchObject({ permissions: ["*"], isActive: true })
    expect((await create({ name: "All" })).json.response).not.toHaveProperty("expiresAt")
  })

  test.each([
    [{}, "name"],
    [{ name: " " }, "name"],
    [{ name: "x".repeat(31) }, "name"],
    [{ name: "x", permissions: ["*:read", "root"] }, "permissions"],
    [{ name: "x", permissions: "*" }, "permissions"],
    [{ name: "x", expiresInDays: 0 }, "expiresInDays"],
    [{ name: "x", expiresInDays: 366 }, "expiresInDays"],
    [{ name: "x", expiresInDays: 1.5 }, "expiresInDays"],
    [{ name: "x", expiresInDays: "7" }, "expiresInDays"],
  ])("%j is refused by name: %s", async (body, name) => {
    const { status, json } = await person.post<Envelope<{ errors: object }>>(path, body)
    expect([status, Object.keys(json.response?.errors ?? {})]).toEqual([400, [name]])
  })

  test("is for a fresh session: not for a key, nor for a session of an hour ago", async () => {
    for (const scopes of [undefined, ["*"], ["*:write"]])
      expect((await create({ name: "x" }, await portal.script(user, scopes))).status).toBe(403)
    expect((await create({ name: "x" }, portal.client())).status).toBe(401)
    portal.clock.advance(3600)
    expect((await create({ name: "x" })).status).toBe(403)
  })

  test("five in a quarter of an hour are enough", async () => {
    for (let count = 0; count < 5; count++) expect((await create({ name: `k${count}` })).status).toBe(200)
    const { status, headers } = await create({ name: "k6" })
    expect([status, headers.get("retry-after")]).toEqual([429, "900"])
  })
})

describe("keys that are there", () => {
  test("the key that asks is told of itself, and a session of none", async () => {
    const script = await portal.script(user, ["*:read"])
    expect((await script.get<Envelope<Key>>(`${path}/@self`)).json.response).toMatchObject({
      name: "script",
      permissions: ["*:read"],
    })
    expect((await person.get(`${path}/@self`)).status).toBe(404)
    expect((await person.get<Envelope<string[]>>(`${path}/permissions`)).json).toMatchObject({
      count: 10,
      response: expect.arrayContaining(["*:read", "*:write", "accounts.self:write"]) as string[],
    })
  })

  test("get another name and other permissions, and end", async () => {
    const made = (await create({ name: "Robot" })).json.response
    const one = `${path}/${made?.id ?? ""}`
    expect((await person.put<Envelope>(one, { name: "Clerk", permissions: ["*:read"] })).json.response).toBe(true)
    expect((await person.get<Envelope<Key[]>>(path)).json.response).toMatchObject([
      { name: "Clerk", permissions: ["*:read"] },
    ])
    expect((await person.put(one, { permissions: ["root"] })).status).toBe(400)
    expect((await person.put(one, { isActive: false })).status).toBe(400)
    const script = portal.client({ bearer: made?.key })
    expect((await script.get(setupPath)).status).toBe(403)
    expect((await script.put(one, { permissions: [] })).status).toBe(403)
    expect((await person.delete<Envelope>(one)).json.response).toBe(true)
    expect((await script.get(path)).status).toBe(401)
    expect((await person.delete(one)).status).toBe(404)
  })

  test("another user's do not exist", async () => {
    const made = (await create({ name: "Robot" })).json.response
    const stranger = await portal.createUser()
    const other = portal.client({ bearer: (await portal.signIn(stranger)).json.response?.token })
    for (const id of [made?.id ?? "", "nothing", "01890000-0000-7000-8000-00000000000a"]) {
      expect((await other.delete(`${path}/${id}`)).status).toBe(404)
      expect((await other.put(`${path}/${id}`, { name: "Mine" })).status).toBe(404)
    }
    expect((await other.get<Envelope>(path)).json.count).toBe(0)
    expect((await person.get<Envelope>(path)).json.count).toBe(1)
  })
})
