import { describe, expect, test } from "vitest"
import { appForTests, liveToken, testDoor } from "./app-for-tests.ts"
import type { Call, Reply, Route } from "./route.ts"

const who = async (call: Call): Promise<Reply> => ({
  status: 200,
  json: {
    actor: (await call.actor())?.type ?? null,
    via: call.credential?.via ?? null,
    challenge: call.challengeToken ?? null,
  },
})

const routes: Route[] = [
  { method: "GET", path: "/who", handle: who },
  {
    method: "GET",
    path: "/elsewhere",
    handle: async (call) => {
      await call.actor()
      return Response.redirect("https://auth.example.com/account", 303)
    },
  },
  {
    method: "POST",
    path: "/signed-in",
    handle: () => ({ status: 200, cookies: [{ name: "session", value: "css_new", maxAgeSeconds: 60 }] }),
  },
]
const door = testDoor(routes)

describe("credentials", () => {
  const { fetch } = appForTests([door])
  const name = "__Host-countersign"
  const ask = async (headers: Record<string, string>, path = "/t/who") => await (await fetch(path, { headers })).json()
  test("a cookie is looked up", async () => {
    expect(await ask({ cookie: `other=1; ${name}=${liveToken}` })).toMatchObject({ actor: "session", via: "cookie" })
  })
  test("one that is planted without the prefix, or twice, is not looked at", async () => {
    expect(await ask({ cookie: `countersign=${liveToken}` })).toMatchObject({ actor: null, via: null })
    expect(await ask({ cookie: `${name}=${liveToken}; ${name}=css_other` })).toMatchObject({ actor: null })
  })
  test("a bearer decides alone", async () => {
    expect(await ask({ cookie: `${name}=${liveToken}`, authorization: "Bearer css_dead" })).toMatchObject({
      actor: null,
      via: "bearer",
    })
    expect(await ask({ authorization: `bearer ${liveToken}` })).toMatchObject({ actor: "session", via: "bearer" })
  })
  test.each(["Basic dTE6cA==", "Bearer", "Bearer ", liveToken])("%s is no credential", async (authorization) => {
    expect(await ask({ authorization })).toMatchObject({ actor: null, via: null })
  })
  test("a challenge's bearer is a challenge and nobody", async () => {
    expect(await ask({ authorization: "Bearer csc_x" })).toEqual({ actor: null, via: "bearer", challenge: "csc_x" })
  })
  test("a bearer leaves the challenge's cookie alone as well", async () => {
    expect(await ask({ authorization: `Bearer ${liveToken}`, cookie: `${name}-challenge=csc_x` })).toMatchObject({
      challenge: null,
    })
  })
  test("a token in the address is refused", async () => {
    expect((await fetch(`/t/who?access_token=${liveToken}`)).status).toBe(422)
  })
  test("it is cleared from a redirect as well", async () => {
    const response = await fetch("/t/elsewhere", { headers: { cookie: `${name}=css_planted` } })
    expect([response.status, response.headers.get("location")]).toEqual([303, "https://auth.example.com/account"])
    expect(response.headers.getSetCookie()[0]).toMatch(/Max-Age=0/)
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'")
  })
  test("an unknown session cookie is cleared, never adopted", async () => {
    const response = await fetch("/t/who", { headers: { cookie: `${name}=css_planted` } })
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-countersign=; .*Max-Age=0/)])
    const live = await fetch("/t/who", { headers: { cookie: `${name}=${liveToken}` } })
    expect(live.headers.getSetCookie()).toEqual([])
  })
})

describe("cookies on their way out", () => {
  const cookieOf = async (more: Parameters<typeof appForTests>[1]) =>
    (await appForTests([door], more).fetch("/t/signed-in", { method: "POST" })).headers.getSetCookie()[0] ?? ""
  test("carry the prefix and every attribute", async () => {
    expect((await cookieOf({})).split("; ")).toEqual([
      "__Host-countersign=css_new",
      "Path=/",
      "HttpOnly",
      "Secure",
      "SameSite=Lax",
      "Max-Age=60",
    ])
  })
  test("follow the configured SameSite", async () => {
    expect(await cookieOf({ cookieSameSite: "strict" })).toContain("SameSite=Strict")
    expect(await cookieOf({ cookieSameSite: "none" })).toMatch(/Secure; SameSite=None/)
  })
  test.each(["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"])(
    "have a plain name on %s",
    async (publicUrl) => {
      const cookie = await cookieOf({ publicUrl })
      expect(cookie).toMatch(/^countersign=css_new; /)
      expect(cookie).not.toContain("Secure")
    },
  )
  test.each(["http://intranet.example", "http://127.0.0.1.evil.example"])("stay secure on %s", async (publicUrl) => {
    expect(await cookieOf({ publicUrl })).toMatch(/^__Host-countersign=.*Secure/)
  })
})
