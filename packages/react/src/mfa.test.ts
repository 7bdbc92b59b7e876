import { expect, test } from "vitest"
import type { CoreClient } from "@countersign/client"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer, problem } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import { mfaOf } from "./mfa.ts"
import type { Mfa } from "./mfa.ts"
import { mfaStateOf } from "./mfa-state.ts"
import { clientOf } from "./testing/drawn.tsx"

type Started = { server: FakeServer; client: CoreClient; mfa: Mfa; view: () => string }

async function start(server = createFakeServer().signedIn()): Promise<Started> {
  const client = clientOf(server)
  await client.load()
  const view = (): string => {
    const { userWithMissingInfo, user } = mfaStateOf(client, client.current())
    const { scope, mfaBackupCodeAcknowledgement } = userWithMissingInfo ?? {}
    return [
      scope ?? "-",
      mfaBackupCodeAcknowledgement ?? "-",
      userWithMissingInfo ? "known" : "-",
      user ? "in" : "-",
    ].join(" ")
  }
  return { server, client, mfa: mfaOf(client), view }
}

async function withDevice(): Promise<Started & { code: string; id: string; codes: string[] }> {
  const started = await start()
  const { secret, id } = await started.mfa.addDevice()
  await started.mfa.authenticateDevice({ code: codeOf(secret) })
  const codes = await started.mfa.getRecoveryCodes()
  await started.mfa.completeAcknowledgement()
  started.server.calls.length = 0
  return { ...started, code: codeOf(secret), id, codes }
}

const signIn = (client: CoreClient): Promise<unknown> => client.signIn({ email: "ada@example.com", password: "right" })

test("demanded, new user: each situation of the contract's table, through a reload, to signed in", async () => {
  const server = createFakeServer()
  server.account.required = true
  let { client, mfa, view } = await start(server)
  expect(view()).toBe("- - - -")
  await signIn(client)
  expect(view()).toBe("requiresAdditionalAuth - known -")
  expect(await mfa.getUserDevices()).toEqual([])
  const { uri, secret } = await mfa.addDevice()
  expect(uri).toMatch(/^otpauth:/)
  expect(await mfa.authenticateDevice({ code: codeOf(secret) })).toBeUndefined()
  expect(view()).toBe("- pending known -")
  const codes = await mfa.getRecoveryCodes()
  expect(codes).toHaveLength(10)
  for (const code of codes) expect(code).toMatch(/^[a-zA-Z0-9]{10}$/)
  ;({ client, mfa, view } = await start(server))
  expect(view()).toBe("- pending known -")
  expect(await mfa.isPendingRecoveryCodesAcknowledgment()).toBe(true)
  expect(await mfa.getRecoveryCodes()).toEqual(codes)
  await mfa.completeAcknowledgement()
  expect(view()).toBe("- complete known in")
  expect(await mfa.getRecoveryCodes()).toEqual([])
  await expect(mfa.getRecoveryCodes(false, { whenAcknowledged: "throw" })).rejects.toMatchObject({
    code: "mfa_codes_acknowledged",
  })
})

test("returning user: a code lets in, and codes that were saved are not shown again", async () => {
  const { client, mfa, view, code } = await withDevice()
  await client.signOut()
  expect(view()).toBe("- - - -")
  await signIn(client)
  expect(view()).toBe("requiresAdditionalAuth - known -")
  expect((await mfa.getUserDevices()).map(({ type, verified }) => `${type} ${verified}`)).toEqual(["totp true"])
  await expect(mfa.authenticateDevice({ code: "999999" })).rejects.toMatchObject({
    code: "mfa_invalid_code",
    status: 422,
  })
  expect(view()).toBe("requiresAdditionalAuth - known -")
  await mfa.authenticateDevice({ code })
  expect(view()).toBe("- complete known in")
  expect(await mfa.getRecoveryCodes()).toEqual([])
})

test("optional: signed in without a device; new codes later don't sign anybody out", async () => {
  const { view, mfa } = await start()
  expect(view()).toBe("- - known in")
  const { secret } = await mfa.addDevice()
  await mfa.authenticateDevice({ code: codeOf(secret) })
  expect(view()).toBe("- pending known in")
  const codes = await mfa.getNewRecoveryCodes()
  expect(codes).toHaveLength(10)
  expect(await mfa.getRecoveryCodes()).toEqual(codes)
  expect(view()).toBe("- pending known in")
})

test("a recovery code lets in once", async () => {
  const { client, mfa, view, codes } = await withDevice()
  await client.signOut()
  await signIn(client)
  await mfa.authenticateRecoveryCode({ code: codes[0] ?? "" })
  expect(view()).toBe("- complete known in")
  await client.signOut()
  await signIn(client)
  await expect(mfa.authenticateRecoveryCode({ code: codes[0] ?? "" })).rejects.toMatchObject({
    code: "mfa_invalid_code",
  })
})

test("while a second factor is owed nobody adds a device", async () => {
  const { client, mfa, server } = await withDevice()
  await client.signOut()
  await signIn(client)
  await expect(mfa.addDevice()).rejects.toMatchObject({ code: "mfa_required", status: 401 })
  expect(server.count("POST /factors")).toBe(0)
})

test("one device only: a second is refused with 401, in words that say what to do, and the session stays", async () => {
  const { client, mfa, server, view } = await withDevice()
  server.account.maximumDevices = 1
  const refused: unknown = await mfa.addDevice().catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: "mfa_device_limit", status: 401 })
  expect((refused as Error).message).toContain("Remove it first")
  server.account.maximumDevices = 5
  server.next("POST /factors", problem(409, "factor_limit_reached"))
  await expect(mfa.addDevice()).rejects.toMatchObject({ code: "mfa_device_limit", status: 401 })
  await client.reload()
  expect(view()).toBe("- complete known in")
})

test("several devices: what was begun here is confirmed, also after a reload, and becomes no default", async () => {
  const { server, mfa, id } = await withDevice()
  const { secret, id: second } = await mfa.addDevice()
  expect(await mfa.getUserDevices()).toHaveLength(1)
  expect(await mfa.getUserDevices({ includeUnverified: true })).toHaveLength(2)
  const { mfa: reloaded } = await start(server)
  await reloaded.authenticateDevice({ code: codeOf(secret) })
  expect(await reloaded.getUserDevices()).toMatchObject([
    { id, _default: true },
    { id: second, _default: false },
  ])
})

test("with no device begun, a code makes the session fresh", async () => {
  const { mfa, server, code } = await withDevice()
  server.account.stale = true
  expect(await mfa.authenticateDevice({ code })).toBeUndefined()
  expect(server.account.stale).toBe(false)
  expect(server.count("POST /step-up")).toBe(1)
})

test("an action: the code gives a token for it, which is none to delete a device with", async () => {
  const { mfa, server, code, id } = await withDevice()
  server.account.actions = { transfer: { level: "second_factor", seconds: 60, singleUse: true } }
  const token = await mfa.authenticateDevice({
    code,
    createMfaToken: { singleUse: true },
    requestedScopes: ["credential:unlink", "transfer"],
  })
  expect(server.account.tokens.get(token ?? "")).toEqual({ singleUse: true, action: "transfer" })
  await expect(mfa.deleteUserDevice(id)).rejects.toMatchObject({ code: "mfa_token_required" })
  await expect(mfa.deleteUserDevice("f99", token)).rejects.toMatchObject({ code: "mfa_device_not_found" })
  await mfa.deleteUserDevice(id, await mfa.authenticateDevice({ code, createMfaToken: { singleUse: true } }))
  expect(await mfa.getUserDevices()).toEqual([])
})

test("deleting without a token is refused, with a spent one as well; the last one made is used by itself", async () => {
  const { mfa, server, code, codes, id } = await withDevice()
  await expect(mfa.deleteUserDevice(id)).rejects.toMatchObject({ code: "mfa_token_required" })
  await expect(mfa.deleteUserDevice(id, "csm_spent")).rejects.toMatchObject({ code: "mfa_token_invalid" })
  expect(await mfa.getUserDevices()).toHaveLength(1)
  await mfa.authenticateRecoveryCode({ code: codes[0] ?? "", createMfaToken: { singleUse: false } })
  await mfa.deleteUserDevice(id)
  expect(server.account.factors).toEqual([])
  expect(code).toBeTruthy()
})

test("failures always reject, with a sentence for the screen", async () => {
  const { mfa, server, code } = await withDevice()
  const cases = [
    [problem(429, "too_many_attempts", { retryAfter: 120 }), "mfa_rate_limited", 120],
    [problem(400, "code_already_used"), "mfa_code_already_used", undefined],
    [new TypeError("offline"), "network_error", undefined],
  ] as const
  for (const [answer, expected, retryAfter] of cases) {
    server.next("POST /mfa-tokens", answer)
    const error: unknown = await mfa
      .authenticateDevice({ code, createMfaToken: { singleUse: true } })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: expected, retryAfter })
    expect((error as Error).message).toMatch(/^[A-Z].*\.$/)
  }
})

test("acknowledging survives one lost answer, and doing it twice is harmless", async () => {
  const { mfa, server, view } = await start()
  const { secret } = await mfa.addDevice()
  await mfa.authenticateDevice({ code: codeOf(secret) })
  server.next("POST /recovery-codes/acknowledge", new TypeError("offline"))
  await mfa.completeAcknowledgement()
  await mfa.completeAcknowledgement()
  expect(view()).toBe("- complete known in")
})

test("a double click on add is one device", async () => {
  const { mfa, server } = await start()
  const [one, two] = await Promise.all([mfa.addDevice(), mfa.addDevice()])
  expect(one.secret).toBe(two.secret)
  expect(server.count("POST /factors")).toBe(1)
})

test("the older names still do what they did", async () => {
  const { mfa } = await start()
  const { secret } = await mfa.addDevice()
  expect(await mfa.verifyDevice(codeOf(secret))).toMatchObject({ type: "totp", verified: true })
  expect(await mfa.authDevice(codeOf(secret))).toBe(true)
  const [code] = await mfa.getRecoveryCodes()
  expect(await mfa.authRecoveryCode(code ?? "")).toBe(true)
})

test("a device prints with dates as text and its default flag", async () => {
  const { mfa, id } = await withDevice()
  expect(JSON.parse(JSON.stringify(await mfa.getUserDevices()))).toEqual([
    {
      id,
      type: "totp",
      verified: true,
      createdAt: "2030-01-01T00:00:00.000Z",
      verifiedAt: "2030-01-01T00:00:00.000Z",
      _default: true,
      alias: "App",
    },
  ])
})
