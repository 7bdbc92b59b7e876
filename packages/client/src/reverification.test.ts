import { expect, test } from "vitest"
import { createCountersignClient, isClientError } from "./index.ts"
import type { ClientOptions, CountersignClient, ReverificationRequest } from "./index.ts"
import { createFakeServer, problem } from "./testing/fake-server.ts"
import type { FakeServer } from "./testing/fake-server.ts"

function staleClient(more: ClientOptions = {}): { server: FakeServer; client: CountersignClient } {
  const server = createFakeServer().signedIn()
  server.account.stale = true
  const client = createCountersignClient({
    url: "http://localhost",
    session: "cookie",
    fetch: server.fetch,
    retryMilliseconds: [],
    ...more,
  })
  return { server, client }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

test("without anybody who asks, the refusal comes back with its level", async () => {
  const { client } = staleClient()
  await expect(client.factors.begin({ kind: "totp" })).rejects.toMatchObject({
    code: "session_reverification_required",
    level: "second_factor",
    maxAgeSeconds: 600,
  })
})

test("one question for everybody who waits; completed, each is tried once more", async () => {
  const asked: ReverificationRequest[] = []
  const { server, client } = staleClient({ onNeedsReverification: (request) => void asked.push(request) })
  const both = Promise.all([
    client.factors.begin({ kind: "totp" }),
    client.recoveryCodes.replace().catch(() => "refused"),
  ])
  await turn()
  expect(asked).toHaveLength(1)
  server.account.stale = false
  asked[0]?.complete()
  const [begun] = await both
  expect(begun.show.secret).toMatch(/^SECRET/)
  expect(server.count("POST /factors")).toBe(2)
})

test("cancelled, everybody who waits is refused, and the session stays", async () => {
  const asked: ReverificationRequest[] = []
  const { client } = staleClient({ onNeedsReverification: (request) => void asked.push(request) })
  await client.load()
  const calls = [client.factors.begin({ kind: "totp" }), client.factors.begin({ kind: "totp", name: "Other" })]
  const results = Promise.allSettled(calls)
  await turn()
  asked[0]?.cancel()
  for (const result of await results)
    expect(result.status === "rejected" && isClientError(result.reason, "reverification_cancelled")).toBe(true)
  expect(client.current().user).not.toBeNull()
})

test("refused again after the proof, the refusal comes back instead of a second question", async () => {
  let asked = 0
  const { client } = staleClient({
    onNeedsReverification: (request) => {
      asked += 1
      request.complete()
    },
  })
  await expect(client.factors.begin({ kind: "totp" })).rejects.toMatchObject({
    code: "session_reverification_required",
  })
  expect(asked).toBe(1)
})

test("a stronger demand that joins raises the level of the open question", async () => {
  const asked: ReverificationRequest[] = []
  const { client } = staleClient({ onNeedsReverification: (request) => void asked.push(request) })
  const first = client.reverification.require("first_factor")
  expect(asked[0]?.level).toBe("first_factor")
  const second = client.reverification.require("multi_factor")
  expect(asked[0]?.level).toBe("multi_factor")
  asked[0]?.complete()
  await Promise.all([first, second])
  expect(asked).toHaveLength(1)
})

test("signing out while a question is open refuses whoever waits", async () => {
  const { client } = staleClient({ onNeedsReverification: () => {} })
  await client.load()
  const waiting = client.factors.begin({ kind: "totp" })
  const refused = waiting.catch((error: unknown) => error)
  await turn()
  await client.signOut()
  expect(await refused).toMatchObject({ code: "reverification_cancelled" })
})

test("a question that was settled can be neither completed nor cancelled again", async () => {
  const asked: ReverificationRequest[] = []
  const { client } = staleClient({ onNeedsReverification: (request) => void asked.push(request) })
  const first = client.reverification.require("second_factor")
  asked[0]?.complete()
  await first
  const second = client.reverification.require("second_factor")
  asked[0]?.cancel()
  asked[1]?.complete()
  await second
})

test("who came last asks, and after leaving the one before", async () => {
  const asked: string[] = []
  const { client } = staleClient({
    onNeedsReverification: (request) => {
      asked.push("base")
      request.complete()
    },
  })
  const leave = client.reverification.listen((request) => {
    asked.push("own")
    request.complete()
  })
  await client.reverification.require("second_factor")
  leave()
  leave()
  await client.reverification.require("second_factor")
  expect(asked).toEqual(["own", "base"])
})

test("a caller that asks by itself gets the refusal at once", async () => {
  let asked = 0
  const { client } = staleClient({ onNeedsReverification: () => (asked += 1) })
  const call = client.reverification.withoutAsking(() => client.factors.begin({ kind: "totp" }))
  await expect(call).rejects.toMatchObject({ code: "session_reverification_required" })
  await expect(client.factors.begin({ kind: "totp" }, { reverify: false })).rejects.toMatchObject({
    code: "session_reverification_required",
  })
  expect(asked).toBe(0)
})

test("reading a secret once more asks as well", async () => {
  const { server, client } = staleClient({ onNeedsReverification: (request) => request.complete() })
  server.next("GET /recovery-codes/copy", problem(403, "session_reverification_required", { level: "second_factor" }))
  server.account.codes = ["ABC"]
  expect((await client.recoveryCodes.copy()).codes).toEqual(["ABC"])
})

test("a token that proves a second factor goes along once and is spent", async () => {
  const { server, client } = staleClient()
  server.account.tokens.set("csm_x", { singleUse: true, action: null })
  await client.factors.begin({ kind: "totp" }, { mfaToken: "csm_x" })
  await expect(client.factors.begin({ kind: "totp" }, { mfaToken: "csm_x" })).rejects.toMatchObject({
    code: "mfa_token_invalid",
  })
})
