import { expect, test } from "vitest"
import { createCountersignClient } from "./index.ts"
import type { CountersignClient, TokenStorage } from "./index.ts"
import { codeOf } from "./testing/fake-account.ts"
import { createFakeServer, problem } from "./testing/fake-server.ts"
import type { FakeServer } from "./testing/fake-server.ts"

type Storage = TokenStorage & { readonly kept: Map<string, string>; broken: boolean }

function createStorage(): Storage {
  const kept = new Map<string, string>()
  const storage: Storage = {
    kept,
    broken: false,
    async getItemAsync(key) {
      if (storage.broken) throw new Error("key store locked")
      return kept.get(key) ?? null
    },
    async setItemAsync(key, value) {
      if (storage.broken) throw new Error("key store locked")
      kept.set(key, value)
    },
    async deleteItemAsync(key) {
      kept.delete(key)
    },
  }
  return storage
}

const bearerClient = (
  server: FakeServer,
  storage?: TokenStorage,
  onError?: (error: unknown) => void,
): CountersignClient =>
  createCountersignClient({ url: "http://localhost", storage, onError, fetch: server.fetch, retryMilliseconds: [] })

const bearerOf = (server: FakeServer, call: string): string | null =>
  server.requests.findLast((request) => request.call === call)?.headers.get("authorization") ?? null

test("outside a browser the session is a bearer token: asked for, kept in the storage, sent along", async () => {
  const server = createFakeServer(true)
  const storage = createStorage()
  const client = bearerClient(server, storage)
  await client.load()
  expect(server.calls).toEqual([])
  expect(client.current()).toMatchObject({ loaded: true, user: null })

  await client.signIn({ email: "ada@example.com", password: "right" })
  expect(server.requests[0]?.body).toMatchObject({ session: "bearer" })
  expect(JSON.parse(storage.kept.get("countersign") ?? "")).toEqual({ session: "css_s1" })
  await client.factors.list()
  expect(bearerOf(server, "GET /factors")).toBe("Bearer css_s1")
  expect(await client.token()).toBe("css_s1")

  const next = bearerClient(server, storage)
  expect((await next.load()).user?.email).toBe("ada@example.com")
})

test("a challenge's token opens the challenge, and goes when the session is there", async () => {
  const server = createFakeServer(true)
  const storage = createStorage()
  server.account.required = true
  const client = bearerClient(server, storage)
  await client.signIn({ email: "ada@example.com", password: "right" })
  const begun = await client.factors.begin({ kind: "totp" })
  expect(bearerOf(server, "POST /factors")).toBe("Bearer csc_1")
  await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  expect(JSON.parse(storage.kept.get("countersign") ?? "")).toEqual({ session: "css_s3" })
  expect(client.current().user?.secondFactorEnabled).toBe(true)
})

test("a step-up is answered with the challenge's own token while the session keeps its own", async () => {
  const server = createFakeServer(true)
  const client = bearerClient(server)
  await client.signIn({ email: "ada@example.com", password: "right" })
  const challenge = await client.stepUp("first_factor")
  expect(challenge).not.toHaveProperty("token")
  await client.challenge.answer({ kind: "password", answer: "right" })
  expect(bearerOf(server, "POST /challenge/answer")).toBe("Bearer csc_1")
  expect(await client.token()).toBe("css_s1")
  expect(client.current().challenge).toBeNull()
})

test("a token that the server replaced is the one that is used and kept from then on", async () => {
  const server = createFakeServer(true)
  const storage = createStorage()
  const client = bearerClient(server, storage)
  await client.signIn({ email: "ada@example.com", password: "right" })
  server.next("POST /me/password", new Response(null, { status: 204, headers: { "countersign-session": "css_fresh" } }))
  await client.account.changePassword({ current: "right", password: "another one" })
  expect(bearerOf(server, "GET /session")).toBe("Bearer css_fresh")
  expect(storage.kept.get("countersign")).toContain("css_fresh")
})

test("a dead token is forgotten, also in the storage", async () => {
  const server = createFakeServer(true)
  const storage = createStorage()
  storage.kept.set("countersign", '{"session":"css_old"}')
  const client = bearerClient(server, storage)
  expect(await client.load()).toMatchObject({ loaded: true, user: null })
  expect(storage.kept.size).toBe(0)
})

test("a call refused with an older token does not forget the newer one", async () => {
  const server = createFakeServer(true)
  const client = bearerClient(server)
  await client.signIn({ email: "ada@example.com", password: "right" })
  const late = problem(401, "unauthenticated")
  late.headers.set("countersign-session", "css_newer")
  server.next("GET /session", late)
  await client.reload()
  expect(client.current().user).not.toBeNull()
  expect(await client.token()).toBe("css_newer")
})

test("a refusal for want of a fresh proof keeps the session, at 401 as at 403", async () => {
  const server = createFakeServer(true)
  const client = bearerClient(server)
  await client.signIn({ email: "ada@example.com", password: "right" })
  for (const status of [401, 403]) {
    server.next("POST /factors", problem(status, "session_reverification_required", { level: "second_factor" }))
    await expect(client.factors.begin({ kind: "totp" })).rejects.toMatchObject({
      code: "session_reverification_required",
    })
    expect(await client.token()).toBe("css_s1")
  }
  for (const code of ["mfa_token_invalid", "credentials_incorrect", "factor_limit_reached"]) {
    server.next("POST /factors", problem(401, code))
    await expect(client.factors.begin({ kind: "totp" })).rejects.toMatchObject({ code })
    expect(client.current().user).not.toBeNull()
  }
})

test("a storage that fails is reported and the session goes on in memory", async () => {
  const server = createFakeServer(true)
  const storage = createStorage()
  storage.broken = true
  const errors: unknown[] = []
  const client = bearerClient(server, storage, (error) => errors.push(error))
  await client.signIn({ email: "ada@example.com", password: "right" })
  expect(await client.token()).toBe("css_s1")
  expect(errors).toHaveLength(2)
})

test("a cookie client leaves the storage alone, which in a browser may be one that can't be used", async () => {
  const server = createFakeServer()
  const storage = createStorage()
  storage.broken = true
  const errors: unknown[] = []
  const onError = (error: unknown): unknown => errors.push(error)
  const client = createCountersignClient({
    url: "http://localhost",
    fetch: server.fetch,
    session: "cookie",
    storage,
    onError,
  })
  await client.signIn({ email: "ada@example.com", password: "right" })
  await client.signOut()
  expect(client.current()).toMatchObject({ loaded: true, user: null })
  expect(errors).toEqual([])
})

test("signing out forgets a bearer's session even where the server can't be reached", async () => {
  const server = createFakeServer(true)
  const storage = createStorage()
  const client = bearerClient(server, storage)
  await client.signIn({ email: "ada@example.com", password: "right" })
  server.next("DELETE /session", new TypeError("offline"))
  await client.signOut()
  expect(await client.token()).toBeNull()
  expect(storage.kept.size).toBe(0)
})

test("calls for which nobody has to be signed in carry no token", async () => {
  const server = createFakeServer(true)
  const client = bearerClient(server)
  await client.signIn({ email: "ada@example.com", password: "right" })
  server.next("POST /password/forgot", new Response(null, { status: 204 }))
  await client.account.forgotPassword("ada@example.com")
  expect(bearerOf(server, "POST /password/forgot")).toBeNull()
})
