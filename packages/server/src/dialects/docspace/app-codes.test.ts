import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import type { TestUser } from "../../testing/testing.ts"
import { api, type Code, type Envelope, type Portal, setupPath, startPortal, validatePath } from "./portal-for-tests.ts"

let portal: Portal
let user: TestUser
let script: TestClient
beforeEach(async () => {
  portal = await startPortal()
  user = await portal.createUser()
  script = await portal.script(user)
})
afterEach(() => portal.close())
const codes = (by: TestClient) => by.get<Envelope<Code[]>>(`${api}/settings/tfaappcodes`)
const newCodes = (by: TestClient) => by.put<Envelope<Code[]>>(`${api}/settings/tfaappnewcodes`)
const newApp = (by: TestClient, body?: object) => by.put<Envelope<string>>(`${api}/settings/tfaappnewapp`, body)
const session = async (code: string, of = user) => {
  const { json } = await portal.signInWithCode(of, code)
  return portal.client({ bearer: json.response?.token })
}

describe("backup codes", () => {
  test("are there only where an app is linked", async () => {
    const { json } = await portal.signIn(user)
    const plain = portal.client({ bearer: json.response?.token })
    for (const by of [script, plain]) {
      expect((await codes(by)).status).toBe(403)
      expect((await newCodes(by)).status).toBe(403)
      expect((await newApp(by, {})).status).toBe(403)
    }
    for (const ask of [codes, newCodes, newApp]) expect((await ask(portal.client())).status).toBe(401)
  })

  test("can be read for ten minutes by who made them; then only which are used", async () => {
    await portal.link(script)
    const { status, json, headers } = await codes(script)
    expect([status, json.count, headers.get("cache-control")]).toEqual([200, 10, "no-store"])
    const read = json.response ?? []
    for (const code of read) expect(code).toEqual({ isUsed: false, code: expect.stringMatching(/^[A-Z2-9]{10}$/) })
    expect(new Set(read.map(({ code }) => code)).size).toBe(10)
    // Thirty seconds have gone by since they were made.
    portal.clock.advance(569)
    expect((await codes(script)).json.response).toEqual(read)
    await script.post(validatePath, { code: read[1]?.code })
    portal.clock.advance(1)
    expect((await codes(script)).json.response).toEqual(read.map((_, at) => ({ isUsed: at === 1, code: "" })))
  })

  test("are shown to nobody who did not make them, and to no key that may only read", async () => {
    const app = await portal.link(script)
    const other = await session(app.code())
    for (const by of [other, await portal.script(user), await portal.script(user, ["*:read"])])
      expect((await codes(by)).json.response?.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => ""))
  })

  test("are made anew in clear by a session, and the old ones are dead", async () => {
    const app = await portal.link(script)
    const old = (await codes(script)).json.response?.[0]?.code ?? ""
    const person = await session(app.code())
    const made = await newCodes(person)
    expect([made.status, made.json.count]).toEqual([200, 10])
    expect(made.json.response?.every(({ isUsed, code }) => !isUsed && code.length === 10)).toBe(true)
    expect((await codes(person)).json.response).toEqual(made.json.response)
    expect((await script.post(validatePath, { code: old })).status).toBe(400)
    expect((await script.post(validatePath, { code: made.json.response?.[0]?.code })).status).toBe(200)
  })

  test("sign in, once each, whatever was done at the other doors", async () => {
    await portal.link(script)
    const [first = "", second = ""] = ((await codes(script)).json.response ?? []).map(({ code }) => code)
    expect((await portal.signInWithCode(user, first)).json.response).toMatchObject({ tfa: true })
    expect((await portal.signInWithCode(user, first)).status).toBe(401)
    const many = await Promise.all(Array.from({ length: 6 }, () => portal.signInWithCode(user, second)))
    expect(many.filter(({ status }) => status === 200)).toHaveLength(1)
  })
})

describe("a key in a stranger's hands", () => {
  test("takes no app away and makes no codes where an app is linked, unless it was given the scope by name", async () => {
    const app = await portal.link(script)
    for (const scopes of [undefined, ["*"], ["*:write"]]) {
      const by = await portal.script(user, scopes)
      expect((await newApp(by, {})).status).toBe(403)
      expect((await newCodes(by)).status).toBe(403)
    }
    expect((await script.get(setupPath)).status).toBe(403)
    expect((await script.post(validatePath, { code: app.code() })).status).toBe(200)
    const allowed = await portal.script(user, ["accounts.self:write"])
    expect((await newCodes(allowed)).status).toBe(200)
    expect((await newApp(allowed)).status).toBe(200)
  })
})

describe("taking the app away", () => {
  test("ends codes and other sessions, tells by mail, and leaves a new key to be set up", async () => {
    const app = await portal.link(script)
    const [code = ""] = ((await codes(script)).json.response ?? []).map((one) => one.code)
    const elsewhere = await session(app.code())
    portal.clock.advance(30)
    const { json } = await portal.signInWithCode(user, app.code())
    const acting = portal.client({ bearer: json.response?.token })
    const gone = await newApp(acting, {})
    expect([gone.status, gone.json.count]).toEqual([200, 1])
    expect(gone.json.response).toBe(`${portal.url}/account/enrol/app?type=TfaActivation&uid=${user.id}`)
    expect((await elsewhere.get(`${api}/people/@self`)).status).toBe(401)
    // The one that did it goes on, also much later, and so does the key.
    portal.clock.advance(3600)
    expect((await acting.get(`${api}/people/@self`)).status).toBe(200)
    expect((await script.get(setupPath)).status).toBe(200)
    expect((await portal.mails.latestTo(user.email)).subject).toEqual(expect.any(String))
    expect((await script.post(validatePath, { code })).status).toBe(400)
    const fresh = await portal.setup(script)
    expect(fresh.secret).not.toBe(app.secret)
    expect((await script.post(validatePath, { code: app.code() })).status).toBe(400)
    expect((await script.post<Envelope>(validatePath, { code: fresh.code() })).json.response).toBe(true)
    expect((await newApp(acting, {})).status).toBe(401)
  })

  test("one's own id says the same as none; another's is for owners alone", async () => {
    const admin = await portal.createUser({ roles: ["Administrator"] })
    const owner = await portal.createUser({ roles: ["Owner"] })
    await portal.link(script)
    const of = async (person: TestUser) => portal.client({ bearer: (await portal.signIn(person)).json.response?.token })
    const stranger = await of(await portal.createUser())
    const unknown = "01890000-0000-7000-8000-00000000000a"
    for (const by of [stranger, await of(admin), await portal.script(admin)])
      for (const id of [user.id, unknown]) expect((await newApp(by, { id })).status).toBe(403)
    const asOwner = await of(owner)
    expect((await newApp(asOwner, { id: unknown })).status).toBe(403)
    expect((await newApp(asOwner, { id: "x" })).status).toBe(400)
    const done = await newApp(asOwner, { id: user.id })
    expect([done.status, done.json.response, done.json.count]).toEqual([200, "", 1])
    expect((await newApp(asOwner, { id: user.id })).status).toBe(403)
    expect((await script.get(setupPath)).status).toBe(200)

    const mine = await portal.createUser()
    const mineScript = await portal.script(mine, ["accounts.self:write"])
    await portal.link(mineScript)
    expect((await newApp(mineScript, { id: mine.id.toUpperCase() })).status).toBe(200)
  })
})
