import { describe, expect, test } from "vitest"
import { errorCodes } from "../../engine/errors.ts"
import { documentedOperations } from "./junk-for-tests.ts"
import { native } from "./native.ts"
import { nativeForTests, publicUrl } from "./native-for-tests.ts"
import type { Json, OpenApiDocument } from "./openapi.ts"
import { openApiDocument } from "./openapi.ts"

const document = openApiDocument(publicUrl)
const operations = documentedOperations(document)

/** Every object inside a JSON value. */
const objectsIn = (value: unknown): Json[] =>
  typeof value !== "object" || value === null
    ? []
    : [...(Array.isArray(value) ? [] : [value as Json]), ...Object.values(value).flatMap(objectsIn)]

describe("the document", () => {
  test("is served as OpenAPI 3.1 under the public URL", async () => {
    const server = await nativeForTests()
    const { json, headers, status } = await server.client().get<OpenApiDocument>("/v1/openapi.json")
    expect([status, headers.get("content-type"), json.openapi]).toEqual([200, "application/json", "3.1.0"])
    expect(json).toEqual(JSON.parse(JSON.stringify(document)))
    expect(json.servers).toEqual([{ url: `${publicUrl}/v1` }])
  })
  test("names every operation once, in a group that it lists", () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const groups = new Set(document.tags.map(({ name }) => name))
    for (const { operation } of operations) for (const tag of operation.tags) expect(groups).toContain(tag)
    for (const group of groups) expect(operations.some(({ operation }) => operation.tags.includes(group))).toBe(true)
  })
  test("leaves no route of the door out", async () => {
    const { engine, clock } = await nativeForTests()
    const served = native
      .routes(engine, { publicUrl, allowedOrigins: [], now: clock.now })
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`)
      .filter((route) => route !== "GET /openapi.json")
    expect(served.toSorted()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).toSorted())
  })
  test("refers only to what it holds", () => {
    const refs = objectsIn(document).flatMap(({ $ref }) => (typeof $ref === "string" ? [$ref] : []))
    expect(refs.length).toBeGreaterThan(100)
    for (const ref of refs)
      expect(Object.keys(document.components.schemas)).toContain(ref.replace("#/components/schemas/", ""))
  })
  test("names the path's parameters, all required", () => {
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === "path")
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(inPath.every(({ required }) => required)).toBe(true)
    }
  })
  test("tells for each operation a success and its refusals as problem documents", () => {
    for (const { operation } of operations) {
      const statuses = Object.keys(operation.responses)
      const refusals = Object.entries(operation.responses).filter(([status]) => status >= "400")
      const types = refusals.flatMap(([, { content }]) => Object.keys(content ?? {}))
      expect(statuses.some((status) => status.startsWith("2"))).toBe(true)
      expect(types).toEqual(refusals.map(() => "application/problem+json"))
      expect(operation.security.length === 0 || statuses.includes("401") || statuses.includes("410")).toBe(true)
    }
  })
  test("asks for credentials wherever they are needed", () => {
    const open = operations.filter(({ operation }) => operation.security.length === 0).map(({ path }) => path)
    expect(open.toSorted()).toEqual([
      "/address/confirm",
      "/password/forgot",
      "/password/reset",
      "/policy",
      "/session",
      "/session",
      "/sign-in",
      "/sign-up",
      "/sign-up/resend",
    ])
  })
  test("has no field in any answer that would hold what is kept secret (F7)", () => {
    const answers = [
      ...Object.entries(document.components.schemas).filter(([name]) => name !== "Shown"),
      ...operations.map(({ operation }) => ["", operation.responses] as const),
    ]
    const names = answers
      .flatMap(([, each]) => objectsIn(each))
      .flatMap(({ properties }) => Object.keys((properties as Json | undefined) ?? {}))
    expect(new Set(names.filter((name) => /secret|hash|stamp|seed|sealed/i.test(name)))).toEqual(new Set())
    expect(names.filter((name) => /password/i.test(name)).toSorted()).toEqual(expect.arrayContaining(["hasPassword"]))
    expect(new Set(names.filter((name) => /password/i.test(name)))).toEqual(
      new Set(["hasPassword", "minimumPasswordLength"]),
    )
  })
  test("knows the closed list of codes", () => {
    const { properties } = document.components.schemas["Problem"] as { properties: { code: { enum: string[] } } }
    expect(properties.code.enum).toEqual([...errorCodes, "fault"])
  })
})
