import { describe, expect, test } from "vitest"
import { appForTests, liveToken, origin, testDoor } from "./app-for-tests.ts"
import type { Route } from "./route.ts"

const who: Route["handle"] = async (call) => ({ status: 200, json: { actor: (await call.actor())?.type } })
const routes: Route[] = [
  { method: "GET", path: "/who", handle: who },
  { method: "POST", path: "/who", handle: who },
  { method: "DELETE", path: "/items/:id", handle: () => ({ status: 204 }) },
  {
    method: "GET",
    path: "/fault",
    handle: () => {
      throw new Error("inner words")
    },
  },
]
const door = testDoor(routes)
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
})

describe("headers of every answer", () => {
  const names = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "cross-origin-opener-policy",
    "cache-control",
    "strict-transport-security",
  ]
  test.each(["/t/who", "/t/fault", "/t/nothing", "/nowhere"])("%s", async (path) => {
    const { headers } = await appForTests([door]).fetch(path)
    for (const name of names) expect([name, headers.get(name)]).not.toEqual([name, null])
    expect(headers.get("content-security-policy")).toContain("default-src 'none'")
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'")
    expect(headers.get("cache-control")).toBe("no-store")
    expect(headers.get("referrer-policy")).toBe("no-referrer")
  })
  test("HSTS is left out over plain http, and covers subdomains in the strict profile", async () => {
    const plain = await appForTests([door], { publicUrl: "http://localhost:3000" }).fetch("/t/who")
    expect(plain.headers.get("strict-transport-security")).toBeNull()
    const strict = await appForTests([door], { profile: "asvs" }).fetch("/t/who")
    expect(strict.headers.get("strict-transport-security")).toContain("includeSubDomains")
  })
  test("a door's own policy stands", async () => {
    const own: Route = {
      method: "GET",
      path: "/page",
      handle: () => ({ status: 200, html: "<p>", headers: { "content-security-policy": "default-src 'self'" } }),
    }
    const { headers } = await appForTests([testDoor([own])]).fetch("/t/page")
    expect(headers.get("content-security-policy")).toBe("default-src 'self'")
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8")
  })
})

describe("origins", () => {
  const { fetch } = appForTests([door], { allowedOrigins: ["https://app.example.com"] })
  const send = async (headers: Record<string, string>, path = "/t/who") => (await fetch(path, post({}, headers))).status
  test("a foreign origin changes nothing", async () => {
    for (const foreign of [
      "https://evil.example",
      "null",
      "https://app.example.com.evil.example",
      "http://app.example.com",
      "https://auth.example.com:8443",
    ])
      expect([foreign, await send({ origin: foreign })]).toEqual([foreign, 403])
  })
  test("the own and an allowed one may", async () => {
    expect(await send({ origin })).toBe(200)
    expect(await send({ origin: "https://app.example.com", "sec-fetch-site": "cross-site" })).toBe(200)
  })
  test.each(["cross-site", "same-site", "nonsense"])(
    "without an origin, Sec-Fetch-Site %s is refused",
    async (site) => {
      expect(await send({ "sec-fetch-site": site })).toBe(403)
    },
  )
  test("with both absent JSON passes", async () => expect(await send({})).toBe(200))
  test("a bearer is no browser's cookie, so its origin does not matter", async () => {
    expect(await send({ origin: "https://evil.example", authorization: `Bearer ${liveToken}` })).toBe(200)
  })
  test("reading is not refused, but a foreign origin may not read the answer", async () => {
    const response = await fetch("/t/who", { headers: { origin: "https://evil.example" } })
    expect(response.status).toBe(200)
    expect(response.headers.get("access-control-allow-origin")).toBeNull()
  })
  test("a door without cookies has no use for the check", async () => {
    const bare = appForTests([testDoor(routes, { cookies: false })])
    expect((await bare.fetch("/t/who", post({}, { origin: "https://evil.example" }))).status).toBe(200)
  })
  test("an allowed origin may read, with credentials, and never by a star", async () => {
    const { headers } = await fetch("/t/who", { headers: { origin: "https://app.example.com" } })
    expect(headers.get("access-control-allow-origin")).toBe("https://app.example.com")
    expect(headers.get("access-control-allow-credentials")).toBe("true")
    expect(headers.get("vary")).toContain("Origin")
  })
  test("refusals can be read by an allowed origin as well", async () => {
    const { headers } = await fetch("/t/nothing", { headers: { origin: "https://app.example.com" } })
    expect(headers.get("access-control-allow-origin")).toBe("https://app.example.com")
  })
  test("a preflight is answered for allowed origins only", async () => {
    const ask = async (from: string) =>
      await fetch("/t/items/7", {
        method: "OPTIONS",
        headers: {
          origin: from,
          "access-control-request-method": "DELETE",
          "access-control-request-headers": "authorization,content-type,x-requested-with",
        },
      })
    const allowed = await ask("https://app.example.com")
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get("access-control-allow-methods")).toContain("DELETE")
    expect(allowed.headers.get("access-control-allow-headers")).toBe("authorization,content-type,x-requested-with")
    const foreign = await ask("https://evil.example")
    expect(foreign.headers.get("access-control-allow-origin")).toBeNull()
    expect(foreign.headers.get("access-control-allow-methods")).toBeNull()
  })
})
