import type { TestClient } from "countersign/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { callRoute, nativeRoutes } from "./every-route.ts"
import {
  atOnce,
  codeOf,
  credentials,
  type Ground,
  type Json,
  must,
  operator,
  type Person,
  serviceScopes,
  startGround,
} from "./ground.ts"

let ground: Ground
beforeAll(async () => {
  ground = await startGround({ actions: { pay: { level: "second_factor", seconds: 60, singleUse: true } } })
})
afterAll(() => ground.close())

const advance = (seconds: number): void => ground.server.clock.advance(seconds)
const mint = async (client: TestClient, body: Json = {}): Promise<string> =>
  String(must(await client.post<Json>("/v1/mfa-tokens", body), 201).json["token"])

describe("an MFA token in place of a fresh proof", () => {
  const header = (token: string) => ({ "countersign-mfa-token": token })

  test("is the acting session's own, for no action, unspent and in its time, or nothing (F4)", async () => {
    const [who, other] = [await ground.person(), await ground.person()]
    const [browser, second, theirs] = [
      await ground.signedIn(who),
      await ground.signedIn(who),
      await ground.signedIn(other),
    ]
    const spent = await mint(browser)
    must(await ground.service.post("/v1/mfa-tokens/spend", { token: spent }), 200)
    const bad = {
      "another user's": await mint(theirs),
      "another session's": await mint(second),
      "an action's": await mint(browser, { action: "pay" }),
      "a spent one": spent,
      "a made one": `csm_${"A".repeat(43)}`,
      "a session's token": browser.cookies.get("countersign") ?? "",
      nothing: "",
    }
    const late = await mint(browser)
    advance(600)
    const before = await ground.server.engine.users.find({ id: who.id })
    for (const [what, token] of Object.entries({ ...bad, "a late one": late }))
      for (const ask of [
        () => browser.post("/v1/recovery-codes", undefined, header(token)),
        () => browser.post("/v1/factors", { kind: "totp" }, header(token)),
        () => browser.delete(`/v1/factors/${who.factorId}`, undefined, header(token)),
        () => browser.post("/v1/me/address", { email: "elsewhere@example.com" }, header(token)),
        () => browser.post("/v1/me/password", { password: "a new pass phrase of mine" }, header(token)),
        () => browser.post("/v1/api-keys", { name: "key" }, header(token)),
      ]) {
        const answer = await ask()
        expect([
          what,
          answer.status >= 400,
          ["mfa_token_invalid", "session_reverification_required"].includes(String(codeOf(answer))),
        ]).toEqual([what, true, true])
      }
    expect(await ground.server.engine.users.find({ id: who.id })).toEqual(before)
    // Two at once, the one good: neither is taken.
    must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
    must(await browser.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    const good = await mint(browser)
    expect(
      (
        await browser.post("/v1/recovery-codes", undefined, {
          "countersign-mfa-token": good,
          "x-mfa-auth-token": spent,
        })
      ).status,
    ).toBe(403)
  })

  test("pays for one thing, of thirty at once (F4)", async () => {
    const who = await ground.person()
    const browser = await ground.bearer(who)
    const token = await mint(browser, { singleUse: false })
    advance(595)
    const asks = await atOnce(30, (index) =>
      index % 2
        ? browser.post("/v1/recovery-codes", undefined, header(token))
        : browser.post("/v1/api-keys", { name: `key ${index}` }, header(token)),
    )
    expect(asks.filter(({ status }) => status === 201)).toHaveLength(1)
  })
})

describe("a request that names itself", () => {
  test("is repeated to its own maker and to nobody else, and gives an old session nothing new (E2)", async () => {
    const [who, other] = [await ground.person(), await ground.person()]
    const [browser, second, theirs] = [
      await ground.signedIn(who),
      await ground.signedIn(who),
      await ground.signedIn(other),
    ]
    const named = { "idempotency-key": "one-and-the-same" }
    const made = must(await browser.post<{ codes: string[] }>("/v1/recovery-codes", undefined, named), 201).json.codes
    expect((await browser.post<{ codes: string[] }>("/v1/recovery-codes", undefined, named)).json.codes).toEqual(made)
    for (const client of [second, theirs]) {
      const answer = await client.post<{ codes?: string[] }>("/v1/recovery-codes", undefined, named)
      expect(answer.json.codes ?? []).not.toEqual(expect.arrayContaining([made[0]]))
    }
    const anonymous = await ground.client().post("/v1/recovery-codes", undefined, named)
    expect(anonymous.status).toBe(401)
    // A minute later the name is nobody's.
    const again = must(
      await browser.post<{ codes: string[] }>("/v1/recovery-codes", undefined, { "idempotency-key": "another" }),
      201,
    ).json.codes
    advance(61)
    const later = await browser.post<{ codes: string[] }>("/v1/recovery-codes", undefined, {
      "idempotency-key": "another",
    })
    expect(later.json.codes).not.toEqual(again)
    for (const key of ["", " ", "a".repeat(300), "ü", "a b"])
      expect([201, 422]).toContain(
        (await browser.post("/v1/recovery-codes", undefined, { "idempotency-key": encodeURIComponent(key) })).status,
      )
  })
})

describe("the password of somebody whose session was stolen", () => {
  test("can't be guessed by it, wherever it asks for one (B12, V6.3.1)", async () => {
    const places: readonly (readonly [
      string,
      (session: TestClient, password: string, who: Person) => Promise<boolean>,
    ])[] = [
      [
        "changing it",
        async (session, current) => {
          const { status } = await session.post("/v1/me/password", { current, password: current })
          return status === 204 || status === 422
        },
      ],
      [
        "a step-up",
        async (session, answer) => {
          must(await session.post("/v1/step-up", { level: "first_factor" }), 201)
          return (await session.post("/v1/challenge/answer", { kind: "password", answer })).status === 200
        },
      ],
    ]
    for (const [name, guess] of places) {
      const who = await ground.person()
      const session = await ground.signedIn(who)
      for (let tries = 0; tries < 7; tries++)
        expect([name, await guess(session, `a guess that is wrong ${tries}`, who)]).toEqual([name, false])
      expect([name, await guess(session, who.password, who)]).toEqual([name, false])
      // The owner still signs in: a thief of a session locks nobody out of the door.
      expect((await ground.client().post("/v1/sign-in", credentials(who))).status).toBe(200)
    }
  })

  test("nor by way of Identity's page for it (B12)", async ({ skip }) => {
    const who = await ground.plain()
    const signedIn = await ground.client().post<Json>("/identity/login", credentials(who))
    if (signedIn.status === 404) skip()
    const program = ground.client({ bearer: String(signedIn.json["accessToken"]) })
    const guess = async (oldPassword: string) =>
      (await program.post("/identity/manage/info", { newPassword: "Another-Pass-Phrase-7", oldPassword })).status
    for (let tries = 0; tries < 7; tries++) expect(await guess(`a guess that is wrong ${tries}`)).toBe(400)
    expect(await guess(who.password)).toBe(400)
  })
})

describe("a service's key", () => {
  test("reaches what its scopes name, one by one, and nothing else (C2, V8.2.1)", async () => {
    const who = await ground.person()
    const routes = (await nativeRoutes(ground)).filter(({ security }) => security.includes("serviceKey"))
    type Document = { paths: Record<string, Record<string, { security: { serviceKey?: string[] }[] }>> }
    const { json } = await ground.client().get<Document>("/v1/openapi.json")
    const needed = (method: string, path: string): string | undefined =>
      json.paths[path.replace(/^\/v1/, "")]?.[method.toLowerCase()]?.security.flatMap(
        ({ serviceKey }) => serviceKey ?? [],
      )[0]
    const wrong: unknown[] = []
    for (const scope of serviceScopes) {
      const authorization = `Bearer ${await ground.server.createServiceKey([scope])}`
      for (const route of routes) {
        // What would remove the account that the others are tried on comes at its own scope alone.
        if (route.method === "DELETE" && scope === needed(route.method, route.path)) continue
        const sent = await callRoute(ground, route, { id: who.id, headers: { authorization } })
        const refused = sent.status === 403 && sent.text.includes("insufficient_scope")
        if (refused === (needed(route.method, route.path) === scope))
          wrong.push([scope, route.method, route.path, sent.status])
      }
    }
    expect(wrong).toEqual([])
  })

  test("is no user: no route of a signed-in person takes it, and it steps up nowhere (C2)", async () => {
    const authorization = `Bearer ${await ground.server.createServiceKey(serviceScopes)}`
    const routes = (await nativeRoutes(ground)).filter(
      ({ security }) => security.includes("session") && !security.includes("serviceKey"),
    )
    expect(routes.length).toBeGreaterThan(20)
    for (const route of routes) {
      const sent = await callRoute(ground, route, { headers: { authorization } })
      expect([route.method, route.path, [401, 403].includes(sent.status)]).toEqual([route.method, route.path, true])
    }
    for (const path of ["/identity/manage/info", "/api/2.0/people/@self", "/api/2.0/keys", "/account"])
      expect([
        path,
        [302, 303, 401, 403, 404].includes((await ground.client({ bearer: authorization.slice(7) }).get(path)).status),
      ]).toEqual([path, true])
  })
})

describe("what is demanded of everybody", () => {
  test("is changed by administrators alone, with their second factor where they have one, and never below the configuration (D10, F2)", async ({
    skip,
  }) => {
    const strict = await startGround({ secondFactor: "required", secondFactorRoles: ["Staff"] })
    const body = { type: "App", trustedIps: ["0.0.0.0/0", "::/0"] }
    const admin = await strict.person({ roles: ["Administrator"] })
    const proved = await strict.signedIn(admin, { remember: true })
    if ((await proved.get("/api/2.0/settings/tfaapp")).status === 404) skip()
    const staff = await strict.person({ roles: ["Staff"] })
    const plain = await strict.person()
    for (const who of [staff, plain])
      expect((await (await strict.signedIn(who)).put("/api/2.0/settings/tfaapp", body)).status).toBe(403)
    // An administrator on a remembered browser has shown one factor.
    must(await proved.post("/v1/sign-in", credentials(admin)), 200)
    expect((await proved.put("/api/2.0/settings/tfaapp", body)).status).toBe(403)
    const key = must(await (await strict.signedIn(admin)).post<{ key: string }>("/v1/api-keys", { name: "k" }), 201)
      .json.key
    expect((await strict.client({ bearer: key }).put("/api/2.0/settings/tfaapp", body)).status).toBe(403)

    must(await (await strict.signedIn(admin)).put("/api/2.0/settings/tfaapp", body), 200)
    // The configuration's own demand stands at every door; what the rule leaves loose, it leaves loose at its own.
    const portal = async (who: Person) =>
      (
        await strict
          .client({ origin: null })
          .post<{ response?: Json }>("/api/2.0/authentication", { userName: who.email, password: who.password })
      ).json.response
    expect((await portal(staff))?.["token"]).toBeUndefined()
    for (const who of [staff, plain]) {
      expect((await strict.client().post<Json>("/v1/sign-in", credentials(who))).json["status"]).toBe("second_factor")
      expect(
        (await strict.client({ origin: null }).post<Json>("/api/accounts/login", credentials(who))).json["token"],
      ).toBeNull()
      expect((await strict.client().post("/identity/login", credentials(who))).status).toBe(401)
    }
    // And what it lets through has one factor, and may not do what needs two, there or elsewhere.
    const passed = String((await portal(plain))?.["token"])
    const through = strict.client({ bearer: passed })
    if (passed !== "undefined") {
      expect((await through.get<Json>("/v1/session")).json).toMatchObject({ session: { aal: "aal1" } })
      for (const ask of [
        through.put("/api/2.0/settings/tfaappnewapp", {}),
        through.put("/api/2.0/settings/tfaappnewcodes"),
        through.delete(`/v1/factors/${plain.factorId}`),
        through.post("/v1/recovery-codes"),
      ])
        expect([401, 403]).toContain((await ask).status)
      expect(await strict.server.engine.factors.list({ ...operator, userId: plain.id })).toHaveLength(1)
    }
    await strict.close()
  })
})
