import { describe, expect, test } from "vitest"
import { all, cases, credentialsOf, json, pathWith, pendingOf, send } from "./every-operation-for-tests.ts"
import { fittingBody } from "./junk-for-tests.ts"
import { nativeForTests } from "./native-for-tests.ts"

describe("a challenge that is still open (C3, C18, D1)", () => {
  const settling = new Set(["/challenge", "/challenge/start", "/challenge/answer", "/challenge/postpone"])
  const open = new Set([
    "/sign-up",
    "/sign-up/resend",
    "/address/confirm",
    "/sign-in",
    "/password/forgot",
    "/password/reset",
    "/session",
    "/policy",
  ])
  const others = cases.filter(([, { path }]) => !settling.has(path) && !open.has(path))

  test.each(others)("opens no %s", async (_name, each) => {
    const server = await nativeForTests()
    const { user, bearer, cookie } = await pendingOf(server)
    const before = await server.engine.factors.list({
      actor: { type: "operator", name: "test" },
      userId: user.id,
      source: { door: "cli" },
    })
    for (const headers of [bearer, cookie])
      for (const id of [user.id, user.factorId ?? ""]) {
        const body = JSON.stringify(fittingBody(each.operation))
        const seen = await send(server, {
          method: each.method,
          path: pathWith(each, id),
          body,
          headers: { ...json, ...headers },
        })
        expect(seen.status).toBe(401)
        expect(seen.text).not.toContain(user.id)
        expect(seen.text).not.toContain(user.email)
      }
    const after = await server.engine.factors.list({
      actor: { type: "operator", name: "test" },
      userId: user.id,
      source: { door: "cli" },
    })
    expect(after).toEqual(before)
  })
  test("the session is nobody's, and policy tells nothing of the user", async () => {
    const server = await nativeForTests()
    const { user, bearer, cookie } = await pendingOf(server)
    for (const headers of [bearer, cookie]) {
      const session = await send(server, { method: "GET", path: "/session", headers })
      expect(JSON.parse(session.text)).toMatchObject({ session: null, user: null, tasks: [] })
      expect((await send(server, { method: "GET", path: "/policy", headers })).text).not.toContain(user.id)
    }
  })
  test("nothing that the first step answered is a way in by itself", async () => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const response = await send(server, {
      method: "POST",
      path: "/sign-in",
      headers: json,
      body: JSON.stringify({ email: user.email, password: user.password }),
    })
    const values = [
      ...response.text.matchAll(/"([^"]{8,})"/g),
      ...response.headers
        .getSetCookie()
        .join("\n")
        .matchAll(/=([^;\s]{8,})/g),
    ].map(([, value = ""]) => value)
    expect(values.length).toBeGreaterThan(3)
    for (const value of values) {
      if (/[^\x21-\x7e]/.test(value)) continue
      for (const headers of [{ authorization: `Bearer ${value}` }, { cookie: `__Host-countersign=${value}` }])
        expect((await send(server, { method: "GET", path: "/me", headers })).status).toBe(401)
    }
  })
})

describe("another site (D2)", () => {
  const changing = cases.filter(([, { method }]) => method !== "GET")
  test.each(changing)("can't make a browser call %s", async (_name, each) => {
    const server = await nativeForTests()
    const { cookie } = await credentialsOf(server)
    const body = JSON.stringify(fittingBody(each.operation))
    const path = pathWith(each, "x")
    const evil: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]
    for (const from of evil) {
      const seen = await send(server, { method: each.method, path, body, headers: { ...json, ...cookie, ...from } })
      expect(JSON.parse(seen.text)).toMatchObject({ status: 403, code: "origin_refused" })
      expect(seen.headers.get("access-control-allow-origin")).toBeNull()
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const seen = await send(server, {
        method: each.method,
        path,
        body: "a=1",
        headers: { ...cookie, "content-type": type },
      })
      expect([403, 404, 410, 415]).toContain(seen.status)
    }
  })
  test.each(changing)("can't call %s by GET", async (_name, each) => {
    const server = await nativeForTests()
    const { cookie } = await credentialsOf(server)
    const alsoRead = all.some(({ method, path }) => method === "GET" && path === each.path)
    const seen = await send(server, { method: "GET", path: pathWith(each, "x"), headers: cookie })
    expect(alsoRead || seen.status === 405).toBe(true)
  })
})

describe("somebody else's ids (D4)", () => {
  test("are not found, and nothing of theirs changes", async () => {
    const server = await nativeForTests()
    const victim = await server.createUser({ totp: true })
    const browser = server.client()
    await browser.post("/v1/sign-in", { email: victim.email, password: victim.password })
    await browser.post("/v1/challenge/answer", { kind: "totp", answer: victim.app?.code(), rememberDevice: true })
    const key = await browser.post<{ record: { id: string } }>("/v1/api-keys", { name: "mine" })
    const mine = async () => [
      (await browser.get("/v1/factors")).json,
      (await browser.get("/v1/sessions")).json,
      (await browser.get("/v1/remembered-devices")).json,
      (await browser.get("/v1/api-keys")).json,
    ]
    const before = await mine()
    const idsIn = [...JSON.stringify(before).matchAll(/"id":"([^"]+)"/g)].map(([, id = ""]) => id)
    expect(idsIn).toContain(key.json.record.id)
    expect(idsIn.length).toBeGreaterThanOrEqual(4)

    const thief = await server.bearerOf(await server.createUser({ totp: true }))
    for (const each of all.filter(({ path }) => path.includes("{id}") && !path.startsWith("/users")))
      for (const id of [...idsIn, victim.id]) {
        const seen = await send(server, {
          method: each.method,
          path: pathWith(each, id),
          body: JSON.stringify({ name: "taken" }),
          headers: { ...json, authorization: `Bearer ${thief.token}` },
        })
        expect([400, 404, 422]).toContain(seen.status)
      }
    expect(await mine()).toEqual(before)
  })
  test("the users of a service are no user's business", async () => {
    const server = await nativeForTests()
    const victim = await server.createUser({ totp: true })
    const thief = await server.bearerOf(await server.createUser())
    for (const each of all.filter(({ path }) => path.startsWith("/users"))) {
      const seen = await send(server, {
        method: each.method,
        path: pathWith(each, victim.id),
        body: JSON.stringify(fittingBody(each.operation)),
        headers: { ...json, authorization: `Bearer ${thief.token}` },
      })
      expect(seen.status).toBe(403)
      expect(seen.text).not.toContain(victim.email)
    }
  })
  test("a service reaches only what its scopes name", async () => {
    const server = await nativeForTests()
    const victim = await server.createUser({ totp: true })
    const key = await server.createServiceKey(["mfa-tokens:spend"])
    for (const each of all.filter(({ operation }) => operation.security.some((way) => "serviceKey" in way))) {
      if (each.path === "/mfa-tokens/spend") continue
      const seen = await send(server, {
        method: each.method,
        path: pathWith(each, victim.id),
        body: JSON.stringify(fittingBody(each.operation)),
        headers: { ...json, authorization: `Bearer ${key}` },
      })
      expect(JSON.parse(seen.text)).toMatchObject({ code: "insufficient_scope" })
    }
  })
})
