import { Secret, TOTP, URI } from "otpauth"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { missing, oathCode } from "../browser.ts"
import { formTokenIn, submitOn } from "./account-pages.ts"
import { callRoute, nativeRoutes, otherRoutes, personPages, type Route } from "./every-route.ts"
import { codeOf, credentials, type Ground, type Json, must, operator, startGround } from "./ground.ts"

let ground: Ground
let changing: readonly Route[]

beforeAll(async () => {
  ground = await startGround({ actions: { pay: { level: "second_factor", seconds: 60, singleUse: true } } })
  changing = [...(await nativeRoutes(ground)), ...personPages, ...otherRoutes].filter(({ method }) => method !== "GET")
})
afterAll(() => ground.close())

const advance = (seconds: number): void => ground.server.clock.advance(seconds)
const on = (userId: string) => ({ ...operator, userId })
/** All that a stranger could want to change of somebody. */
const stateOf = async (userId: string) => {
  const { engine } = ground.server
  const [factors, codes, user, sessions] = await Promise.all([
    engine.factors.list(on(userId)),
    engine.recoveryCodes.status(on(userId)),
    engine.users.find({ id: userId }),
    engine.sessions.list(on(userId)),
  ])
  return JSON.stringify({ factors, codes, user, sessions: sessions.map(({ id }) => id) })
}

describe("another site", () => {
  const foreign: readonly Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:3000.evil.example" },
    { origin: "http://localhost" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ]

  test("can't change anything in a browser that is signed in, by any route, type or method (D2)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    must(await browser.get("/account"), 200)
    const form = formTokenIn((await browser.get("/account/password")).text)
    const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ")
    const before = await stateOf(who.id)
    const passed: unknown[] = []
    for (const route of changing) {
      for (const from of foreign) {
        // Even with a form's token in hand, which another site can't read.
        const sent = await callRoute(ground, route, { id: who.factorId, headers: { cookie, ...from }, form })
        if (![401, 403, 404].includes(sent.status)) passed.push([route.method, route.path, from, sent.status])
        if (sent.headers.get("access-control-allow-origin") !== null) passed.push([route.path, "CORS"])
      }
      // What a form or an image on another site sends where a browser names no origin.
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
        const body = type.startsWith("app") ? "kind=totp" : JSON.stringify(route.body ?? {})
        const sent = await callRoute(ground, route, {
          id: who.factorId,
          headers: { cookie, "content-type": type },
          body,
        })
        if (sent.status < 400) passed.push([route.method, route.path, type, sent.status])
      }
      const asGet = await callRoute(
        ground,
        { ...route, method: "GET" },
        { id: who.factorId, headers: { cookie, ...foreign[4] } },
      )
      if (asGet.status >= 500) passed.push([route.path, "GET", asGet.status])
    }
    expect(passed).toEqual([])
    expect(await stateOf(who.id)).toBe(before)
  })

  test("gets no leave by a preflight, and can't sign a browser in as somebody else (D2)", async () => {
    const who = await ground.person()
    const url = (path: string) => new URL(path, ground.server.url)
    for (const { origin } of foreign) {
      if (origin === undefined) continue
      const preflight = await ground.server.fetch(
        new Request(url("/v1/factors"), {
          method: "OPTIONS",
          headers: {
            origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
          },
        }),
      )
      expect([...preflight.headers.keys()].filter((name) => name.startsWith("access-control-allow"))).toEqual([])
    }
    const evil = ground.client({ origin: "https://evil.example" })
    expect((await evil.post("/v1/sign-in", credentials(who))).status).toBe(403)
    expect((await evil.submit("/account/sign-in", credentials(who))).status).toBe(403)
    expect((await evil.submit("/account/sign-out", {})).status).toBe(403)
    expect(evil.cookies.size).toBe(0)
  })

  test("can't use a form's token of another browser, or one from before the sign-in (D2)", async () => {
    const who = await ground.person()
    const victim = await ground.signedIn(who)
    const attacker = ground.client()
    const foreignToken = formTokenIn((await attacker.get("/account/sign-in")).text)
    must(await victim.get("/account"), 200)
    const seed = victim.cookies.get("countersign-form") ?? ""
    expect((await victim.submit("/account/sessions/end-others", { form: foreignToken })).status).toBe(403)
    expect((await victim.submit("/account/sessions/end-others", {})).status).toBe(403)
    // The seed of the attacker, planted beside the victim's own by a sibling host: two of one name count as none.
    const cookie = `countersign=${victim.cookies.get("countersign")}; countersign-form=${attacker.cookies.get("countersign-form")}`
    for (const planted of [cookie, `${cookie}; countersign-form=${seed}`]) {
      const sent = await callRoute(
        ground,
        { method: "POST", path: "/account/sessions/end-others", security: [], form: true },
        { headers: { cookie: planted, origin: ground.server.url }, form: foreignToken },
      )
      expect(sent.status).toBe(403)
    }
  })
})

describe("somebody else's things", () => {
  test("are not found by their ids, from any account, and nothing of them changes (D4)", async () => {
    const [victim, thief] = [await ground.person(), await ground.person()]
    const browser = await ground.signedIn(victim, { remember: true })
    must(await browser.post("/v1/api-keys", { name: "mine" }), 201)
    const lists = ["/v1/factors", "/v1/sessions", "/v1/remembered-devices", "/v1/api-keys"]
    const texts = await Promise.all(lists.map(async (path) => (await browser.get(path)).text))
    const ids = texts.flatMap((text) => [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id = ""]) => id))
    expect(ids.length).toBeGreaterThanOrEqual(4)
    const before = await stateOf(victim.id)

    const theirs = await ground.signedIn(thief)
    must(await theirs.get("/account"), 200)
    const form = formTokenIn((await theirs.get("/account/password")).text)
    const cookie = [...theirs.cookies].map((pair) => pair.join("=")).join("; ")
    const wrong: unknown[] = []
    const withIds = [...(await nativeRoutes(ground)), ...personPages].filter(({ path }) => path.includes("{"))
    for (const route of withIds)
      for (const id of [...ids, victim.id, `external:${victim.id}`]) {
        const sent = await callRoute(ground, route, { id, headers: { cookie, origin: ground.server.url }, form })
        const isPageOfAnOldPress = sent.status === 303 && /done=/.test(sent.headers.get("location") ?? "")
        if (![403, 404, 422].includes(sent.status) && !isPageOfAnOldPress)
          wrong.push([route.method, route.path, sent.status])
        if (sent.text.includes(victim.email)) wrong.push([route.path, sent.text])
      }
    expect(wrong).toEqual([])
    expect(await stateOf(victim.id)).toBe(before)
    expect((await browser.get("/v1/api-keys")).text).toBe(texts[3])
    expect((await browser.get("/v1/remembered-devices")).text).toBe(texts[2])
  })
})

describe("what changes factors, codes, address, password or keys", () => {
  /** Each with the status that it has when it is allowed. */
  const operations = (factorId: string): readonly (readonly [string, string, Json | undefined])[] => [
    ["POST", "/v1/factors", { kind: "totp" }],
    ["POST", "/v1/factors", { kind: "email-code" }],
    ["PATCH", `/v1/factors/${factorId}`, { name: "Mine now" }],
    ["DELETE", `/v1/factors/${factorId}`, undefined],
    ["POST", "/v1/recovery-codes", undefined],
    ["POST", "/v1/me/address", { email: "elsewhere@example.com" }],
    ["POST", "/v1/me/password", { password: "a new pass phrase of mine" }],
    ["POST", "/v1/api-keys", { name: "key" }],
    ["POST", "/v1/mfa-tokens", { action: "pay" }],
  ]
  const askAll = async (client: Awaited<ReturnType<Ground["signedIn"]>>, factorId: string) => {
    const answers: unknown[] = []
    for (const [method, path, body] of operations(factorId)) {
      const send = { POST: client.post, PATCH: client.patch, DELETE: client.delete }[method]
      const answer = await send?.(path, body)
      answers.push([method, path, answer?.status, codeOf(answer as never)])
    }
    return answers
  }
  const demanded = (factorId: string, status: number) =>
    operations(factorId).map(([method, path]) => [method, path, status, "session_reverification_required"])

  test("asks a session of one factor for the second, by every door that it may have come through (D5)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who, { remember: true })
    const session = await browser.post<Json>("/v1/sign-in", credentials(who))
    expect(session.json).toMatchObject({ status: "complete", session: { aal: "aal1" } })
    const before = await stateOf(who.id)
    expect(await askAll(browser, who.factorId)).toEqual(demanded(who.factorId, 403))
    // The password proved again is still one factor.
    must(await browser.post("/v1/step-up", { level: "first_factor" }), 201)
    must(await browser.post("/v1/challenge/answer", { kind: "password", answer: who.password }), 200)
    expect(await askAll(browser, who.factorId)).toEqual(demanded(who.factorId, 403))
    const withCurrent = await browser.post("/v1/me/password", { current: who.password, password: "a new pass phrase" })
    expect([withCurrent.status, codeOf(withCurrent)]).toEqual([403, "session_reverification_required"])
    expect(await stateOf(who.id)).toBe(before)
    // On the pages the same: each asks for the code, and does nothing before.
    for (const [action, fields] of [
      [`/account/factors/${who.factorId}/remove`, {}],
      [`/account/factors/${who.factorId}/rename`, { name: "Mine now" }],
      ["/account/factors", { kind: "totp" }],
      ["/account/recovery-codes/new", {}],
      ["/account/address", { email: "elsewhere@example.com" }],
      ["/account/password", { current: who.password, password: "a new pass phrase" }],
    ] as const) {
      const page = await submitOn(browser, "/account/password", action, fields)
      expect([action, page.status, page.text.includes('action="/account/step-up"')]).toEqual([action, 200, true])
    }
    expect(await stateOf(who.id)).toBe(before)
  })

  test("asks a session of two factors anew when its proof is ten minutes old (D6)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    const bearer = await ground.bearer(who)
    advance(600)
    const before = await stateOf(who.id)
    expect(await askAll(browser, who.factorId)).toEqual(demanded(who.factorId, 403))
    expect(await askAll(bearer, who.factorId)).toEqual(demanded(who.factorId, 401))
    expect(await stateOf(who.id)).toBe(before)
    must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
    must(await browser.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    must(await browser.post("/v1/recovery-codes"), 201)
    // A second session gains nothing by it.
    expect((await bearer.post("/v1/recovery-codes")).status).toBe(401)
  })

  test("is nothing that a key without a factor's scope may do, once a factor is on (D5)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    const made = must(await browser.post<{ key: string }>("/v1/api-keys", { name: "script" }), 201)
    const key = ground.client({ bearer: made.json.key })
    must(await key.get("/v1/me"), 200)
    const answers = (await askAll(key, who.factorId)).slice(0, -1) as [string, string, number, string][]
    for (const [method, path, status, code] of answers)
      expect([method, path, status, code]).toEqual([method, path, 403, "insufficient_scope"])
    expect((await key.post("/v1/mfa-tokens", {})).status).toBe(403)
    expect((await key.post("/v1/step-up", { level: "second_factor" })).status).toBe(403)
    const narrow = must(
      await browser.post<{ key: string }>("/v1/api-keys", { name: "reads", scopes: ["accounts.self:read"] }),
      201,
    )
    const reader = ground.client({ bearer: narrow.json.key })
    must(await reader.get("/v1/factors"), 200)
    expect((await reader.patch("/v1/me", { firstName: "X" })).status).toBe(403)
    expect((await reader.delete("/v1/remembered-devices")).status).toBe(403)
    expect((await reader.post("/v1/sessions/end-others")).status).toBe(403)
    expect((await reader.get(`/v1/users/${who.id}`)).status).toBe(403)
  })
})

describe("an enrolment", () => {
  const begin = async (client: Awaited<ReturnType<Ground["signedIn"]>>) => {
    const begun = must(
      await client.post<{ show: { uri: string }; factor: { id: string } }>("/v1/factors", { kind: "totp" }),
      201,
    )
    return {
      app: ground.server.authenticator.scan(begun.json.show.uri),
      uri: begun.json.show.uri,
      id: begun.json.factor.id,
    }
  }

  test("of an address that nobody has proved is refused, and the owner can take the account over (D7)", async () => {
    const email = `owner-${crypto.randomUUID().slice(0, 8)}@example.com`
    const thief = ground.client()
    const thiefs = "a pass phrase of the thief"
    must(await thief.post("/v1/sign-up", { email, password: thiefs }), 202)
    expect((await thief.post("/v1/sign-in", { email, password: thiefs })).status).toBe(403)
    expect((await thief.post("/v1/factors", { kind: "totp" })).status).toBe(401)
    // The owner comes later, with a password of their own, and opens the newest mail.
    advance(60)
    const owner = ground.client()
    const owners = "a pass phrase of the owner"
    must(await owner.post("/v1/sign-up", { email, password: owners }), 202)
    const link = (await ground.server.mails.latestTo(email)).links.find((found) => found.includes("token=")) ?? ""
    must(await owner.post("/v1/address/confirm", { token: new URL(link).searchParams.get("token") }), 200)
    expect((await thief.post("/v1/sign-in", { email, password: thiefs })).status).toBe(401)
    must(await owner.post("/v1/sign-in", { email, password: owners }), 200)
    // A stranger who has a session somehow (made by a service) can't enrol either.
    const made = await ground.plain({ confirmed: false })
    expect((await ground.client().post("/v1/sign-in", credentials(made))).status).toBe(403)
    expect((await ground.client({ origin: null }).post("/api/accounts/login", credentials(made))).status).toBe(401)
  })

  test("ends every session from before it, and leaves its own (D8)", async () => {
    const who = await ground.plain()
    const [one, two, bearer] = [await ground.signedIn(who), await ground.signedIn(who), await ground.bearer(who)]
    const { app } = await begin(one)
    must(await one.post("/v1/factors/confirm", { kind: "totp", answer: app.code() }), 200)
    expect(await ground.whoIs(two)).toBeUndefined()
    expect(await ground.whoIs(bearer)).toBeUndefined()
    expect(await ground.whoIs(one)).toBe(who.email)
  })

  test("that was begun and left changes nothing: the old app works, the new one does not, and beginning takes the old one (D18)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    const { app } = await begin(browser)
    const tryWith = async (answer: string) =>
      (await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer })).status
    expect(await tryWith(app.code())).toBe(400)
    expect(await tryWith(who.app.code())).toBe(200)
    advance(600)
    expect((await browser.post("/v1/factors", { kind: "totp" })).status).toBe(403)
    advance(300)
    // Its time is over too.
    expect((await browser.post("/v1/factors/confirm", { kind: "totp", answer: app.code() })).status).toBe(410)
    const left = await ground.server.engine.factors.list(on(who.id))
    expect(left.map(({ id }) => id)).toEqual([who.factorId])
  })

  test("belongs to the session that began it (C10, D1)", async () => {
    const who = await ground.plain()
    const [one, two] = [await ground.signedIn(who), await ground.signedIn(who)]
    const { app, id } = await begin(one)
    for (const body of [
      { kind: "totp", answer: app.code() },
      { kind: "totp", answer: app.code(), factorId: id },
    ])
      expect((await two.post("/v1/factors/confirm", body)).status).toBe(410)
    const stranger = await ground.signedIn(await ground.plain())
    expect(
      (await stranger.post("/v1/factors/confirm", { kind: "totp", answer: app.code(), factorId: id })).status,
    ).toBe(410)
    expect((await stranger.delete(`/v1/factors/${id}`)).status).toBe(404)
    must(await one.post("/v1/factors/confirm", { kind: "totp", answer: app.code() }), 200)
  })

  test("of two in one millisecond, or twice by one person, never has the same key (D16)", async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => ground.plain()))
    const browsers = await Promise.all(people.map((who) => ground.signedIn(who)))
    const uris = await Promise.all(browsers.flatMap((browser) => [begin(browser), begin(browser)]))
    expect(new Set(uris.map(({ app }) => app.secret)).size).toBe(40)
  })

  test("shows an address that other programs read to the same codes (D14)", async () => {
    for (const email of [
      "plain@example.com",
      "plus+tag@example.com",
      "o'neil%20@example.com",
      "ünïcode@bücher.example",
    ]) {
      const who = await ground.plain({ email: `${crypto.randomUUID().slice(0, 4)}.${email}` })
      const { uri, app } = await begin(await ground.signedIn(who))
      const read = URI.parse(uri) as TOTP
      const at = ground.server.clock.now()
      expect(read.label).toBe(who.email)
      expect(read.issuer).toBe("Countersign")
      expect(read.generate({ timestamp: at })).toBe(app.code())
      if (missing.length === 0) expect(oathCode(uri, at)).toBe(app.code())
    }
  })

  test("of a key from elsewhere takes the codes of RFC 6238 (D14)", async () => {
    const secret = Buffer.from("12345678901234567890")
    expect(new Secret({ buffer: new Uint8Array(secret).buffer }).base32).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    for (const [seconds, code] of [
      [59, "287082"],
      [1_111_111_109, "081804"],
      [1_234_567_890, "005924"],
      [2_000_000_000, "279037"],
      [20_000_000_000, "353130"],
    ] as const) {
      const then = await startGround({ startAt: seconds * 1000 })
      const who = await then.plain()
      await then.server.engine.factors.add(
        { ...operator, userId: who.id },
        { kind: "totp", secret: new Uint8Array(secret) },
      )
      const half = await then.half(who)
      expect((await half.post("/v1/challenge/answer", { kind: "totp", answer: code })).status).toBe(200)
      await then.close()
    }
  })

  test("shows its QR code without asking any other host, and its key stands in no address (D15)", async () => {
    const who = await ground.plain()
    const browser = await ground.signedIn(who)
    const begun = await submitOn(browser, "/account", "/account/factors", { kind: "totp" })
    const page = await browser.get(begun.headers.get("location") ?? "")
    const secret = /secret=([A-Z2-7]{32})/.exec(page.text)?.[1] ?? ""
    expect(secret).toHaveLength(32)
    expect(page.text).toContain("<svg")
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*img-src 'self' data:/)
    expect(page.headers.get("cache-control")).toBe("no-store")
    const fetched = [...page.text.matchAll(/(?:src|href|action|srcset|poster)="([^"]*)"/g)].map(([, to = ""]) => to)
    const outside = fetched.filter(
      (to) => !to.startsWith("/account") && !to.startsWith("#") && !to.startsWith("otpauth:"),
    )
    expect(outside.filter((to) => !to.startsWith("/dev/mailbox") && to !== "/")).toEqual([])
    expect(fetched.filter((to) => to.includes(secret) && !to.startsWith("otpauth:"))).toEqual([])
    expect(begun.headers.get("location")).not.toContain(secret)
  })
})

describe("a key that a door keeps for the user", () => {
  const keyAt = async (client: Awaited<ReturnType<Ground["signedIn"]>>): Promise<string> =>
    String((await client.post<Json>("/identity/manage/2fa", {})).json?.["sharedKey"])
  const atIdentity = async (who: { email: string; password: string }) => {
    const browser = ground.client()
    must(await browser.post("/identity/login?useSessionCookies=true", credentials(who)), 200)
    return browser
  }

  test("is another one once the password has changed, so that who saw it before doesn't know it (D8, D18)", async ({
    skip,
  }) => {
    if ((await ground.client().post("/identity/login", {})).status === 404) skip()
    const who = await ground.plain()
    const seen = await keyAt(await atIdentity(who))
    expect(seen).toMatch(/^[A-Z2-7]{32}$/)
    expect(await keyAt(await atIdentity(who))).toBe(seen)
    const owner = await ground.signedIn(who)
    const password = "a new pass phrase of the owner"
    must(await owner.post("/v1/me/password", { current: who.password, password }), 204)
    expect(await keyAt(await atIdentity({ email: who.email, password }))).not.toBe(seen)
  })

  test("does not wait for whoever saw it, once another factor is on (D5, D8)", async ({ skip }) => {
    if ((await ground.client().post("/identity/login", {})).status === 404) skip()
    const who = await ground.plain()
    const app = ground.server.authenticator.scan(`otpauth://totp/x?secret=${await keyAt(await atIdentity(who))}`)
    const owner = await ground.signedIn(who)
    must(await owner.post("/v1/factors", { kind: "email-code" }), 201)
    const { code } = await ground.server.mails.latestTo(who.email)
    must(await owner.post("/v1/factors/confirm", { kind: "email-code", answer: code }), 200)
    // A remembered browser's session has one factor; with the old key it must not come to two.
    const half = await ground.half(who)
    must(await half.post("/v1/challenge/start", { kind: "email-code" }), 200)
    const mailed = (await ground.server.mails.latestTo(who.email)).code
    must(await half.post("/v1/challenge/answer", { kind: "email-code", answer: mailed, rememberDevice: true }), 200)
    must(await half.post("/v1/sign-in", credentials(who)), 200)
    expect((await half.post("/v1/factors/confirm", { kind: "totp", answer: app.code() })).status).toBe(410)
    expect((await half.get<Json>("/v1/session")).json).toMatchObject({ session: { aal: "aal1" } })
  })
})

describe("under a policy that demands a second factor", () => {
  test("nothing that people may change of themselves takes the duty away (D10)", async () => {
    const strict = await startGround({ secondFactor: "required", secondFactorRoles: ["Staff"] })
    const who = await strict.person({ roles: ["Staff"] })
    const browser = await strict.signedIn(who)
    must(await browser.patch("/v1/me", { firstName: "Free", lastName: "Person", locale: "de" }), 200)
    for (const body of [{ roles: [] }, { externalId: "x" }, { disabled: true }, { emailConfirmed: false }])
      expect((await browser.patch("/v1/me", body)).status).toBe(422)
    must(await browser.post("/v1/me/address", { email: "free@elsewhere.example" }), 202)
    const link =
      (await strict.server.mails.latestTo("free@elsewhere.example")).links.find((found) => found.includes("token=")) ??
      ""
    must(await browser.post("/v1/address/confirm", { token: new URL(link).searchParams.get("token") }), 200)
    expect((await browser.delete(`/v1/factors/${who.factorId}`)).status).toBe(409)
    expect(codeOf(await browser.delete(`/v1/factors/${who.factorId}`))).toBe("factor_required")
    const after = await strict
      .client()
      .post<Json>("/v1/sign-in", { email: "free@elsewhere.example", password: who.password })
    expect(after.json["status"]).toBe("second_factor")
    await strict.close()
  })
})
