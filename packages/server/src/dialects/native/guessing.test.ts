import { describe, expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import type { TestClient } from "../../testing/client.ts"
import { all, pendingOf } from "./every-operation-for-tests.ts"
import { bodySchema } from "./junk-for-tests.ts"
import type { NativeForTests } from "./native-for-tests.ts"
import { nativeForTests } from "./native-for-tests.ts"

describe("guessing (B12, B19)", () => {
  type Guess = {
    server: NativeForTests
    path: string
    by: TestClient
    bodyOf: (answer: unknown) => object
    right: () => unknown
  }

  const atSignIn = async (): Promise<Guess> => {
    const server = await nativeForTests()
    const { user, bearer } = await pendingOf(server)
    const by = server.client({ bearer: bearer.authorization.replace("Bearer ", "") })
    return {
      server,
      by,
      path: "/v1/challenge/answer",
      bodyOf: (answer) => ({ kind: "totp", answer }),
      right: () => user.app?.code(),
    }
  }
  const atMint = async (): Promise<Guess> => {
    const server = await nativeForTests()
    const user = await server.createUser({ totp: true })
    const by = await server.signedIn(user)
    server.clock.advance(11 * 60)
    return {
      server,
      by,
      path: "/v1/mfa-tokens",
      bodyOf: (answer) => ({ proof: { kind: "totp", answer } }),
      right: () => user.app?.code(),
    }
  }
  const atConfirm = async (): Promise<Guess> => {
    const server = await nativeForTests()
    const by = await server.signedIn(await server.createUser())
    const { json: begun } = await by.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" })
    const app = createAuthenticator(server.clock.now).scan(begun.show.uri)
    return {
      server,
      by,
      path: "/v1/factors/confirm",
      bodyOf: (answer) => ({ kind: "totp", answer }),
      right: () => app.code(),
    }
  }
  const atServiceConfirm = async (): Promise<Guess> => {
    const server = await nativeForTests()
    const user = await server.createUser()
    const by = server.client({ bearer: await server.createServiceKey(["factors:write"]) })
    const { json: begun } = await by.post<{ show: { uri: string } }>(`/v1/users/${user.id}/factors`, { kind: "totp" })
    const app = createAuthenticator(server.clock.now).scan(begun.show.uri)
    return {
      server,
      by,
      path: `/v1/users/${user.id}/factors/confirm`,
      bodyOf: (answer) => ({ kind: "totp", answer }),
      right: () => app.code(),
    }
  }
  const places = {
    answerChallenge: atSignIn,
    mintMfaToken: atMint,
    confirmFactor: atConfirm,
    confirmUserFactor: atServiceConfirm,
  }

  test("these are all operations that take a code", () => {
    const taking = all.filter(({ operation }) => JSON.stringify(bodySchema(operation) ?? {}).includes('"answer"'))
    expect(taking.map(({ operation }) => operation.operationId).toSorted()).toEqual(Object.keys(places).toSorted())
  })
  test.each(Object.entries(places))(
    "at %s stops after some wrong codes, for the right one too",
    async (_name, prepare) => {
      const { by, path, bodyOf, right } = await prepare()
      const wrong = new Set<number>()
      for (let n = 0; n < 12; n++) wrong.add((await by.post(path, bodyOf(String(100000 + n)))).status)
      expect([...wrong].every((status) => [400, 410, 429].includes(status))).toBe(true)
      expect([410, 429]).toContain((await by.post(path, bodyOf(right()))).status)
    },
  )
  test.each(Object.entries(places))("at %s nothing that is no code passes", async (_name, prepare) => {
    const { by, path, bodyOf, right } = await prepare()
    for (const answer of [
      "",
      " ",
      null,
      0,
      123456,
      true,
      [],
      {},
      ["123456"],
      "12345",
      "1234567",
      "abcdef",
      "-12345",
      "+12345",
      "1e5",
      "0x1234",
    ])
      expect([400, 401, 422]).toContain((await by.post(path, bodyOf(answer))).status)
    expect((await by.post(path, bodyOf(right()))).status).toBeLessThan(300)
  })
})
