import { expect, test } from "vitest"
import { createCountersignClient, isClientError } from "./index.ts"
import type { CountersignClient, ClientOptions, CountersignClientError } from "./index.ts"
import { codeOf } from "./testing/fake-account.ts"
import { createFakeServer, problem } from "./testing/fake-server.ts"
import type { FakeServer } from "./testing/fake-server.ts"

const cookieClient = (server: FakeServer, more: ClientOptions = {}): CountersignClient =>
  createCountersignClient({
    url: "http://localhost",
    session: "cookie",
    fetch: server.fetch,
    retryMilliseconds: [1, 1, 1],
    ...more,
  })

const refusal = async (promise: Promise<unknown>): Promise<CountersignClientError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isClientError(error)) throw new Error("expected a refusal", { cause: error })
  return error
}

test("nothing is asked before the client is asked to, and loading twice asks once", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  expect(client.current()).toMatchObject({ loaded: false, user: null })
  expect(server.calls).toEqual([])
  await Promise.all([client.load(), client.load()])
  expect(server.calls).toEqual(["GET /session"])
  expect(client.current()).toMatchObject({ loaded: true, user: { email: "ada@example.com" } })
  await client.load()
  expect(server.calls).toEqual(["GET /session"])
})

test("an initial state is known at once and needs no request", () => {
  const server = createFakeServer()
  const client = cookieClient(server, { initial: { session: null, user: null, tasks: [] } })
  expect(client.current().loaded).toBe(true)
  expect(server.calls).toEqual([])
})

test("signing in with a second factor leads through a challenge to a session, which listeners see before the promise settles", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  const begun = await client.factors.begin({ kind: "totp" })
  await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  await client.signOut()
  expect(client.current()).toMatchObject({ loaded: true, session: null, user: null })

  const first = await client.signIn({ email: "ada@example.com", password: "right" })
  expect(first.status).toBe("second_factor")
  expect(client.current()).toMatchObject({ session: null, challenge: { purpose: "sign_in" } })

  const seen: (string | null)[] = []
  client.subscribe(() => seen.push(client.current().user?.email ?? null))
  const done = client.challenge.answer({ kind: "totp", answer: codeOf(begun.show.secret) })
  expect(seen).toEqual([])
  await done
  expect(seen).toEqual(["ada@example.com"])
  expect(client.current()).toMatchObject({ challenge: null, user: { secondFactorEnabled: true } })
})

test("a demanded enrolment is settled by confirming, and the codes come along", async () => {
  const server = createFakeServer()
  server.account.required = true
  const client = cookieClient(server)
  await client.signIn({ email: "ada@example.com", password: "right" })
  expect(client.current().challenge?.purpose).toBe("enrol")
  const begun = await client.factors.begin({ kind: "totp" })
  const confirmed = await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  expect(confirmed.recoveryCodes).toHaveLength(10)
  expect(client.current()).toMatchObject({ challenge: null, user: { factorKinds: ["totp"] } })
})

test("equal calls in flight are one request and one answer, different ones are not", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  const [one, two] = await Promise.all([client.factors.begin({ kind: "totp" }), client.factors.begin({ kind: "totp" })])
  expect(one.show.secret).toBe(two.show.secret)
  expect(server.count("POST /factors")).toBe(1)
  const answers = ["999998", "999999"].map((answer) => refusal(client.factors.confirm({ kind: "totp", answer })))
  await Promise.all(answers)
  expect(server.count("POST /factors/confirm")).toBe(2)
  await client.factors.begin({ kind: "totp" })
  expect(server.count("POST /factors")).toBe(2)
})

test("a read that began before a write is not what is read after it", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  const begun = await client.factors.begin({ kind: "totp" })
  const release = server.hold("GET /factors")
  const early = client.factors.list()
  await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  const late = client.factors.list()
  release()
  expect((await early).factors).toEqual([])
  expect((await late).factors[0]?.state).toBe("on")
})

test("an old answer that comes late does not undo a newer one", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  await client.load()
  const release = server.hold("GET /session")
  const slow = client.reload()
  await client.signOut()
  release()
  await slow
  expect(client.current()).toMatchObject({ session: null, user: null })
})

test("the user object stays the same until its revision grows, and an older revision is never shown", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  const { user } = await client.load()
  server.account.seconds = [3, -1]
  expect((await client.reload()).user).toBe(user)
  server.account.revision = 5
  const newer = (await client.reload()).user
  expect(newer).not.toBe(user)
  server.account.revision = 4
  expect((await client.reload()).user).toBe(newer)
})

test("a listener is called only for a change", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  let calls = 0
  const stop = client.subscribe(() => (calls += 1))
  await client.reload()
  await client.reload()
  expect(calls).toBe(1)
  stop()
  await client.signOut()
  expect(calls).toBe(1)
})

test("refusals carry code, status, wait, fields and a sentence; nothing that was typed is in them", async () => {
  const server = createFakeServer()
  const client = cookieClient(server)
  const wrong = await refusal(client.signIn({ email: "ada@example.com", password: "hunter2" }))
  expect(wrong).toMatchObject({ code: "credentials_incorrect", status: 401 })
  expect(wrong.sentence).toBe(wrong.message)
  expect(JSON.stringify(wrong) + wrong.message).not.toContain("hunter2")

  server.next("POST /sign-in", problem(429, "too_many_attempts", { retryAfter: 300 }))
  const wait = await refusal(client.signIn({ email: "ada@example.com", password: "right" }))
  expect(wait).toMatchObject({ code: "too_many_attempts", retryAfter: 300 })
  expect(wait.sentence).toBe("Too many tries. Try again in 5 minutes.")

  server.next("POST /sign-up", problem(422, "input_invalid", { errors: [{ field: "email", reason: "malformed" }] }))
  const field = await refusal(client.account.signUp({ email: "x", password: "y" }))
  expect(field.fields).toEqual([{ field: "email", reason: "malformed" }])
})

test("a proxy's refusal, which has no code, signs nobody out", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  await client.load()
  server.next("GET /factors", new Response("<h1>Nope</h1>", { status: 401 }))
  expect((await refusal(client.factors.list())).code).toBe("unexpected_answer")
  server.next("POST /factors", new Response("slow down", { status: 429, headers: { "retry-after": "7" } }))
  expect(await refusal(client.factors.begin({ kind: "totp" }))).toMatchObject({
    code: "too_many_requests",
    retryAfter: 7,
  })
  expect(client.current().user).not.toBeNull()
})

test("an answer that is not JSON is an error of its own", async () => {
  const server = createFakeServer().signedIn()
  server.next("GET /policy", new Response("<html>", { status: 200 }))
  expect((await refusal(cookieClient(server).policy())).code).toBe("unexpected_answer")
})

test("a read that gets no answer is tried again, a write never is", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  for (let times = 0; times < 3; times += 1) server.next("GET /session", new TypeError("offline"))
  expect((await client.load()).user).not.toBeNull()
  expect(server.count("GET /session")).toBe(4)
  server.next("POST /factors", new TypeError("offline"))
  expect(await refusal(client.factors.begin({ kind: "totp" }))).toMatchObject({ code: "network_error", status: 0 })
  expect(server.count("POST /factors")).toBe(1)
})

test("without an answer nobody is signed out, and nothing is claimed to be known", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  for (let times = 0; times < 4; times += 1) server.next("GET /session", new TypeError("offline"))
  expect((await refusal(client.load())).code).toBe("network_error")
  expect(client.current().loaded).toBe(false)
})

test("a session that ended meanwhile is found out by asking for it, and only then forgotten", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  await client.load()
  server.next("GET /factors", problem(401, "unauthenticated"))
  await refusal(client.factors.list())
  expect(client.current().user).not.toBeNull()
  server.account.session = null
  await refusal(client.factors.list())
  expect(client.current()).toMatchObject({ loaded: true, user: null })
})

test("signing out of a cookie session that can't be reached says so and stays signed in", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  await client.load()
  server.next("DELETE /session", new TypeError("offline"))
  expect((await refusal(client.signOut())).code).toBe("network_error")
  expect(client.current().user).not.toBeNull()
  await client.signOut()
  expect(client.current().user).toBeNull()
})

test("outside a browser a missing url is the programmer's mistake", async () => {
  const client = createCountersignClient({ session: "cookie" })
  await expect(client.reload()).rejects.toThrow(TypeError)
})

test("what makes something is named, each request by a name of its own", async () => {
  const server = createFakeServer().signedIn()
  const client = cookieClient(server)
  await client.factors.begin({ kind: "totp" })
  await client.factors.begin({ kind: "totp" })
  const names = server.requests
    .filter(({ call }) => call === "POST /factors")
    .map(({ headers }) => headers.get("idempotency-key"))
  expect(new Set(names).size).toBe(2)
  for (const name of names) expect(name).toMatch(/^[\x21-\x7e]{1,255}$/)
})

test("a factor's id can't leave its place in the path", async () => {
  const server = createFakeServer().signedIn()
  await refusal(cookieClient(server).factors.remove("../session"))
  expect(server.calls[0]).toBe("DELETE /factors/..%2Fsession")
})
