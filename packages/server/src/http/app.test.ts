import { describe, expect, test } from "vitest"
import type { Database } from "../store/database.ts"
import { DatabaseUnavailable } from "../store/database.ts"
import { appForTests, calmDatabase, silentDatabase, testDoor } from "./app-for-tests.ts"
import { healthDoor } from "./health.ts"
import type { Reply, Route } from "./route.ts"

const fine = (): Reply => ({ status: 200, json: {} })
const routes: Route[] = [
  { method: "GET", path: "/who", handle: fine },
  { method: "GET", path: "/once", head: false, handle: fine },
  {
    method: "GET",
    path: "/fault",
    handle: () => {
      throw new Error("secret inner words")
    },
  },
  {
    method: "GET",
    path: "/locked",
    handle: () => {
      throw new DatabaseUnavailable("full")
    },
  },
  { method: "GET", path: "/never", handle: async () => await new Promise<Reply>(() => undefined) },
  { method: "GET", path: "/items/:id", handle: ({ params }) => ({ status: 200, json: params }) },
  { method: "DELETE", path: "/items/:id", handle: () => ({ status: 204 }) },
]
const door = testDoor(routes)
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
})

describe("routing", () => {
  const { fetch } = appForTests([
    door,
    testDoor([{ method: "POST", path: "/Login", handle: fine }], {
      name: "loose",
      prefix: "/api/accounts",
      caseInsensitive: true,
    }),
  ])

  test("a path that no door has is a 404 problem", async () => {
    const response = await fetch("/nothing")
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toBe("application/problem+json")
  })
  test("a prefix only counts at a slash", async () => {
    expect((await fetch("/twho")).status).toBe(404)
  })
  test("a known path with another method is a 405 that names those it has", async () => {
    const response = await fetch("/t/items/7", { method: "PUT" })
    expect(response.status).toBe(405)
    expect(response.headers.get("allow")?.split(", ").toSorted()).toEqual(["DELETE", "GET", "HEAD", "OPTIONS"])
  })
  test("HEAD answers as GET without a body", async () => {
    const response = await fetch("/t/items/7", { method: "HEAD" })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe("")
  })
  test("HEAD is refused where a GET spends something", async () => {
    expect((await fetch("/t/once", { method: "HEAD" })).status).toBe(405)
    expect((await fetch("/t/once")).status).toBe(200)
  })
  test("OPTIONS without a preflight tells the methods and nothing of CORS", async () => {
    const response = await fetch("/t/items/7", { method: "OPTIONS" })
    expect(response.status).toBe(204)
    expect(response.headers.get("allow")).toContain("DELETE")
    expect(response.headers.get("access-control-allow-origin")).toBeNull()
  })
  test("a door that asks for it is matched in any case", async () => {
    for (const path of ["/api/accounts/login", "/API/Accounts/LOGIN", "/api/accounts/Login"])
      expect((await fetch(path, post({}))).status).toBe(200)
  })
  test("other doors are not", async () => {
    expect((await fetch("/T/who")).status).toBe(404)
  })
  test.each(["%00", "%ED%A0%80x%00", "x".repeat(400)])(
    "a path parameter that no id can have is a 404 (%#)",
    async (id) => {
      expect((await fetch(`/t/items/${id}`)).status).toBe(404)
    },
  )
  test("parameters are decoded, a broken escape harms nothing", async () => {
    expect(await (await fetch("/t/items/a%2Fb%20c")).json()).toEqual({ id: "a/b c" })
    expect((await fetch("/t/items/%zz")).status).toBe(200)
  })
})

describe("the public URL's own path", () => {
  const { fetch } = appForTests([door], { publicUrl: "https://app.example.com/auth" })
  test("is taken off where the request still has it", async () => expect((await fetch("/auth/t/who")).status).toBe(200))
  test("need not be there, when a proxy took it off", async () => expect((await fetch("/t/who")).status).toBe(200))
  test("counts only whole", async () => expect((await fetch("/authority/t/who")).status).toBe(404))
})

describe("faults", () => {
  test("an unexpected fault is a 500 without a word of it, and reported", async () => {
    const { fetch, reports } = appForTests([door])
    const response = await fetch("/t/fault")
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain("secret")
    expect(reports).toHaveLength(1)
  })
  test("a door may say it in its own form", async () => {
    const { fetch } = appForTests([testDoor(routes, { renderFault: () => new Response("sorry", { status: 500 }) })])
    expect(await (await fetch("/t/fault")).text()).toBe("sorry")
  })
  test("with a silent database it is a 503", async () => {
    const { fetch } = appForTests([door], { database: silentDatabase })
    expect((await fetch("/t/fault")).status).toBe(503)
  })
  test("the store's own failure is a 503 even when it answers reads", async () => {
    expect((await appForTests([door]).fetch("/t/locked")).status).toBe(503)
  })
  test("what takes too long is a 503", async () => {
    const { fetch, reports } = appForTests([door], { answerSeconds: 0.02 })
    expect((await fetch("/t/never")).status).toBe(503)
    expect(reports).toHaveLength(1)
  })
})

describe("health", () => {
  let stopping = false
  const healthy = (database: Database = calmDatabase) =>
    appForTests([door, healthDoor({ database, isStopping: () => stopping })])
  test("a living process says so, whatever its database does", async () => {
    expect((await healthy(silentDatabase).fetch("/healthz")).status).toBe(200)
  })
  test("it is ready while its database answers", async () => {
    expect((await healthy().fetch("/readyz")).status).toBe(200)
    expect((await healthy(silentDatabase).fetch("/readyz")).status).toBe(503)
  })
  test("it is not ready any more once it stops", async () => {
    stopping = true
    expect((await healthy().fetch("/readyz")).status).toBe(503)
    stopping = false
  })
})
