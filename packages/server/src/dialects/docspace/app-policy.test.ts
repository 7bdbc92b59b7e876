import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import type { TestUser } from "../../testing/testing.ts"
import { api, type Envelope, type Portal, setupPath, startPortal, validatePath } from "./portal-for-tests.ts"

type Settings = { id: string; title: string; enabled: boolean; available: boolean; trustedIps?: string[] }

let portal: Portal
let admin: TestUser
let user: TestUser
const begin = async (options: Parameters<typeof startPortal>[0] = {}) => {
  await portal?.close()
  portal = await startPortal(options)
  admin = await portal.createUser({ roles: ["Administrator"] })
  user = await portal.createUser()
}
beforeEach(() => begin())
afterEach(() => portal.close())
const path = `${api}/settings/tfaapp`
const session = async (of: TestUser) => portal.client({ bearer: (await portal.signIn(of)).json.response?.token })
const read = async (by: TestClient) => (await by.get<Envelope<Settings[]>>(path)).json.response
const turn = (by: TestClient, body: object) => by.put<Envelope<boolean>>(path, body)
const from = (address: string) => ({ address })

describe("what everybody may read", () => {
  test("that an app is available, and whether it is demanded", async () => {
    const script = await portal.script(user)
    const off = [{ id: "app", title: "By authenticator app", enabled: false, available: true }]
    expect(await read(script)).toEqual(off)
    expect((await portal.client().get(path)).status).toBe(401)
    await turn(await portal.script(admin), { type: "App", trustedIps: ["10.0.0.0/8"], mandatoryUsers: [user.id] })
    expect(await read(script)).toEqual([
      { ...off[0], enabled: true, trustedIps: ["10.0.0.0/8"], mandatoryUsers: [user.id] },
    ])
  })

  test("nothing of an app where none can be set up", async () => {
    await begin({ factors: ["email-code"] })
    expect(await read(await portal.script(user))).toMatchObject([{ available: false }])
    expect((await turn(await portal.script(admin), { type: "App" })).status).toBe(403)
    expect((await (await portal.script(user)).get(setupPath)).status).toBe(403)
  })
})

describe("switching it", () => {
  test.each(["App", "app", "APP", 2, "2"])("%j switches on", async (type) => {
    const by = await portal.script(admin)
    expect((await turn(by, { type })).json).toMatchObject({ response: true, count: 1, status: 0, statusCode: 200 })
    expect(await read(by)).toMatchObject([{ enabled: true }])
  })

  test.each(["None", 0, undefined, null, "Else", {}])("%j switches off", async (type) => {
    const by = await portal.script(admin)
    await turn(by, { type: "App" })
    expect((await turn(by, { type })).json.response).toBe(false)
    expect(await read(by)).toMatchObject([{ enabled: false }])
  })

  test.each(["Sms", 1, "1"])("%j is not to be had", async (type) => {
    const { status, json } = await turn(await portal.script(admin), { type })
    expect([status, json.error]).toEqual([403, { message: "SMS settings are not available" }])
  })

  test("only administrators and owners do it", async () => {
    for (const by of [await portal.script(user), await session(user), await portal.script(admin, ["*:read"])])
      for (const body of [{ type: "App" }, { type: "None" }]) expect((await turn(by, body)).status).toBe(403)
    expect((await turn(portal.client(), { type: "App" })).status).toBe(401)
    expect(await read(await portal.script(user))).toMatchObject([{ enabled: false }])
    for (const roles of [["Owner"], ["admin"]]) {
      const by = await session(await portal.createUser({ roles }))
      expect((await turn(by, { type: "App" })).status).toBe(200)
      expect((await turn(by, { type: "None" })).status).toBe(200)
    }
  })

  test("an administrator who has an app has to have passed with it, or to hold a key that says so", async () => {
    const script = await portal.script(admin)
    const app = await portal.link(script)
    expect((await turn(script, { type: "App" })).status).toBe(403)
    expect((await turn(await portal.script(admin, ["accounts.self:write"]), { type: "App" })).status).toBe(200)
    const { json } = await portal.signInWithCode(admin, app.code())
    expect((await turn(portal.client({ bearer: json.response?.token }), { type: "None" })).status).toBe(200)
  })

  test("nobody but the owner decides about the owner", async () => {
    const owner = await portal.createUser({ roles: ["owner"] })
    const by = await session(admin)
    expect((await turn(by, { type: "App", mandatoryUsers: [owner.id] })).status).toBe(403)
    expect((await turn(by, { type: "App", id: owner.id })).status).toBe(403)
    expect((await turn(by, { type: "App", id: admin.id, mandatoryUsers: [owner.id] })).status).toBe(200)
    expect((await turn(await portal.script(owner), { type: "App", mandatoryUsers: [owner.id] })).status).toBe(403)
    const himself = { type: "App", id: owner.id, mandatoryUsers: [owner.id] }
    expect((await turn(await portal.script(owner), himself)).status).toBe(200)
  })

  test.each([
    [{ trustedIps: ["nonsense"] }, "trustedIps"],
    [{ trustedIps: "10.0.0.1" }, "trustedIps"],
    [{ trustedIps: [5] }, "trustedIps"],
    [{ mandatoryUsers: ["x"] }, "mandatoryUsers"],
    [{ mandatoryGroups: [{}] }, "mandatoryGroups"],
    [{ id: "me" }, "id"],
    [{ trustedIps: Array.from({ length: 101 }, (_, n) => `10.0.0.${n}`) }, "trustedIps"],
  ])("%j is refused by name, and nothing changes", async (body, name) => {
    const by = await portal.script(admin)
    const { status, json } = await by.put<Envelope<{ errors: object }>>(path, { type: "App", ...body })
    expect([status, Object.keys(json.response?.errors ?? {})]).toEqual([400, [name]])
    expect(await read(by)).toMatchObject([{ enabled: false }])
  })

  test("ends the sessions of one factor, but the administrator's own, and no key", async () => {
    const person = await session(user)
    const script = await portal.script(user)
    const by = await session(admin)
    await turn(by, { type: "App" })
    expect((await person.get(path)).status).toBe(401)
    expect((await script.get(path)).status).toBe(200)
    expect((await by.get(path)).status).toBe(200)
    // It can be switched off again, but nothing that lasts can be made before an app is set up.
    expect((await by.post(`${api}/keys`, { name: "late" })).status).toBe(403)
    expect((await turn(by, { type: "None" })).status).toBe(200)
  })

  test("what the configuration demands stays demanded", async () => {
    await begin({ secondFactor: "required" })
    const by = await portal.script(admin)
    expect(await read(by)).toMatchObject([{ enabled: true }])
    await turn(by, { type: "App", trustedIps: ["0.0.0.0/0"] })
    expect((await portal.signIn(user)).json.response).toMatchObject({ tfa: true })
    expect((await turn(by, { type: "None" })).json.response).toBe(true)
    expect((await portal.signIn(user)).json.response).toMatchObject({ tfa: true })
  })
})

describe("who has to pass", () => {
  test("everybody, at this door and at the others", async () => {
    await turn(await portal.script(admin), { type: "App" })
    expect((await portal.signIn(user)).json.response).toMatchObject({ tfa: true, tfaKey: expect.any(String) })
    const { json } = await portal.client().post("/v1/sign-in", { email: user.email, password: user.password })
    expect(json["status"]).toBe("enrolment")
  })

  test("nobody from a trusted address, but who is named; with and without an app", async () => {
    const by = await portal.script(admin)
    const named = await portal.createUser()
    const linked = await portal.createUser()
    const app = await portal.link(await portal.script(linked))
    await turn(by, { type: "App", trustedIps: ["10.0.0.0/24", "192.0.2.1-192.0.2.9"], mandatoryUsers: [named.id] })
    for (const address of ["10.0.0.77", "192.0.2.9"]) {
      expect((await portal.signIn(user, {}, from(address))).json.response).toHaveProperty("token")
      expect((await portal.signIn(linked, {}, from(address))).json.response).toHaveProperty("token")
      expect((await portal.signIn(named, {}, from(address))).json.response).toMatchObject({ tfa: true })
    }
    for (const address of ["10.0.1.77", "192.0.2.10", "2001:db8::1"])
      expect((await portal.signIn(linked, {}, from(address))).json.response).toMatchObject({ tfa: true })
    // A code that is given all the same is held against the app.
    expect((await portal.signInWithCode(linked, "000000", from("10.0.0.77"))).status).toBe(401)
    expect((await portal.signInWithCode(linked, app.code(), from("10.0.0.77"))).status).toBe(200)
  })

  test("a session that was let off because of its address takes no app away", async () => {
    const script = await portal.script(user)
    await portal.link(script)
    await turn(await portal.script(admin), { type: "App", trustedIps: ["10.0.0.1"] })
    const { json } = await portal.signIn(user, {}, from("10.0.0.1"))
    const person = portal.client({ bearer: json.response?.token })
    expect((await person.put(`${api}/settings/tfaappnewapp`, {})).status).toBe(403)
    expect((await person.put(`${api}/settings/tfaappnewcodes`)).status).toBe(403)
    expect((await script.get(setupPath)).status).toBe(403)
  })

  test("while a group is named everybody, since nobody here knows who is in it", async () => {
    const group = "01890000-0000-7000-8000-0000000000aa"
    await turn(await portal.script(admin), { type: "App", trustedIps: ["10.0.0.1"], mandatoryGroups: [group] })
    expect((await portal.signIn(user, {}, from("10.0.0.1"))).json.response).toMatchObject({ tfa: true })
    expect(await read(await portal.script(user))).toMatchObject([{ mandatoryGroups: [group] }])
  })

  test("an app can be replaced while it is demanded, and is owed again", async () => {
    const app = await portal.link(await portal.script(user))
    await turn(await portal.script(admin), { type: "App" })
    const { json } = await portal.signInWithCode(user, app.code())
    const person = portal.client({ bearer: json.response?.token })
    expect((await person.put(`${api}/settings/tfaappnewapp`, {})).status).toBe(200)
    const again = (await portal.signIn(user)).json.response
    expect(again?.tfaKey).toEqual(expect.any(String))
    expect(again?.tfaKey).not.toBe(app.secret)
  })
})

describe("the caller's own link", () => {
  const link = (by: TestClient) =>
    by.get<Envelope<{ url: string; cookieName: string; cookieValue: string }>>(`${path}/confirm`)

  test("is there only while something is demanded", async () => {
    const by = await session(admin)
    expect((await link(by)).json).toMatchObject({ response: null, count: 0 })
    expect((await link(portal.client())).status).toBe(401)
    await turn(by, { type: "App" })
    const { json, headers } = await link(by)
    expect(json.response).toEqual({
      url: `${portal.url}/account/enrol/app?type=TfaActivation&uid=${admin.id}`,
      cookieName: "asc_confirm_key_TfaActivation",
      cookieValue: expect.stringMatching(/^csc_/),
    })
    const cookieValue = json.response?.cookieValue ?? ""
    expect(headers.getSetCookie().join()).toContain(`asc_confirm_key_TfaActivation=${cookieValue}; Path=/; HttpOnly`)
    expect(json.response?.url).not.toContain(cookieValue)
  })

  test("sets an app up and signs in with it", async () => {
    const by = await session(admin)
    await turn(by, { type: "App" })
    const { json } = await link(by)
    const confirm = `type=TfaActivation&uid=${admin.id}&key=${json.response?.cookieValue ?? ""}`
    const page = portal.client()
    const shown = await page.get<Envelope<{ manualEntryKey: string }>>(setupPath, { confirm })
    const app = portal.authenticator.scan(`otpauth://totp/x?secret=${shown.json.response?.manualEntryKey ?? ""}`)
    expect((await page.post(validatePath, { code: app.code() }, { confirm })).status).toBe(200)
    expect((await page.get<Envelope>(`${api}/authentication`)).json.response).toBe(true)
    expect((await by.get(path)).status).toBe(401)
    portal.clock.advance(30)
    // With the app there, the link asks for a code, and the session becomes fresh.
    const mine = await link(page)
    expect(mine.json.response).toMatchObject({ cookieName: "asc_confirm_key_TfaAuth" })
    const again = `type=TfaAuth&uid=${admin.id}`
    expect((await page.post(validatePath, { code: app.code() }, { confirm: again })).status).toBe(200)
    expect((await page.get<Envelope>(`${api}/people/@self`)).json.response).toMatchObject({ tfaAppEnabled: true })
  })

  test("a key is told the page and given no key to a session", async () => {
    const by = await portal.script(admin)
    await turn(by, { type: "App" })
    expect((await link(by)).json.response).toEqual({
      url: `${portal.url}/account/factors/app?type=TfaActivation&uid=${admin.id}`,
      cookieName: "asc_confirm_key_TfaActivation",
      cookieValue: "",
    })
  })

  test("comes with switching on, and is empty when it is switched off", async () => {
    const by = await session(admin)
    const turnWithLink = (body: object) => by.put<Envelope<string>>(`${api}/settings/tfaappwithlink`, body)
    const on = await turnWithLink({ type: "App" })
    expect(on.json.response).toBe(`${portal.url}/account/enrol/app?type=TfaActivation&uid=${admin.id}`)
    expect(on.headers.getSetCookie()).not.toEqual([])
    expect((await turnWithLink({ type: "None" })).json).toMatchObject({ response: "", count: 1 })
    expect((await (await session(user)).put(`${api}/settings/tfaappwithlink`, { type: "App" })).status).toBe(403)
  })
})

test("a profile says whether an app is linked only while it is demanded", async () => {
  const script = await portal.script(user)
  const self = async () => (await script.get<Envelope<Record<string, unknown>>>(`${api}/people/@self`)).json.response
  expect(await self()).toMatchObject({ id: user.id, email: user.email, displayName: user.email, isAdmin: false })
  expect(await self()).not.toHaveProperty("tfaAppEnabled")
  await turn(await portal.script(admin), { type: "App" })
  expect(await self()).toMatchObject({ tfaAppEnabled: false })
  await portal.link(script)
  expect(await self()).toMatchObject({ tfaAppEnabled: true })
})
