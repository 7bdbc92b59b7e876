import { startTestServer } from "countersign/testing"
import { expect, test } from "vitest"
import { createCountersignClient, createSessionTokenVerifier, sessionTokenOf } from "./index.ts"
import { createRealBrowser } from "./testing/real-browser.ts"

async function signedIn() {
  const server = await startTestServer({ startAt: Date.now() })
  const { fetch, calls } = createRealBrowser(server)
  const client = createCountersignClient({ url: server.url, session: "cookie", fetch })
  const person = await server.createUser({ totp: true })
  await client.signIn(person)
  await client.challenge.answer({ kind: "totp", answer: person.app?.code() })
  const token = (await sessionTokenOf(client)()) ?? ""
  const keys: string[] = []
  const read = (input: string, init: RequestInit): Promise<Response> => {
    keys.push(input)
    return server.fetch(new Request(input, init))
  }
  const verify = createSessionTokenVerifier({ url: server.url, fetch: read, now: server.clock.now })
  return { server, client, person, token, calls, keys, read, verify, [Symbol.asyncDispose]: server.close }
}

const altered = (token: string, part: number, change: (fields: Record<string, unknown>) => void): string =>
  token
    .split(".")
    .map((text, index) => {
      if (index !== part) return text
      const fields = JSON.parse(Buffer.from(text, "base64url").toString()) as Record<string, unknown>
      change(fields)
      return Buffer.from(JSON.stringify(fields)).toString("base64url")
    })
    .join(".")

test("a token tells an app's server who is signed in and how fresh that is, and the keys are read once", async () => {
  await using set = await signedIn()
  const claims = await set.verify(set.token)
  expect(claims).toMatchObject({ sub: set.person.id, sid: set.client.current().session?.id, fva: [0, 0] })
  await set.verify(set.token)
  expect(set.keys).toEqual([`${set.server.url}/.well-known/jwks.json`])
})

test("a token is asked for once while it is good", async () => {
  await using set = await signedIn()
  const getToken = sessionTokenOf(set.client)
  expect(await getToken()).toBe(await getToken())
  expect(set.calls.filter((call) => call === "POST /session/token")).toHaveLength(2)
})

test("nothing that was altered passes, nor another algorithm, kind, issuer or audience", async () => {
  await using set = await signedIn()
  const { token, verify, server, read } = set
  const forged = [
    altered(token, 1, (claims) => (claims["sub"] = "somebody else")),
    altered(token, 0, (head) => (head["alg"] = "none")),
    altered(token, 0, (head) => (head["alg"] = "HS256")),
    altered(token, 0, (head) => (head["typ"] = "JWT")),
    altered(token, 0, (head) => (head["alg"] = "constructor")),
    altered(token, 0, (head) => (head["kid"] = "unknown")),
    token.slice(0, -4),
    `${token.split(".").slice(0, 2).join(".")}.`,
    `${token}.x`,
    "",
    "css_opaque",
    "a.b.c",
  ]
  for (const text of forged) expect(await verify(text)).toBeNull()
  expect(await verify(token)).not.toBeNull()
  const about = { url: server.url, fetch: read, now: server.clock.now }
  expect(await createSessionTokenVerifier({ ...about, audience: "https://other.example" })(token)).toBeNull()
  expect(await createSessionTokenVerifier({ ...about, publicUrl: "https://other.example" })(token)).toBeNull()
  expect(
    await createSessionTokenVerifier({ ...about, audience: ["https://other.example", new URL(server.url).origin] })(
      token,
    ),
  ).not.toBeNull()
})

test("a token that ran out is none", async () => {
  await using set = await signedIn()
  set.server.clock.advance(60)
  expect(await set.verify(set.token)).not.toBeNull()
  set.server.clock.advance(31)
  expect(await set.verify(set.token)).toBeNull()
})

test("made-up key ids don't make it ask again and again", async () => {
  await using set = await signedIn()
  const forged = altered(set.token, 0, (head) => (head["kid"] = "unknown"))
  for (let times = 0; times < 5; times += 1) await set.verify(forged)
  expect(set.keys).toHaveLength(1)
  set.server.clock.advance(61)
  await set.verify(forged)
  expect(set.keys).toHaveLength(2)
})

test("keys that can't be read are an error, not a refusal", async () => {
  await using set = await signedIn()
  const fetch = async (): Promise<Response> => Promise.reject(new TypeError("refused"))
  const verify = createSessionTokenVerifier({ url: set.server.url, fetch })
  await expect(verify(set.token)).rejects.toMatchObject({ code: "network_error" })
})
