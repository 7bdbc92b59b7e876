import { startTestServer } from "countersign/testing"
import type { TestServer, TestServerOptions, TestUser } from "countersign/testing"
import { expect, test } from "vitest"
import { createCoreClient } from "@countersign/client"
import type { CoreClient } from "@countersign/client"
import { createRealBrowser } from "../../client/src/testing/real-browser.ts"
import type { RealBrowser } from "../../client/src/testing/real-browser.ts"
import type { Mfa, UserResource } from "./index.ts"
import { mfaOf } from "./mfa.ts"
import { mfaStateOf } from "./mfa-state.ts"
import { userResourceOf } from "./user-resource.ts"

type Started = AsyncDisposable & {
  server: TestServer
  browser: RealBrowser
  client: CoreClient
  reload: () => CoreClient
}

async function start(options: TestServerOptions = {}): Promise<Started> {
  const server = await startTestServer(options)
  const browser = createRealBrowser(server)
  const reload = (): CoreClient =>
    createCoreClient({ url: server.url, session: "cookie", fetch: browser.fetch, retryMilliseconds: [] })
  return { server, browser, client: reload(), reload, [Symbol.asyncDispose]: server.close }
}

const resource = (client: CoreClient): UserResource => {
  const user = userResourceOf(client, client.current())
  if (!user) throw new Error("nobody is signed in")
  return user
}

async function signIn({ server, client }: Started, person: TestUser): Promise<void> {
  const { status } = await client.signIn({ email: person.email, password: person.password })
  if (status === "second_factor") {
    await client.challenge.answer({ kind: "totp", answer: person.app?.code() })
    server.clock.advance(30)
  }
}

test("the life of an app by the user's methods: flags, candidates, wrong codes, backup codes, removal", async () => {
  await using set = await start()
  const { server, client } = set
  await signIn(set, await server.createUser())
  const first = await resource(client).createTOTP()
  const second = await resource(client).createTOTP()
  expect(second.secret).not.toBe(first.secret)
  for (const [code, name] of [
    ["000000", "form_code_incorrect"],
    ["12", "form_param_format_invalid"],
    ["abcdef", "form_param_format_invalid"],
    ["", "form_param_nil"],
  ] as const)
    await expect(resource(client).verifyTOTP({ code })).rejects.toMatchObject({
      status: 422,
      errors: [{ code: name, meta: { paramName: "code" } }],
    })
  const app = server.authenticator.scan(first.uri ?? "")
  const verified = await resource(client).verifyTOTP({ code: app.code() })
  expect(verified).toMatchObject({ id: first.id, verified: true })
  expect(verified.backupCodes).toHaveLength(10)
  expect(resource(client)).toMatchObject({
    totpEnabled: true,
    backupCodeEnabled: true,
    twoFactorEnabled: true,
    backupCodesRemaining: 10,
  })
  await expect(resource(client).verifyTOTP({ code: app.code() })).rejects.toMatchObject({
    errors: [{ code: "totp_not_pending" }],
  })
  const set2 = await resource(client).createBackupCode()
  expect(new Set(set2.codes).size).toBe(10)
  for (const code of set2.codes) expect(code).toMatch(/^[a-zA-Z0-9]{10}$/)
  expect(set2.createdAt).toBeInstanceOf(Date)
  await expect(client.recoveryCodes.copy()).rejects.toMatchObject({ code: "not_found" })
  expect(await resource(client).disableTOTP()).toMatchObject({ deleted: true })
  expect(resource(client)).toMatchObject({ totpEnabled: false, backupCodeEnabled: false, twoFactorEnabled: false })
  await expect(resource(client).createBackupCode()).rejects.toMatchObject({
    status: 403,
    errors: [{ code: "backup_codes_not_available_code" }],
  })
  expect(server.reports).toEqual([])
})

test("a second-factor policy keeps the last app", async () => {
  await using set = await start({ secondFactor: "required" })
  const { server, client } = set
  await signIn(set, await server.createUser({ totp: true }))
  await expect(resource(client).disableTOTP()).rejects.toMatchObject({
    status: 403,
    errors: [{ code: "mfa_required_by_policy" }],
  })
})

const view = (client: CoreClient): string => {
  const { userWithMissingInfo, user } = mfaStateOf(client, client.current())
  const { scope, mfaBackupCodeAcknowledgement } = userWithMissingInfo ?? {}
  return `${scope ?? "-"} ${mfaBackupCodeAcknowledgement ?? "-"} ${user ? "in" : "out"}`
}

test("demanded, new user, by the device calls, with a reload while the codes are not saved", async () => {
  await using set = await start({ secondFactor: "required" })
  const { server, client, reload } = set
  await signIn(set, await server.createUser())
  expect(view(client)).toBe("requiresAdditionalAuth - out")
  const { uri } = await mfaOf(client).addDevice()
  await mfaOf(client).authenticateDevice({ code: server.authenticator.scan(uri).code() })
  expect(view(client)).toBe("- pending out")
  const codes = await mfaOf(client).getRecoveryCodes()
  expect(codes).toHaveLength(10)
  const after = reload()
  await after.load()
  expect(view(after)).toBe("- pending out")
  expect(await mfaOf(after).getRecoveryCodes()).toEqual(codes)
  await mfaOf(after).completeAcknowledgement()
  expect(view(after)).toBe("- complete in")
  expect(await mfaOf(after).getRecoveryCodes()).toEqual([])
})

async function withDevice(options: TestServerOptions = {}): Promise<Started & { person: TestUser; mfa: Mfa }> {
  const set = await start(options)
  const person = await set.server.createUser({ totp: true })
  await signIn(set, person)
  return { ...set, person, mfa: mfaOf(set.client) }
}

test("an app that was scanned before a reload is still confirmed after it, beside the first one", async () => {
  await using set = await withDevice()
  const { server, mfa, reload } = set
  const { uri } = await mfa.addDevice()
  const app = server.authenticator.scan(uri)
  const after = reload()
  await after.load()
  await mfaOf(after).authenticateDevice({ code: app.code() })
  expect(await mfaOf(after).getUserDevices()).toHaveLength(2)
})

test("one device only: the second is refused with 401 and the session lives on", async () => {
  await using set = await withDevice({ totpMaxDevices: 1 })
  const { mfa, client } = set
  await expect(mfa.addDevice()).rejects.toMatchObject({ code: "mfa_device_limit", status: 401 })
  expect((await client.reload()).user).not.toBeNull()
})

test("a device is deleted with a token from its own code, and never without one", async () => {
  await using set = await withDevice()
  const { server, mfa, person } = set
  server.clock.advance(700)
  const [device] = await mfa.getUserDevices()
  await expect(mfa.deleteUserDevice(device?.id ?? "")).rejects.toMatchObject({ code: "mfa_token_required" })
  const token = await mfa.authenticateDevice({ code: person.app?.code() ?? "", createMfaToken: { singleUse: true } })
  expect(token).toMatch(/^csm_/)
  await mfa.deleteUserDevice(device?.id ?? "", token)
  expect(await mfa.getUserDevices()).toEqual([])
})

test("a token from a recovery code deletes as well, once: spent, it is refused however fresh the session is", async () => {
  await using set = await withDevice()
  const { server, mfa } = set
  const [code = ""] = await mfa.getNewRecoveryCodes()
  const { uri } = await mfa.addDevice()
  await mfa.authenticateDevice({ code: server.authenticator.scan(uri).code() })
  server.clock.advance(700)
  const token = await mfa.authenticateRecoveryCode({ code, createMfaToken: { singleUse: false } })
  const [first, second] = await mfa.getUserDevices()
  await mfa.deleteUserDevice(first?.id ?? "", token)
  await expect(mfa.deleteUserDevice(second?.id ?? "", token)).rejects.toMatchObject({ code: "mfa_token_invalid" })
  await expect(mfa.deleteUserDevice(second?.id ?? "", "csm_made_up")).rejects.toMatchObject({
    code: "mfa_token_invalid",
  })
  expect(await mfa.getUserDevices()).toHaveLength(1)
  expect((await set.client.reload()).user).not.toBeNull()
})

test("a code is tried against the named device only", async () => {
  await using set = await withDevice()
  const { server, mfa, person } = set
  const { uri } = await mfa.addDevice()
  const second = server.authenticator.scan(uri)
  await mfa.authenticateDevice({ code: second.code() })
  server.clock.advance(30)
  const devices = await mfa.getUserDevices()
  const own = devices.find(({ _default: isDefault }) => isDefault)?.id ?? ""
  await expect(mfa.authenticateDevice({ code: second.code(), deviceId: own })).rejects.toMatchObject({
    code: "mfa_invalid_code",
  })
  await mfa.authenticateDevice({ code: person.app?.code() ?? "", deviceId: own })
})

test("what was begun in this session is listed where it is asked for, also after a reload", async () => {
  await using set = await withDevice()
  const { mfa, reload } = set
  const { id } = await mfa.addDevice()
  const after = reload()
  await after.load()
  expect(await mfaOf(after).getUserDevices()).toHaveLength(1)
  const all = await mfaOf(after).getUserDevices({ includeUnverified: true })
  expect(all.filter(({ verified }) => !verified).map((device) => device.id)).toEqual([id])
})

test("a wrong code and one that was used are told apart only to who is signed in", async () => {
  await using set = await withDevice()
  const { server, client, mfa, person } = set
  const code = person.app?.code() ?? ""
  await mfa.authenticateDevice({ code })
  await expect(mfa.authenticateDevice({ code })).rejects.toMatchObject({ code: "mfa_code_already_used" })
  await client.signOut()
  await client.signIn({ email: person.email, password: person.password })
  await expect(mfa.authenticateDevice({ code })).rejects.toMatchObject({ code: "mfa_invalid_code" })
  server.clock.advance(30)
  await mfa.authenticateDevice({ code: person.app?.code() ?? "" })
  expect(view(client)).toMatch(/in$/)
})

test("a device whose clock is off is told so by sentence", async () => {
  await using set = await start()
  const { server, client } = set
  await signIn(set, await server.createUser())
  const { uri } = await mfaOf(client).addDevice()
  const app = server.authenticator.scan(uri)
  const refused: unknown = await mfaOf(client)
    .authenticateDevice({ code: app.code(-90) })
    .catch((error: unknown) => error)
  expect((refused as Error).message).toMatch(/clock is about \d+ seconds behind/)
})
