// @vitest-environment happy-dom
import { act } from "@testing-library/react"
import { StrictMode } from "react"
import type { ReactElement } from "react"
import { hydrateRoot } from "react-dom/client"
import { renderToString } from "react-dom/server"
import { expect, test, vi } from "vitest"
import type { SessionAnswer } from "@countersign/client"
import { createFakeServer } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import {
  CountersignProvider,
  Loading,
  SignedIn,
  SignedOut,
  useAuth,
  useFactors,
  useIsLoggedIn,
  useMfa,
  useReverification,
  useSession,
  useSignIn,
  useSignInSignal,
  useSyncMfaFlow,
  useUser,
} from "./index.ts"

function Everything(): ReactElement {
  const { user, isLoaded } = useUser()
  const { session } = useSession()
  const { userId } = useAuth()
  useSignIn()
  useSignInSignal()
  useMfa()
  useFactors()
  useSyncMfaFlow({ handler: () => {} })
  useReverification(() => undefined)
  return (
    <p>
      <SignedIn>in</SignedIn>
      <SignedOut>out</SignedOut>
      <Loading>waiting</Loading> {String(isLoaded)} {user?.primaryEmailAddress?.emailAddress} {session?.id} {userId}{" "}
      {String(useIsLoggedIn())}
    </p>
  )
}

const page = (server: FakeServer, initialState?: SessionAnswer): ReactElement => (
  <StrictMode>
    <CountersignProvider url="http://localhost" session="cookie" fetch={server.fetch} initialState={initialState}>
      <Everything />
    </CountersignProvider>
  </StrictMode>
)

async function hydrate(
  server: FakeServer,
  html: string,
  initialState?: SessionAnswer,
): Promise<{ text: () => string | null; warnings: unknown[][] }> {
  const warned = vi.spyOn(console, "error").mockImplementation(() => {})
  const container = document.createElement("div")
  container.innerHTML = html
  document.body.append(container)
  await act(async () => {
    hydrateRoot(container, page(server, initialState))
    await new Promise((resolve) => setTimeout(resolve, 20))
  })
  const warnings = warned.mock.calls
  warned.mockRestore()
  return { text: () => container.textContent, warnings }
}

test("without an initial state the server draws what is not known, and asks nobody", async () => {
  const server = createFakeServer().signedIn()
  const html = renderToString(page(server))
  expect(html).toContain("waiting")
  expect(server.calls).toEqual([])
  const { text, warnings } = await hydrate(server, html)
  expect(warnings).toEqual([])
  expect(text()).toContain("in true ada@example.com")
  expect(server.count("GET /session")).toBe(1)
})

test("with an initial state the first paint is right on both sides, and nobody is asked", async () => {
  const server = createFakeServer().signedIn()
  const initial = (await (await server.fetch("http://localhost/v1/session")).json()) as SessionAnswer
  server.calls.length = 0
  const html = renderToString(page(server, initial))
  expect(html).toContain("ada@example.com")
  const { text, warnings } = await hydrate(server, html, initial)
  expect(warnings).toEqual([])
  expect(text()).toContain("ada@example.com")
  expect(server.count("GET /session")).toBe(0)
})

test("two requests to the server share nothing", async () => {
  const server = createFakeServer().signedIn()
  const initial = (await (await server.fetch("http://localhost/v1/session")).json()) as SessionAnswer
  renderToString(page(server, initial))
  expect(renderToString(page(server))).not.toContain("ada@example.com")
})
