import { readFile } from "node:fs/promises"
import { startTestServer } from "countersign/testing"
import { beforeAll, expect, test } from "vitest"
import { CountersignClientError, germanSentenceFor, sentenceFor, waitInWords } from "./index.ts"
import type { ErrorCode } from "./index.ts"

const ours = new Set<string>()
let served: readonly ErrorCode[] = []
beforeAll(async () => {
  const source = await readFile(new URL("client-error.ts", import.meta.url), "utf8")
  for (const [, code = ""] of source.matchAll(/^ {2}\| "(\w+)"/gm)) ours.add(code)
  await using server = await startTestServer()
  const response = await server.fetch(new Request(`${server.url}/v1/openapi.json`))
  type Document = { components: { schemas: { Problem: { properties: { code: { enum: ErrorCode[] } } } } } }
  served = ((await response.json()) as Document).components.schemas.Problem.properties.code.enum
})

test("every code that the server may refuse with is one of ours", () => {
  expect(served.length).toBeGreaterThan(20)
  expect(served.filter((code) => !ours.has(code))).toEqual([])
})

test("every code gives a whole sentence, in words of every day, in both languages", () => {
  for (const code of served)
    for (const sentence of [sentenceFor({ code }), germanSentenceFor({ code })]) {
      expect(sentence).toMatch(/^[A-ZÄÖÜ][^_]*\.$/)
      expect(sentence).not.toMatch(/\b(factor|TOTP|challenge|token|Faktor)\b/i)
      expect(sentence).not.toContain("!")
    }
})

test("a wait is said in the largest unit that fits, and never too short", () => {
  expect([0.2, 1, 59, 89, 90, 300, 301, 5399, 5400, 86_400].map(waitInWords)).toEqual([
    "in 1 second",
    "in 1 second",
    "in 59 seconds",
    "in 89 seconds",
    "in 2 minutes",
    "in 5 minutes",
    "in 6 minutes",
    "in 90 minutes",
    "in 2 hours",
    "in 24 hours",
  ])
})

test("a clock that is off is said in both directions and languages", () => {
  const facts = { code: "code_incorrect", clockOffSeconds: -70 } as const
  expect(sentenceFor(facts)).toBe(
    "Your phone's clock is about 70 seconds behind. Switch on automatic time, then try the next code.",
  )
  expect(sentenceFor({ ...facts, clockOffSeconds: 1 })).toContain("about 1 second ahead")
  expect(germanSentenceFor(facts)).toContain("etwa 70 Sekunden nach")
})

test("a sentence of one's own is used, and where it has none the English one is", () => {
  const own = ({ code }: { code: string }): string | undefined => (code === "forbidden" ? "Non." : undefined)
  expect(new CountersignClientError({ code: "forbidden" }, own).sentence).toBe("Non.")
  expect(new CountersignClientError({ code: "conflict" }, own).sentence).toBe(sentenceFor({ code: "conflict" }))
})

test("a rejected password is told why, where a password is set", async () => {
  const { createCountersignClient } = await import("./index.ts")
  await using server = await startTestServer()
  const fetch = (input: string, init: RequestInit): Promise<Response> => server.fetch(new Request(input, init))
  const client = createCountersignClient({ url: server.url, session: "bearer", fetch })
  await expect(client.account.signUp({ email: "ann@example.com", password: "short" })).rejects.toMatchObject({
    code: "password_rejected",
    sentence: "Choose another password. Use at least 8 characters.",
  })
  await expect(
    client.account.resetPassword({ token: "x".repeat(43), password: "a long enough pass phrase" }),
  ).rejects.toMatchObject({
    code: "link_invalid",
    sentence: "That link has been used or has run out. Ask for a new one.",
  })
})
