import { readFileSync } from "node:fs"
import { createCountersignClient, createServiceClient, sessionTokenOf } from "@countersign/client"
import type { SessionAnswer } from "@countersign/client"
import { startTestServer } from "countersign/testing"
import { beforeAll, describe, expect, test } from "vitest"

/**
 * The client's types are written by hand, so that they read well, and its calls name their paths. The server's document
 * is made from the schemas that check what travels. Here the two are held against each other.
 */

type Schema = {
  type?: string | string[]
  enum?: unknown[]
  anyOf?: Schema[]
  $ref?: string
  properties?: Record<string, Schema>
  required?: string[]
}
type Operation = { parameters: { name: string; in: string }[]; requestBody?: object }
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

let document: Document
beforeAll(async () => {
  await using server = await startTestServer()
  document = (await (await server.fetch(new Request(`${server.url}/v1/openapi.json`))).json()) as Document
})

describe("the types", () => {
  const source = readFileSync(new URL("../packages/client/src/wire.ts", import.meta.url), "utf8")

  type Member = { optional: boolean; nullable: boolean; is: string }
  /** The members of a type of the client's, as its source spells them. */
  const membersOf = (name: string): Record<string, Member> => {
    const [, body = ""] = new RegExp(`export type ${name} = \\{\\n([^]*?)\\n\\}`).exec(source) ?? []
    const lines = [...body.matchAll(/^ {2}readonly (\w+)(\?)?: (.+)$/gm)]
    return Object.fromEntries(
      lines.map(([, member = "", optional, text = ""]) => {
        const is = text.replace(/ \| null$/, "")
        return [member, { optional: optional !== undefined, nullable: is !== text, is: wordFor(is) }]
      }),
    )
  }
  const wordFor = (text: string): string => {
    const choices = [...text.matchAll(/"([^"]*)"/g)].map(([, choice]) => choice)
    if (/^("[^"]*"(?: \| )?)+$/.test(text)) return choices.join(" ")
    if (/^readonly .*\]$/.test(text)) return "array"
    return ["string", "boolean", "number"].includes(text) ? text : "other"
  }

  const alternatives = ({ anyOf, type, ...schema }: Schema): Schema[] =>
    anyOf
      ? anyOf.flatMap(alternatives)
      : [type].flat().map((one) => ({ ...schema, ...(one === undefined ? {} : { type: one }) }))
  const wordOf = (schema: Schema): string => {
    if (schema.enum) return schema.enum.join(" ")
    const type = String(schema.type)
    if (type === "integer") return "number"
    return ["string", "boolean", "number", "array"].includes(type) ? type : "other"
  }
  const documented = (name: string): Record<string, Member> => {
    const { properties = {}, required = [] } = document.components.schemas[name] ?? {}
    return Object.fromEntries(
      Object.entries(properties).map(([member, schema]) => {
        const ways = alternatives(schema)
        const others = ways.filter(({ type }) => type !== "null")
        const is = others.length === 1 ? wordOf(others[0] ?? {}) : "other"
        return [member, { optional: !required.includes(member), nullable: others.length < ways.length, is }]
      }),
    )
  }

  test.each([
    ["User", "User"],
    ["Session", "Session"],
    ["Challenge", "Challenge"],
    ["SignIn", "SignIn"],
    ["Factor", "Factor"],
    ["RecoveryCodesStatus", "RecoveryCodes"],
    ["MfaToken", "MfaToken"],
    ["Policy", "Policy"],
    ["RememberedDevice", "RememberedDevice"],
    ["Activity", "Activity"],
    ["ApiKey", "ApiKey"],
  ])("%s has the members of the document's %s, as optional, as nullable and of the same kind", (name, schema) => {
    const members = membersOf(name)
    expect(Object.keys(members).length).toBeGreaterThan(3)
    // A level is one of three words; the type has a name for them.
    const levels = "first_factor second_factor multi_factor"
    const spelled = Object.entries(documented(schema)).map(([member, about]) => [
      member,
      { ...about, is: about.is === levels ? "other" : about.is },
    ])
    expect(members).toEqual(Object.fromEntries(spelled))
  })

  test.each([
    ["SessionAnswer", "SessionState"],
    ["Begun", "BegunFactor"],
    ["Confirmed", "ConfirmedFactor"],
  ])("%s has the members of the document's %s", (name, schema) => {
    const named = [...source.matchAll(new RegExp(`export type ${name} = (\\{[^]*?\\n?\\})\\n`, "g"))][0]?.[1] ?? ""
    const members = [...named.matchAll(/readonly (\w+)\??:/g)].map(([, member]) => member)
    expect(new Set(members)).toEqual(new Set(Object.keys(documented(schema))))
  })
})

describe("the calls", () => {
  type Sent = { method: string; path: string; query: string[]; hasBody: boolean }

  /** What a call sends first. Nothing is answered but a refusal. */
  const recorder = () => {
    const sent: Sent[] = []
    const fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
      const url = new URL(input)
      const body = typeof init.body === "string" ? (JSON.parse(init.body) as object) : {}
      sent.push({
        method: (init.method ?? "GET").toLowerCase(),
        path: url.pathname.replace(/^\/v1/, ""),
        query: [...url.searchParams.keys()],
        hasBody: Object.keys(body).length > 0,
      })
      return new Response("{}", { status: 418 })
    }
    return { sent, fetch }
  }

  const pages: Record<string, object> = {
    activity: { after: "a", limit: 1 },
    "users.list": { after: "a", limit: 1, search: "s" },
  }
  /** Every function in the tree, with arguments that no server would take. */
  const callAll = async (tree: object, skip: ReadonlySet<string>, prefix = ""): Promise<string[]> => {
    const called: string[] = []
    for (const [name, value] of Object.entries(tree) as [string, unknown][]) {
      const path = `${prefix}${name}`
      if (skip.has(path)) continue
      if (typeof value === "function") {
        called.push(path)
        const first = pages[path] ?? "some-id"
        await Promise.resolve((value as (...given: unknown[]) => unknown)(first, { kind: "totp" })).catch(
          () => undefined,
        )
      } else if (typeof value === "object" && value !== null) called.push(...(await callAll(value, skip, `${path}.`)))
    }
    return called
  }

  const known = ({ method, path }: Sent): Operation | undefined =>
    Object.entries(document.paths)
      .toSorted(([a], [b]) => a.split("{").length - b.split("{").length)
      .find(([each]) => new RegExp(`^${each.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path))?.[1]?.[method]

  const unknownAmong = (sent: readonly Sent[]): unknown[] =>
    sent.filter((each) => {
      const operation = known(each)
      const names = operation?.parameters.filter(({ in: place }) => place === "query").map(({ name }) => name) ?? []
      const bodyFits = !each.hasBody || operation?.requestBody !== undefined
      return !operation || !bodyFits || each.query.some((name) => !names.includes(name))
    })

  test("of a client go to what the document names, each with what it takes", async () => {
    const { sent, fetch } = recorder()
    const client = createCountersignClient({
      url: "https://auth.example.com",
      key: "csk_key",
      fetch,
      retryMilliseconds: [],
      initial: { session: { id: "s" }, user: { id: "u", revision: 1 }, tasks: [] } as unknown as SessionAnswer,
    })
    const local = new Set(["url", "current", "subscribe", "load", "token", "reverification", "refusal"])
    await sessionTokenOf(client)().catch(() => undefined)
    const called = await callAll(client, local)
    expect(called.length).toBeGreaterThan(30)
    // Each of them, and the token, sent something.
    expect(sent.length).toBeGreaterThanOrEqual(called.length + 1)
    expect(unknownAmong(sent)).toEqual([])
  })

  test("of an app's own server do as well", async () => {
    const { sent, fetch } = recorder()
    const service = createServiceClient({ url: "https://auth.example.com", key: "csk_key", fetch })
    const called = await callAll(service, new Set())
    expect(called.length).toBeGreaterThan(12)
    expect(sent).toHaveLength(called.length)
    expect(unknownAmong(sent)).toEqual([])
  })

  test("would be missed if the document did not name them", () => {
    const sent = { query: [], hasBody: false }
    expect(unknownAmong([{ ...sent, method: "get", path: "/nothing" }])).toHaveLength(1)
    expect(unknownAmong([{ ...sent, method: "put", path: "/me" }])).toHaveLength(1)
    expect(unknownAmong([{ ...sent, method: "get", path: "/activity", query: ["page"] }])).toHaveLength(1)
    expect(unknownAmong([{ ...sent, method: "get", path: "/users/x/factors", query: [] }])).toEqual([])
  })
})
