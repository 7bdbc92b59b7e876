// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest"
import { createCountersignClient } from "./index.ts"
import type { CountersignClient } from "./index.ts"
import { createFakeServer } from "./testing/fake-server.ts"
import type { FakeServer } from "./testing/fake-server.ts"

const stops: (() => void)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))

/** One tab of a browser: a client that somebody listens to. */
async function tab(server: FakeServer): Promise<CountersignClient> {
  const client = createCountersignClient({ url: "http://localhost", fetch: server.fetch, retryMilliseconds: [] })
  stops.push(client.subscribe(() => {}))
  await client.load()
  return client
}

test("in a browser the session is a cookie without anybody saying so", async () => {
  const server = createFakeServer().signedIn()
  const client = await tab(server)
  expect(client.current().user?.email).toBe("ada@example.com")
  expect(server.requests[0]?.headers.get("authorization")).toBeNull()
  expect(await client.token()).toBeNull()
})

test("what one tab changes the others read, and a tab that signs out signs them all out", async () => {
  const server = createFakeServer().signedIn()
  const [one, two] = [await tab(server), await tab(server)]
  server.account.revision = 2
  await one.factors.begin({ kind: "totp" })
  await vi.waitFor(() => expect(two.current().user?.revision).toBe(2))
  await one.signOut()
  await vi.waitFor(() => expect(two.current().user).toBeNull())
})

test("a tab that nobody listens to asks nothing", async () => {
  const server = createFakeServer().signedIn()
  const one = await tab(server)
  const silent = createCountersignClient({ url: "http://localhost", fetch: server.fetch })
  await silent.load()
  server.calls.length = 0
  await one.factors.begin({ kind: "totp" })
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(server.calls).toEqual(["POST /factors", "GET /session"])
})

test("a tab that was away for a minute reads anew when it is looked at, and one that was not does not", async () => {
  const server = createFakeServer().signedIn()
  await tab(server)
  server.calls.length = 0
  document.dispatchEvent(new Event("visibilitychange"))
  expect(server.calls).toEqual([])
  const later = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000)
  document.dispatchEvent(new Event("visibilitychange"))
  later.mockRestore()
  await vi.waitFor(() => expect(server.calls).toEqual(["GET /session"]))
})

test("a page that was opened without a connection reads once there is one", async () => {
  const server = createFakeServer().signedIn()
  server.next("GET /session", new TypeError("offline"))
  const client = createCountersignClient({ url: "http://localhost", fetch: server.fetch, retryMilliseconds: [] })
  stops.push(client.subscribe(() => {}))
  await client.load().catch(() => undefined)
  expect(client.current().loaded).toBe(false)
  dispatchEvent(new Event("online"))
  await vi.waitFor(() => expect(client.current().user).not.toBeNull())
})

test("nothing is put into web storage", async () => {
  const server = createFakeServer().signedIn()
  const client = await tab(server)
  await client.factors.begin({ kind: "totp" })
  expect(localStorage.length + sessionStorage.length).toBe(0)
  expect(document.cookie).toBe("")
})
