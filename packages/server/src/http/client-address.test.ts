import { describe, expect, test } from "vitest"
import type { Source } from "../engine/engine.ts"
import { appForTests, testDoor } from "./app-for-tests.ts"

const door = testDoor([{ method: "GET", path: "/source", handle: ({ source }) => ({ status: 200, json: source }) }])

describe("where a request comes from", () => {
  const { fetch } = appForTests([door], { trustedProxies: ["10.0.0.0/8", "loopback"] })
  const sourceOf = async (headers: Record<string, string>, address?: string): Promise<Source> => {
    const response = await fetch("/t/source", { headers }, address === undefined ? {} : { address })
    return (await response.json()) as Source
  }
  const addressOf = async (peer: string, forwarded?: string) =>
    (await sourceOf(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }, peer)).address
  test.each([
    ["192.0.2.1", undefined, "192.0.2.1"],
    ["192.0.2.1", "198.51.100.1", "192.0.2.1"],
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "203.0.113.9, 198.51.100.1, 10.2.3.4", "198.51.100.1"],
    ["10.0.0.1", "10.0.0.7", "10.0.0.7"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "junk", "10.0.0.1"],
    ["10.0.0.1", "203.0.113.9, junk, 10.0.0.2", "10.0.0.2"],
    ["::ffff:10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"],
    ["::1", "192.0.2.1:8080", "192.0.2.1"],
    ["::ffff:192.0.2.1", undefined, "192.0.2.1"],
  ])("peer %s forwarding %s is %s", async (peer, forwarded, expected) => {
    expect(await addressOf(peer, forwarded)).toBe(expected)
  })
  test("a trusted proxy has to be an address", () => {
    expect(() => appForTests([door], { trustedProxies: ["proxy.example"] })).toThrow(TypeError)
  })
  test("agent and language are kept short and plain", async () => {
    const source = await sourceOf({ "user-agent": `Agent/1 ${"x".repeat(500)}`, "accept-language": "de-AT,en;q=0.8" })
    expect(source.agent).toHaveLength(300)
    expect(source.locale).toBe("de-AT")
    expect((await sourceOf({ "accept-language": "*" })).locale).toBeUndefined()
  })
})
