import { readFile } from "node:fs/promises"
import { startTestServer } from "countersign/testing"
import { beforeAll, expect, test } from "vitest"
import type { ErrorCode } from "./client-error.ts"

/** Our type, and its name in the server's OpenAPI document. */
const pairs = {
  User: "User",
  Session: "Session",
  Factor: "Factor",
  Challenge: "Challenge",
  SignIn: "SignIn",
  SessionAnswer: "SessionState",
  Begun: "BegunFactor",
  Confirmed: "ConfirmedFactor",
  MfaToken: "MfaToken",
  Policy: "Policy",
  RememberedDevice: "RememberedDevice",
  Activity: "Activity",
  ApiKey: "ApiKey",
  RecoveryCodesStatus: "RecoveryCodes",
} as const

type Schema = { properties?: Record<string, { enum?: string[] }>; required?: string[] }
type Document = { components: { schemas: Record<string, Schema> }; paths: Record<string, Record<string, unknown>> }

let document: Document
let source = ""
beforeAll(async () => {
  await using server = await startTestServer()
  document = (await (await server.fetch(new Request(`${server.url}/v1/openapi.json`))).json()) as Document
  source = await readFile(new URL("wire.ts", import.meta.url), "utf8")
})

/** The members of one of our types, as it is written: optional ones end in a question mark. */
function membersOf(name: string): string[] {
  const [, body = ""] = new RegExp(`export type ${name} = \\{\\n([^]*?)\\n\\}`).exec(source) ?? []
  return [...body.matchAll(/^ {2}readonly (\w+\??):/gm)].map(([, member = ""]) => member)
}

for (const [ours, theirs] of Object.entries(pairs))
  test(`${ours} has the members that the server's ${theirs} has`, () => {
    const { properties = {}, required = [] } = document.components.schemas[theirs] ?? {}
    const served = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`))
    // The server always says it; an initial state of the app's own making need not.
    const apart: Record<string, string[]> = { SessionAnswer: ["challenge"] }
    const expected = served.filter((name) => !(apart[ours] ?? []).includes(name))
    const members = membersOf(ours).filter((name) => !(apart[ours] ?? []).includes(name.replace("?", "")))
    expect(members.toSorted()).toEqual(expected.toSorted())
  })

test("every code that the server may refuse with is one of ours", async () => {
  const text = await readFile(new URL("client-error.ts", import.meta.url), "utf8")
  const ours = new Set([...text.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code = ""]) => code as ErrorCode))
  const served = document.components.schemas["Problem"]?.properties?.["code"]?.enum ?? []
  expect(served.length).toBeGreaterThan(20)
  for (const code of served) expect(ours).toContain(code)
})

test("every path that the client calls is one that the server serves", async () => {
  const files = ["sign-in.ts", "factors.ts", "account.ts", "core.ts", "client.ts", "service.ts"]
  const served = new Set(Object.keys(document.paths).map((path) => path.replace(/^\/v1/, "").replace(/\{\w+\}/g, "{}")))
  for (const file of files) {
    const text = await readFile(new URL(file, import.meta.url), "utf8")
    for (const [, quoted = ""] of text.matchAll(
      /(?:path: |read(?:<\w+>)?\(|post(?:<[^>(]*>)?\(|changed(?:<\w+>)?\(|gone\()["`](\/[^"`]*)/g,
    )) {
      const path = quoted.replace(/\?.*$|\$\{queryOf.*$/, "").replace(/\$\{encodeURIComponent\(\w+\)\}/g, "{}")
      expect([...served], `${file} calls ${path}`).toContain(path)
    }
  }
})
