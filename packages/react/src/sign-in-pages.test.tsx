// @vitest-environment happy-dom
import { act, screen, waitFor } from "@testing-library/react"
import { useEffect } from "react"
import type { ReactElement } from "react"
import { expect, test, vi } from "vitest"
import type { CoreClient } from "@countersign/client"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer, problem } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import { SignedIn, SignedOut, useAuth, useClerk, useSession, useSignIn, useUser } from "./clerk.ts"
import type { SignInResource } from "./clerk.ts"
import { useSignIn as useSignInSignal } from "./signals.ts"
import type { UseSignInReturn } from "./signals.ts"
import { clientOf, draw } from "./testing/drawn.tsx"

async function withApp(): Promise<{ server: FakeServer; code: string; client: CoreClient }> {
  const server = createFakeServer().signedIn()
  const client = clientOf(server)
  const { show } = await client.factors.begin({ kind: "totp" })
  await client.factors.confirm({ kind: "totp", answer: codeOf(show.secret) })
  await client.recoveryCodes.acknowledge()
  await client.signOut()
  return { server, code: codeOf(show.secret), client }
}

/** Draws and hands out what the hook gave at the last render. */
async function hooked<T>(hook: () => T, server: FakeServer, client: CoreClient): Promise<() => T> {
  const seen: T[] = []
  function Probe(): null {
    seen.push(hook())
    return null
  }
  draw(server, <Probe />, { client })
  await act(async () => void (await client.load()))
  return () => {
    const last = seen.at(-1)
    if (last === undefined) throw new Error("not drawn yet")
    return last
  }
}

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

function Guarded(): ReactElement {
  return (
    <>
      <SignedIn>inside</SignedIn>
      <SignedOut>outside</SignedOut>
    </>
  )
}

test("a demanded enrolment is a pending session with a task, which a page that looks at it keeps until it says done", async () => {
  const server = createFakeServer()
  server.account.required = true
  const client = clientOf(server)
  const seen: (string | undefined)[] = []
  const active: (() => Promise<void>)[] = []
  function Task(): ReactElement {
    const { session } = useSession()
    const { user } = useUser()
    const { isSignedIn, userId } = useAuth({ treatPendingAsSignedOut: false })
    const { setActive } = useClerk()
    useEffect(() => {
      active.splice(0, 1, () => setActive({ session: session?.id ?? null }))
    })
    seen.push(`${session?.status} ${session?.currentTask?.key} ${user?.id} ${isSignedIn} ${userId}`)
    return <Guarded />
  }
  draw(server, <Task />, { client })
  await act(async () => void (await client.signIn({ email: "ada@example.com", password: "right" })))
  expect(seen.at(-1)).toBe("pending setup-mfa u1 true u1")
  expect(screen.getByText("outside")).toBeTruthy()
  await act(async () => {
    const begun = await client.factors.begin({ kind: "totp" })
    await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  })
  expect(client.current().session).not.toBeNull()
  expect(seen.at(-1)).toBe("pending setup-mfa u1 true u1")
  await act(async () => active[0]?.())
  expect(seen.at(-1)).toBe("active undefined u1 true u1")
  expect(screen.getByText("inside")).toBeTruthy()
})

test("a page that does not look at the task is signed in as soon as it is settled", async () => {
  const server = createFakeServer()
  server.account.required = true
  const client = clientOf(server)
  draw(server, <Guarded />, { client })
  await act(async () => void (await client.signIn({ email: "ada@example.com", password: "right" })))
  expect(screen.getByText("outside")).toBeTruthy()
  await act(async () => {
    const begun = await client.factors.begin({ kind: "totp" })
    await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  })
  expect(screen.getByText("inside")).toBeTruthy()
})

test("a session verifies itself step by step", async () => {
  const { server, code, client } = await withApp()
  await client.signIn({ email: "ada@example.com", password: "right" })
  await client.challenge.answer({ kind: "totp", answer: code })
  const now = await hooked(useSession, server, client)
  const session = now().session
  await act(async () => {
    const started = await session?.startVerification({ level: "multi_factor" })
    expect(started).toMatchObject({ status: "needs_first_factor", supportedFirstFactors: [{ strategy: "password" }] })
    const second = await session?.attemptFirstFactorVerification({ strategy: "password", password: "right" })
    expect(second).toMatchObject({
      status: "needs_second_factor",
      supportedSecondFactors: [{ strategy: "totp" }, { strategy: "backup_code" }],
    })
    await expect(session?.attemptSecondFactorVerification({ strategy: "totp", code: "999999" })).rejects.toMatchObject({
      status: 422,
    })
    const done = await session?.attemptSecondFactorVerification({ strategy: "totp", code })
    expect(done).toMatchObject({ status: "complete", session: { status: "active" } })
  })
})

test("the three states: not known, nobody, somebody", async () => {
  const server = createFakeServer()
  const client = clientOf(server)
  const states: unknown[] = []
  function Probe(): null {
    const { isLoaded, isSignedIn, user } = useUser()
    const { userId, has } = useAuth()
    states.push([
      isLoaded,
      isSignedIn,
      user === undefined ? "undefined" : (user?.id ?? null),
      userId,
      has({ role: "x" }),
    ])
    return null
  }
  draw(server, <Probe />, { client })
  expect(states.at(-1)).toEqual([false, undefined, "undefined", undefined, false])
  await act(async () => void (await client.load()))
  expect(states.at(-1)).toEqual([true, false, null, null, false])
  await act(async () => void (await client.signIn({ email: "ada@example.com", password: "right" })))
  expect(states.at(-1)).toEqual([true, true, "u1", "u1", false])
})

test("calls under way never make it unknown again", async () => {
  const { server, code, client } = await withApp()
  await client.signIn({ email: "ada@example.com", password: "right" })
  await client.challenge.answer({ kind: "totp", answer: code })
  const seen = new Set<unknown>()
  function Probe(): null {
    seen.add(useUser().isSignedIn)
    return null
  }
  draw(server, <Probe />, { client })
  server.account.stale = true
  await act(async () => {
    await client.factors.begin({ kind: "totp" }, { reverify: false }).catch(() => {})
    await client.stepUp("second_factor")
    await client.challenge.answer({ kind: "totp", answer: code })
    await client.reload()
    await client.recoveryCodes.replace()
  })
  await waitFor(() => expect([...seen]).toEqual([true]))
})

test("a token for the app's own server is asked for once, and anew after a change of the user or a sign-out", async () => {
  const server = createFakeServer().signedIn()
  const client = clientOf(server)
  const now = await hooked(useAuth, server, client)
  const first = await now().getToken()
  expect(first).toMatch(/^jwt-/)
  expect(await now().getToken()).toBe(first)
  await act(async () => {
    const begun = await client.factors.begin({ kind: "totp" })
    await client.factors.confirm({ kind: "totp", answer: codeOf(begun.show.secret) })
  })
  expect(await now().getToken()).not.toBe(first)
  const later = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 50_000)
  expect(await now().getToken()).toMatch(/^jwt-/)
  later.mockRestore()
  expect(server.count("POST /session/token")).toBe(3)
  await act(() => client.signOut())
  expect(await now().getToken()).toBeNull()
})

test("a listener of the older kind is told what is known and every change", async () => {
  const server = createFakeServer().signedIn()
  const client = clientOf(server)
  const now = await hooked(useClerk, server, client)
  const told: (string | null)[] = []
  const stop = now().addListener(({ user }) => told.push(user?.id ?? null))
  await act(() => now().signOut())
  expect(told).toEqual(["u1", null])
  stop()
})
