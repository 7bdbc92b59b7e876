/** What a script with a key can do, and until when. */
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { TestClient } from "../../testing/client.ts"
import type { TestUser } from "../../testing/testing.ts"
import {
  api,
  type Code,
  type Envelope,
  type Portal,
  readPicture,
  type Setup,
  setupPath,
  startPortal,
  validatePath,
  wrongCode,
} from "./portal-for-tests.ts"

let portal: Portal
let user: TestUser
let script: TestClient
beforeEach(async () => {
  portal = await startPortal({ issuer: "Harbour" })
  user = await portal.createUser()
  script = await portal.script(user)
})
afterEach(() => portal.close())
const validate = (code: unknown, by = script) => by.post<Envelope<boolean>>(validatePath, { code })
const key = async (by = script) => (await by.get<Envelope<Setup>>(setupPath)).json.response?.manualEntryKey

describe("setting an app up with a key alone", () => {
  test("shows account, key and picture, and all three speak of the same", async () => {
    const { status, json, headers } = await script.get<Envelope<Setup>>(setupPath)
    expect(status).toBe(200)
    expect(json).toMatchObject({ count: 1, status: 0, statusCode: 200 })
    expect(Object.keys(json)).toEqual(["response", "count", "links", "status", "statusCode"])
    const { account, manualEntryKey = "", qrCodeSetupImageUrl = "" } = json.response ?? {}
    expect(account).toBe(user.email)
    expect(manualEntryKey).toMatch(/^[A-Z2-7]{32}$/)
    const scanned = portal.authenticator.scan(readPicture(qrCodeSetupImageUrl))
    expect(scanned).toMatchObject({ issuer: "Harbour", account: user.email, secret: manualEntryKey })
    expect(headers.get("cache-control")).toBe("no-store")
  })

  test("shows the same key for a quarter of an hour and longer, to a script and to a session", async () => {
    const first = await key()
    portal.clock.advance(15 * 60)
    expect(await key()).toBe(first)
    expect(await key(await portal.script(user))).toBe(first)
    const { json } = await portal.signIn(user)
    expect(await key(portal.client({ bearer: json.response?.token }))).toBe(first)
    portal.clock.advance(3600)
    expect(await key()).toBe(first)
    expect(await key(await portal.script(await portal.createUser()))).not.toBe(first)
  })

  test("two scripts that ask at once are shown one key", async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => key()))
    expect(new Set(keys).size).toBe(1)
  })

  test("the first right code links it; then the set-up is refused, and a new one has another key", async () => {
    const app = await portal.setup(script)
    const { json } = await validate(app.code())
    expect(json).toMatchObject({ response: true, count: 1, status: 0, statusCode: 200 })
    const refused = await script.get<Envelope>(setupPath)
    expect([refused.status, refused.json]).toEqual([
      403,
      { error: { message: "An authenticator app is connected already" }, status: 1, statusCode: 403 },
    ])
    expect((await portal.mails.latestTo(user.email)).subject).toBe("Harbour: a second step was added")
    const allowed = await portal.script(user, ["accounts.self:write"])
    expect((await allowed.put(`${api}/settings/tfaappnewapp`, {})).status).toBe(200)
    expect(await key()).not.toBe(app.secret)
  })

  test("a code from half a minute ago links it, one from five minutes ago does not", async () => {
    const app = await portal.setup(script)
    expect((await validate(app.code(-300))).status).toBe(400)
    expect((await validate(app.code(300))).status).toBe(400)
    expect((await validate(app.code(-30))).json.response).toBe(true)
  })
})

describe("a right code of an app that is linked", () => {
  test("is true once, for whoever asks", async () => {
    const app = await portal.link(script)
    const code = app.code()
    expect((await validate(code)).json.response).toBe(true)
    expect(await validate(code)).toMatchObject({ status: 400, json: { error: { message: "Incorrect code" } } })
    portal.clock.advance(30)
    expect((await validate(` ${app.code().slice(0, 3)} ${app.code().slice(3)} `)).json.response).toBe(true)
  })

  test("may be a backup code, each once", async () => {
    await portal.link(script)
    const { json } = await script.get<Envelope<Code[]>>(`${api}/settings/tfaappcodes`)
    const [first = { code: "" }, second = { code: "" }] = json.response ?? []
    expect((await validate(first.code.toLowerCase())).json.response).toBe(true)
    expect((await validate(first.code)).status).toBe(400)
    expect((await validate(second.code)).json.response).toBe(true)
    const after = await script.get<Envelope<Code[]>>(`${api}/settings/tfaappcodes`)
    expect(after.json.response?.map(({ isUsed }) => isUsed)).toEqual([
      true,
      true,
      ...Array.from({ length: 8 }, () => false),
    ])
  })
})

describe("wrong codes", () => {
  test.each([undefined, null, "", "   "])("a code that is %j is missing", async (code) => {
    await portal.setup(script)
    const { status, json } = await validate(code)
    expect([status, json.error]).toEqual([400, { message: "The code field is required." }])
  })

  test.each([123456, true, ["123456"], { code: "123456" }])("a code that is %j is no text", async (code) => {
    await portal.setup(script)
    const { status, json } = await validate(code)
    expect([status, json.error]).toEqual([400, { message: "The code field has to be text." }])
  })

  test("what can't be a code is refused and not counted", async () => {
    const app = await portal.setup(script)
    for (const junk of ["abcdef", "12345", "1234567", "x".repeat(1000), "💥", "1.2345"])
      expect(await validate(junk)).toMatchObject({ status: 400, json: { error: { message: "Incorrect code" } } })
    expect((await validate(app.code())).json.response).toBe(true)
  })

  test("before any set-up no code is right", async () => {
    expect(await validate("123456")).toMatchObject({ status: 400, json: { error: { message: "Incorrect code" } } })
  })

  test.each([false, true])("five make the right one wait a minute, and then longer (linked: %s)", async (linked) => {
    const app = linked ? await portal.link(script) : await portal.setup(script)
    for (const wait of [60, 120]) {
      for (let count = 0; count < 5; count++) expect((await validate(wrongCode(app.code()))).status).toBe(400)
      const refused = await validate(app.code())
      expect([refused.status, refused.json.statusCode, refused.headers.get("retry-after")]).toEqual([
        429,
        429,
        `${wait}`,
      ])
      expect(refused.json.error?.message).toMatch(/Too many/)
      portal.clock.advance(wait - 1)
      expect((await validate(app.code())).status).toBe(429)
      portal.clock.advance(1)
    }
    expect((await validate(app.code())).json.response).toBe(true)
  })
})

describe("who may", () => {
  test("nobody without a key, with a dead one, or with a service's", async () => {
    const dead = await portal.keyOf(user)
    const [found] = await portal.engine.apiKeys.list({
      actor: { type: "operator", name: "t" },
      userId: user.id,
      source: { door: "cli" },
    })
    await portal.engine.apiKeys.revoke(
      { actor: { type: "operator", name: "t" }, source: { door: "cli" } },
      { id: found?.id ?? "" },
    )
    // The first of the list is the script's own; the other still lives.
    expect((await script.get(setupPath)).status).toBe(401)
    expect((await portal.client({ bearer: dead }).get(setupPath)).status).toBe(200)
    const service = await portal.createServiceKey(["users:write", "factors:write"])
    for (const [bearer, expected] of [
      [undefined, 401],
      ["csk_nothing", 401],
      ["sk-0000", 401],
      [service, 403],
    ] as const)
      for (const ask of [
        (client: TestClient) => client.get<Envelope>(setupPath),
        (client: TestClient) => client.post<Envelope>(validatePath, { code: "123456" }),
      ]) {
        const { status, json } = await ask(portal.client({ bearer }))
        expect([status, json.statusCode, json.status]).toEqual([expected, expected, 1])
        expect(json.error?.message).toEqual(expect.any(String))
      }
  })

  test("a key that may only read reads, and sets nothing up", async () => {
    const reader = await portal.script(user, ["*:read"])
    for (const path of ["settings/tfaapp", "people/@self", "keys"])
      expect((await reader.get(`${api}/${path}`)).status).toBe(200)
    expect((await reader.get(setupPath)).status).toBe(403)
    expect((await validate("123456", reader)).status).toBe(403)
    const writer = await portal.script(user, ["*:write"])
    expect((await writer.get(setupPath)).status).toBe(200)
    for (const scopes of [["rooms:write", "files:read"], ["accounts:write"]])
      expect((await (await portal.script(user, scopes)).get(`${api}/settings/tfaapp`)).status).toBe(403)
  })

  test("a key never stands for a proof of the session, and never becomes one", async () => {
    const app = await portal.link(script)
    const { json } = await portal.signInWithCode(user, app.code())
    const session = portal.client({ bearer: json.response?.token })
    portal.clock.advance(30)
    expect((await validate(app.code())).json.response).toBe(true)
    expect((await script.get<{ session: unknown }>("/v1/session")).json.session).toBeNull()
    expect((await session.get<{ session: { aal: string } }>("/v1/session")).json.session.aal).toBe("aal2")
    expect((await script.post("/v1/step-up", { level: "second_factor" })).status).toBe(403)
  })

  test("linking by key ends the sessions that knew of no app, and no key", async () => {
    const { json } = await portal.signIn(user)
    const session = portal.client({ bearer: json.response?.token })
    expect((await session.get(`${api}/people/@self`)).status).toBe(200)
    await portal.link(script)
    expect((await session.get(`${api}/people/@self`)).status).toBe(401)
    expect((await script.get(`${api}/people/@self`)).status).toBe(200)
  })
})

describe("how the request is made", () => {
  test("a content type without a body is no mistake, and neither is an Accept of anything", async () => {
    for (const headers of [{ "content-type": "application/json" }, { "content-type": "text/plain", accept: "*/*" }, {}])
      expect((await script.get(setupPath, headers)).status).toBe(200)
  })

  test("a body that is broken, no object or of another type is 400 or 415, in the envelope", async () => {
    const bearer = await portal.keyOf(user)
    const send = async (body: string, type = "application/json") => {
      const request = new Request(`${portal.url}${validatePath}`, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": type },
        body,
      })
      const response = await portal.fetch(request)
      expect(await response.json()).toMatchObject({ status: 1, statusCode: response.status })
      return response.status
    }
    for (const body of ["{", "[]", "null", '"123456"', '{"code":"1","code":"2"}', '{"code":"1","CODE":"2"}', "{} {}"])
      expect([body, await send(body)]).toEqual([body, 400])
    expect(await send("code=123456", "application/x-www-form-urlencoded")).toBe(415)
    expect(await send(JSON.stringify({ code: "1".repeat(20_000) }))).toBe(413)
  })

  test("other methods and paths are refused in the envelope", async () => {
    expect(await script.post<Envelope>(setupPath, {})).toMatchObject({ status: 405, json: { statusCode: 405 } })
    expect(await script.get<Envelope>(validatePath)).toMatchObject({ status: 405, json: { statusCode: 405 } })
    expect(await script.post<Envelope>(`${api}/settings/tfaappnewcodes`)).toMatchObject({ status: 405 })
    expect(await script.delete<Envelope>(`${api}/settings/tfaappnewapp`)).toMatchObject({ status: 405 })
    expect(await script.get<Envelope>(`${api}/settings/nothing`)).toMatchObject({
      status: 404,
      json: { error: { message: expect.any(String) }, status: 1, statusCode: 404 },
    })
  })

  test("a path prefix of the public URL is served, and stands in the links", async () => {
    const below = await startPortal({ publicUrl: "http://localhost:3000/two/fa" })
    try {
      const person = await below.createUser()
      const bearer = await below.keyOf(person)
      const ask = async (path: string) =>
        (await below
          .fetch(new Request(`http://localhost:3000${path}`, { headers: { authorization: `Bearer ${bearer}` } }))
          .then((response) => response.json())) as Envelope<Setup>
      const direct = await ask(`/two/fa${setupPath}`)
      expect(direct).toMatchObject({
        response: { account: person.email },
        links: [{ href: `http://localhost:3000/two/fa${setupPath}`, action: "GET" }],
      })
      // A proxy may have taken the prefix off.
      expect(await ask(setupPath)).toEqual(direct)
    } finally {
      await below.close()
    }
  })
})
