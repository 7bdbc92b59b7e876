import { expect, test } from "vitest"
import type { CoreClient } from "@countersign/client"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer, problem } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import { isAPIResponseError, isUserLockedError } from "./api-errors.ts"
import { clientOf } from "./testing/drawn.tsx"
import { userResourceOf } from "./user-resource.ts"
import type { UserResource } from "./user-resource.ts"

async function signedIn(): Promise<{ server: FakeServer; client: CoreClient; user: () => UserResource }> {
  const server = createFakeServer().signedIn()
  const client = clientOf(server)
  await client.load()
  const user = (): UserResource => {
    const found = userResourceOf(client, client.current())
    if (!found) throw new Error("nobody is signed in")
    return found
  }
  return { server, client, user }
}

const flags = ({ totpEnabled, backupCodeEnabled, twoFactorEnabled }: UserResource): boolean[] => [
  totpEnabled,
  backupCodeEnabled,
  twoFactorEnabled,
]

const thrown = async (promise: Promise<unknown>): Promise<Record<string, unknown>> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isAPIResponseError(error)) throw new Error("expected a refusal", { cause: error })
  return JSON.parse(JSON.stringify(error)) as Record<string, unknown>
}

test("the flags follow each step, in the same turn as the promise", async () => {
  const { user } = await signedIn()
  expect(flags(user())).toEqual([false, false, false])
  const totp = await user().createTOTP()
  expect(totp).toMatchObject({ verified: false, secret: "SECRET1", uri: expect.stringMatching(/^otpauth:/) as string })
  expect(totp).not.toHaveProperty("backupCodes")
  expect(flags(user())).toEqual([false, false, false])

  const verified = await user().verifyTOTP({ code: codeOf(totp.secret) })
  expect(verified).toMatchObject({ id: totp.id, verified: true })
  expect(verified).not.toHaveProperty("secret")
  expect(verified).not.toHaveProperty("uri")
  expect(verified.backupCodes).toHaveLength(10)
  expect(flags(user())).toEqual([true, true, true])

  const set = await user().createBackupCode()
  expect(new Set(set.codes).size).toBe(10)
  expect(set.codes).not.toEqual(verified.backupCodes)
  expect(flags(user())).toEqual([true, true, true])

  expect(await user().disableTOTP()).toMatchObject({ object: "totp", deleted: true })
  expect(flags(user())).toEqual([false, false, false])
  expect(await user().disableTOTP()).toMatchObject({ deleted: true })
})

test("a set made by these calls is acknowledged at once", async () => {
  const { server, user } = await signedIn()
  const { secret } = await user().createTOTP()
  await user().verifyTOTP({ code: codeOf(secret) })
  expect(server.account.acknowledged).toBe(true)
  await user().createBackupCode()
  expect(server.account.acknowledged).toBe(true)
})

test("methods can be taken off the object", async () => {
  const { user } = await signedIn()
  const { createTOTP } = user()
  expect((await createTOTP()).secret).toBe("SECRET1")
})

test("each createTOTP is a new secret, and an earlier one still confirms", async () => {
  const { user } = await signedIn()
  const first = await user().createTOTP()
  const second = await user().createTOTP()
  expect(second.secret).not.toBe(first.secret)
  expect(await user().verifyTOTP({ code: codeOf(first.secret) })).toMatchObject({ id: first.id })
})

test("answers out of order don't matter: what is shown is one and the same", async () => {
  const { server, user } = await signedIn()
  const release = server.hold("POST /factors")
  const both = Promise.all([user().createTOTP(), user().createTOTP()])
  release()
  const [one, two] = await both
  expect(one).toBe(two)
})

test("calls at the same time are one, also while the codes are being acknowledged", async () => {
  const { server, user } = await signedIn()
  const { secret } = await user().createTOTP()
  await user().verifyTOTP({ code: codeOf(secret) })
  const release = server.hold("POST /recovery-codes/acknowledge")
  const first = user().createBackupCode()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const second = user().createBackupCode()
  release()
  expect(await second).toBe(await first)
  expect(server.count("POST /recovery-codes")).toBe(1)
})

test("refusals have the keys and codes of the contract, and nothing else that a log would print", async () => {
  const { server, user } = await signedIn()
  await user().createTOTP()
  const wrong = await thrown(user().verifyTOTP({ code: "999999" }))
  expect(Object.keys(wrong)).toEqual(["clerkError", "countersignError", "code", "status", "errors"])
  expect(wrong).toMatchObject({
    clerkError: true,
    code: "api_response_error",
    status: 422,
    errors: [{ code: "form_code_incorrect", meta: { paramName: "code" } }],
  })
  expect(JSON.stringify(wrong)).not.toContain("999999")

  expect(await thrown(user().verifyTOTP({ code: " " }))).toMatchObject({
    status: 422,
    errors: [{ code: "form_param_nil" }],
  })
  expect(server.count("POST /factors/confirm")).toBe(1)
  expect(await thrown(user().verifyTOTP({ code: "abc" }))).toMatchObject({
    status: 422,
    errors: [{ code: "form_param_format_invalid", meta: { paramName: "code" } }],
  })

  server.next("POST /factors/confirm", problem(429, "too_many_attempts", { retryAfter: 60 }))
  expect(await thrown(user().verifyTOTP({ code: "111111" }))).toMatchObject({ status: 429, retryAfter: 60 })
  server.next("POST /recovery-codes", problem(429, "too_many_attempts", { retryAfter: 3600 }))
  const locked: unknown = await user()
    .createBackupCode()
    .catch((error: unknown) => error)
  expect(isUserLockedError(locked)).toBe(true)
  expect(locked).toMatchObject({
    status: 403,
    retryAfter: 3600,
    errors: [{ longMessage: "Too many tries. Try again in 60 minutes." }],
  })
})

test("each refusal has its own code", async () => {
  const { server, user } = await signedIn()
  expect(await thrown(user().verifyTOTP({ code: "123456" }))).toMatchObject({ errors: [{ code: "totp_not_pending" }] })
  expect(await thrown(user().createBackupCode())).toMatchObject({
    status: 403,
    errors: [{ code: "backup_codes_not_available_code" }],
  })
  const { secret } = await user().createTOTP()
  await user().verifyTOTP({ code: codeOf(secret) })
  expect(await thrown(user().createTOTP())).toMatchObject({ status: 422, errors: [{ code: "totp_already_enabled" }] })
  expect((await user().createTOTP({ multiple: true })).secret).toBeTruthy()
  server.account.required = true
  expect(await thrown(user().disableTOTP())).toMatchObject({
    status: 403,
    errors: [{ code: "mfa_required_by_policy" }],
  })
  server.account.required = false
  server.account.stale = true
  expect(await thrown(user().disableTOTP())).toMatchObject({
    status: 403,
    errors: [
      {
        code: "session_reverification_required",
        meta: { reverification: { level: "second_factor", after_minutes: 10 } },
      },
    ],
  })
})

test("without an answer it is a runtime error", async () => {
  const { server, user } = await signedIn()
  server.next("POST /factors", new TypeError("offline"))
  await expect(user().createTOTP()).rejects.toMatchObject({ code: "network_error", clerkRuntimeError: true })
})

test("the resource is the same object until the user changes", async () => {
  const { client, user } = await signedIn()
  const before = user()
  await client.reload()
  expect(user()).toBe(before)
  await user().reload()
  expect(user()).toBe(before)
})
