// @vitest-environment happy-dom
import { act, waitFor } from "@testing-library/react"
import { expect, test, vi } from "vitest"
import { createFakeServer, problem } from "../../client/src/testing/fake-server.ts"
import { useSignIn } from "./clerk.ts"
import type { SignInResource } from "./clerk.ts"
import { useSignIn as useSignInSignal } from "./signals.ts"
import type { UseSignInReturn } from "./signals.ts"
import { clientOf } from "./testing/drawn.tsx"
import { hooked, withApp } from "./testing/hooked.tsx"

const signInOf = (now: () => ReturnType<typeof useSignIn>): SignInResource => {
  const { signIn } = now()
  if (!signIn) throw new Error("not loaded")
  return signIn
}

test("the older shape: create, then the second factor on the same object, then setActive", async () => {
  const { server, code, client } = await withApp()
  const now = await hooked(useSignIn, server, client)
  const signIn = signInOf(now)
  expect(signIn.status).toBeNull()
  await act(async () => {
    expect(await signIn.create({ identifier: "ada@example.com", password: "right" })).toBe(signIn)
    expect(signIn.status).toBe("needs_second_factor")
    expect(signIn.supportedSecondFactors).toEqual([{ strategy: "totp" }, { strategy: "backup_code" }])
    expect(signIn.firstFactorVerification.status).toBe("verified")
    await signIn.attemptSecondFactor({ strategy: "totp", code })
  })
  expect(signIn.status).toBe("complete")
  expect(signIn.createdSessionId).toBe(client.current().session?.id)
  const navigate = vi.fn()
  await act(async () => now().setActive?.({ session: signIn.createdSessionId, navigate }))
  expect(navigate).toHaveBeenCalledTimes(1)
})

test("without a second factor the extra step of older pages is harmless", async () => {
  const server = createFakeServer()
  const client = clientOf(server)
  const signIn = signInOf(await hooked(useSignIn, server, client))
  await act(async () => {
    await signIn.create({ identifier: "ada@example.com", password: "right" })
    expect(await signIn.attemptSecondFactor({ strategy: "totp", code: "123456" })).toBe(signIn)
  })
  expect(signIn.status).toBe("complete")
  expect(server.count("POST /challenge/answer")).toBe(0)
})

test("step by step: the address first, then the password", async () => {
  const server = createFakeServer()
  const signIn = signInOf(await hooked(useSignIn, server, clientOf(server)))
  await act(async () => {
    await signIn.create({ identifier: "ada@example.com" })
    expect(signIn.status).toBe("needs_first_factor")
    expect(signIn.supportedFirstFactors).toEqual([{ strategy: "password" }])
    expect(server.count("POST /sign-in")).toBe(0)
    await signIn.attemptFirstFactor({ strategy: "password", password: "right" })
  })
  expect(signIn.status).toBe("complete")
})

test("a wrong password and a wrong code are told by field, and the sign-in goes on", async () => {
  const { server, code, client } = await withApp()
  const signIn = signInOf(await hooked(useSignIn, server, client))
  await act(async () => {
    await expect(signIn.create({ identifier: "ada@example.com", password: "wrong" })).rejects.toMatchObject({
      status: 422,
      errors: [{ code: "form_password_incorrect", meta: { paramName: "password" } }],
    })
    await signIn.create({ identifier: "ada@example.com", password: "right" })
    await expect(signIn.attemptSecondFactor({ strategy: "totp", code: "999999" })).rejects.toMatchObject({
      status: 422,
      errors: [{ code: "form_code_incorrect", meta: { paramName: "code" } }],
    })
    server.next("POST /challenge/answer", problem(429, "too_many_attempts", { retryAfter: 3600 }))
    await expect(signIn.attemptSecondFactor({ strategy: "totp", code: "999998" })).rejects.toMatchObject({
      status: 403,
      retryAfter: 3600,
      errors: [{ code: "user_locked" }],
    })
    expect(signIn.secondFactorVerification.attempts).toBe(2)
    await signIn.attemptSecondFactor({ strategy: "totp", code })
  })
  expect(signIn.status).toBe("complete")
})

test("a reload in the middle finds the second factor still owed", async () => {
  const { server, code, client } = await withApp()
  await client.signIn({ email: "ada@example.com", password: "right" })
  const after = clientOf(server)
  const signIn = signInOf(await hooked(useSignIn, server, after))
  expect(signIn.status).toBe("needs_second_factor")
  expect(signIn.identifier).toBe("ada@example.com")
  await act(async () => void (await signIn.attemptSecondFactor({ strategy: "totp", code })))
  expect(after.current().user).not.toBeNull()
})

test("trusting the device is passed on, a backup code passes, and a mailed code is sent", async () => {
  const { server, client } = await withApp()
  const signIn = signInOf(await hooked(useSignIn, server, client))
  const [backup = ""] = server.account.codes ?? []
  await act(async () => {
    await signIn.create({ identifier: "ada@example.com", password: "right" })
    await signIn.prepareSecondFactor({ strategy: "email_code" })
    await signIn.attemptSecondFactor({ strategy: "backup_code", code: backup, trustDevice: true })
  })
  const sent = server.requests.filter(({ call }) => call.startsWith("POST /challenge"))
  expect(sent.map(({ body }) => body)).toEqual([
    { kind: "email-code" },
    { kind: "recovery-code", answer: backup, rememberDevice: true },
  ])
  expect(signIn.status).toBe("complete")
})

test("starting over gives the challenge up", async () => {
  const { server, client } = await withApp()
  const signIn = signInOf(await hooked(useSignIn, server, client))
  await act(async () => {
    await signIn.create({ identifier: "ada@example.com", password: "right" })
    await signIn.reset()
  })
  expect(signIn.status).toBeNull()
  expect(server.account.challenge).toBeNull()
})

test("the newer shape: calls never reject, errors are sorted by field, and the state of fetching is shown", async () => {
  const { server, code, client } = await withApp()
  const now = await hooked((): UseSignInReturn => useSignInSignal(), server, client)
  const { signIn } = now()
  await act(async () => {
    const { error } = await signIn.password({ emailAddress: "ada@example.com", password: "wrong" })
    expect(error).toMatchObject({ status: 422 })
  })
  expect(now().errors.fields.password?.code).toBe("form_password_incorrect")
  expect(now().errors.global).toBeNull()
  const release = server.hold("POST /sign-in")
  const slow = signIn.password({ emailAddress: "ada@example.com", password: "wrong" })
  await waitFor(() => expect(now().fetchStatus).toBe("fetching"))
  release()
  await act(async () => void (await slow))
  expect(now().fetchStatus).toBe("idle")
  await act(async () => {
    server.next("POST /sign-in", problem(403, "account_disabled"))
    await signIn.password({ identifier: "ada@example.com", password: "right" })
  })
  expect(now().errors.global?.[0]?.code).toBe("account_disabled")
  await act(async () => {
    expect(await signIn.password({ emailAddress: "ada@example.com", password: "right" })).toEqual({ error: null })
  })
  expect(now().signIn.status).toBe("needs_second_factor")
  await act(async () => void (await signIn.mfa.verifyTOTP({ code: "999999" })))
  expect(now().errors.fields.code?.code).toBe("form_code_incorrect")
  await act(async () => void (await signIn.mfa.verifyTOTP({ code })))
  const navigate = vi.fn()
  await act(async () => void (await signIn.finalize({ navigate })))
  expect(navigate).toHaveBeenCalledTimes(1)
  expect(now()).toMatchObject({ fetchStatus: "idle", errors: { raw: null } })
})
