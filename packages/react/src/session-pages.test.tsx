// @vitest-environment happy-dom
import { act, screen, waitFor } from "@testing-library/react"
import { useEffect } from "react"
import type { ReactElement } from "react"
import { expect, test, vi } from "vitest"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer } from "../../client/src/testing/fake-server.ts"
import { SignedIn, SignedOut, useAuth, useClerk, useSession, useUser } from "./clerk.ts"
import { clientOf, draw } from "./testing/drawn.tsx"
import { hooked, withApp } from "./testing/hooked.tsx"

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
