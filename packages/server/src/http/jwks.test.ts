import { expect, test } from "vitest"
import { createEngine } from "../engine/create-engine.ts"
import { contextForTests } from "../testing/engine.ts"
import { appForTests } from "./app-for-tests.ts"
import { jwksDoor } from "./jwks.ts"

test("the keys that tokens are checked with are public, and only their public halves", async () => {
  const { ctx } = await contextForTests()
  const { fetch } = appForTests([jwksDoor(createEngine(ctx))])
  const response = await fetch("/.well-known/jwks.json")
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"])
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) {
    expect(key).toMatchObject({ kid: expect.any(String), alg: expect.stringMatching(/^(ES256|EdDSA)$/) })
    for (const secret of ["d", "k", "p", "q"]) expect(key).not.toHaveProperty(secret)
  }
  expect((await fetch("/.well-known/jwks.json", { method: "POST" })).status).toBe(405)
})
