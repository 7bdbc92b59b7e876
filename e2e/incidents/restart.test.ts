import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Secret, TOTP } from "otpauth"
import { afterAll, beforeAll, expect, test } from "vitest"
import { command, freePort, type ServerProcess, startServer } from "../server-process.ts"
import type { Json } from "./ground.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-restart-"))
let environment: Record<string, string>
let server: ServerProcess
let key: string

beforeAll(async () => {
  environment = {
    COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "data.sqlite")}`,
    COUNTERSIGN_PORT: String(await freePort()),
    COUNTERSIGN_LOG_LEVEL: "error",
    COUNTERSIGN_PASSWORD_HASH_MEMORY: "1024",
    COUNTERSIGN_PASSWORD_HASH_PASSES: "1",
  }
  const scopes = "users:read,users:write,factors:read,factors:write,challenges:write"
  key = await command(environment, "api-keys", "create", "--service", "incidents", "--scopes", scopes)
  server = await startServer(environment)
})
afterAll(async () => {
  await server?.kill()
  rmSync(folder, { recursive: true, force: true })
})

const api = async (
  method: string,
  path: string,
  bearer: string,
  body?: unknown,
): Promise<{ status: number; json: Json }> => {
  const response = await fetch(`${server.url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text === "" ? {} : (JSON.parse(text) as Json) }
}

/** As a power cut: nothing is finished. Then it is there again. */
const cutPower = async (): Promise<void> => {
  await server.kill()
  server = await startServer(environment)
}

/** The code of a phone that is so many seconds ahead. */
const codeAt = (secret: string, secondsAhead: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + secondsAhead * 1000 })

const makePerson = async () => {
  const made = await api("POST", "/users", key, { externalId: `person ${crypto.randomUUID()}` })
  const id = String(made.json["id"])
  const begun = await api("POST", `/users/${id}/factors`, key, { kind: "totp" })
  const secret = String((begun.json["show"] as Json)["secret"])
  const confirmed = await api("POST", `/users/${id}/factors/confirm`, key, {
    kind: "totp",
    answer: codeAt(secret, -30),
  })
  expect(confirmed.status).toBe(200)
  return { id, secret, codes: confirmed.json["recoveryCodes"] as string[] }
}

const answer = async (id: string, kind: string, code: string | undefined) => {
  const opened = await api("POST", `/users/${id}/challenges`, key, {})
  return await api("POST", "/challenge/answer", String(opened.json["token"]), { kind, answer: code })
}

test("what was spent stays spent, what was counted stays counted and the rest goes on, over power cuts (A9, A12, E4, B3)", async () => {
  const [ann, bob, eve] = [await makePerson(), await makePerson(), await makePerson()]
  // The code of the next step, accepted early: it is within the window for at least another half minute.
  const code = codeAt(ann.secret, 30)
  expect((await answer(ann.id, "totp", code)).status).toBe(200)
  for (const spent of bob.codes.slice(0, 3)) expect((await answer(bob.id, "recovery-code", spent)).status).toBe(200)
  for (let wrong = 0; wrong < 3; wrong++)
    expect((await answer(eve.id, "recovery-code", `BCDFGHJKM${2 + wrong}`)).status).toBe(400)
  const open = await api("POST", `/users/${bob.id}/challenges`, key, {})

  await cutPower()
  expect((await answer(ann.id, "totp", code)).status).toBe(400)
  for (const spent of bob.codes.slice(0, 3)) expect((await answer(bob.id, "recovery-code", spent)).status).toBe(400)
  for (const fresh of bob.codes.slice(3, 6)) expect((await answer(bob.id, "recovery-code", fresh)).status).toBe(200)
  for (let wrong = 0; wrong < 2; wrong++)
    expect((await answer(eve.id, "recovery-code", `BCDFGHJKN${2 + wrong}`)).status).toBe(400)
  expect((await answer(eve.id, "recovery-code", eve.codes[0])).status).toBe(429)

  await cutPower()
  expect((await answer(ann.id, "totp", code)).status).toBe(400)
  expect((await answer(eve.id, "recovery-code", eve.codes[0])).status).toBe(429)
  for (const fresh of bob.codes.slice(6, 9)) expect((await answer(bob.id, "recovery-code", fresh)).status).toBe(200)
  // A sign-in that was half-way goes on.
  const settled = await api("POST", "/challenge/answer", String(open.json["token"]), {
    kind: "recovery-code",
    answer: bob.codes[9],
  })
  expect(settled.json).toMatchObject({ status: "complete", recoveryCodesLeft: 0 })
  expect((await api("GET", "/me", String(settled.json["token"]))).status).toBe(200)
})
