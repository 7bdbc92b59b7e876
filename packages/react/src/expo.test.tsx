// @vitest-environment happy-dom
import { act, cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react"
import { StrictMode } from "react"
import type { ReactElement } from "react"
import { afterEach, expect, test, vi } from "vitest"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer, problem } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import { CountersignProvider, useAuth, useCodeField, useCountersign, useUser } from "./expo.ts"
import type { CoreClient, CountersignProviderProps, TokenStorage } from "./expo.ts"

vi.mock("react-native", async () => import("./testing/react-native.tsx"))
const { AppState } = await import("./testing/react-native.tsx")

configure({ asyncUtilTimeout: 10_000 })
afterEach(cleanup)

const storageWith = (text: string | null): TokenStorage & { text: () => string | null } => {
  let kept = text
  return {
    text: () => kept,
    getItemAsync: async () => kept,
    setItemAsync: async (_, value) => void (kept = value),
    deleteItemAsync: async () => void (kept = null),
  }
}

/** As such layouts do: without asking whether it is known yet. */
const visited: string[] = []
const clients: CoreClient[] = []
function Layout(): ReactElement {
  const { isSignedIn } = useAuth()
  clients.splice(0, 1, useCountersign())
  visited.push(isSignedIn ? "home" : "sign-in")
  return <p>{isSignedIn ? "home" : "sign-in"}</p>
}

function start(
  server: FakeServer,
  storage: TokenStorage,
  children: ReactElement,
  more: Partial<CountersignProviderProps> = {},
): void {
  visited.length = 0
  render(
    <StrictMode>
      <CountersignProvider
        url="http://localhost"
        storage={storage}
        fetch={server.fetch}
        retryMilliseconds={[]}
        {...more}
      >
        {children}
      </CountersignProvider>
    </StrictMode>,
  )
}

test("a cold start of somebody who is signed in never visits the sign-in screen", async () => {
  const server = createFakeServer(true).signedIn()
  start(server, storageWith('{"session":"css_s0"}'), <Layout />, { fallback: <p>splash</p> })
  expect(screen.getByText("splash")).toBeTruthy()
  await screen.findByText("home")
  expect(new Set(visited)).toEqual(new Set(["home"]))
  expect(server.requests[0]?.headers.get("authorization")).toBe("Bearer css_s0")
})

test("without a token nobody is asked, and the sign-in screen comes at once", async () => {
  const server = createFakeServer(true)
  start(server, storageWith(null), <Layout />)
  await screen.findByText("sign-in")
  expect(server.calls).toEqual([])
})

test("without a connection nothing is claimed; the waiting screen can try again", async () => {
  const server = createFakeServer(true).signedIn()
  server.next("GET /session", new TypeError("offline"))
  const errors: unknown[] = []
  start(server, storageWith('{"session":"css_s0"}'), <Layout />, {
    onError: (error) => errors.push(error),
    fallback: ({ error, retry }) => <button onClick={retry}>{error ? (error as Error).message : "splash"}</button>,
  })
  const button = await screen.findByText(/No connection/)
  expect(visited).toEqual([])
  expect(errors.length).toBeGreaterThan(0)
  fireEvent.click(button)
  await screen.findByText("home")
})

test("coming back after a while reads anew, and a session that ended meanwhile is forgotten", async () => {
  const server = createFakeServer(true).signedIn()
  const storage = storageWith('{"session":"css_s0"}')
  start(server, storage, <Layout />)
  await screen.findByText("home")
  act(() => AppState.become("background"))
  act(() => AppState.become("active"))
  expect(server.count("GET /session")).toBe(1)
  act(() => AppState.become("background"))
  const now = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000)
  server.account.session = null
  act(() => AppState.become("active"))
  now.mockRestore()
  await screen.findByText("sign-in")
  await waitFor(() => expect(storage.text()).toBeNull())
})

function Account(): ReactElement {
  const { user } = useUser()
  return (
    <>
      <p>{user?.totpEnabled ? "on" : "off"}</p>
      <button onClick={() => void user?.disableTOTP().catch(() => {})}>Remove</button>
    </>
  )
}

async function stale(more: Partial<CountersignProviderProps> = {}): Promise<{ server: FakeServer; code: string }> {
  const server = createFakeServer(true).signedIn()
  start(
    server,
    storageWith('{"session":"css_s0"}'),
    <>
      <Layout />
      <Account />
    </>,
    more,
  )
  await screen.findByText("home")
  let code = ""
  await act(async () => {
    const begun = await clients[0]?.factors.begin({ kind: "totp" })
    code = codeOf(begun?.show.secret)
    await clients[0]?.factors.confirm({ kind: "totp", answer: code })
  })
  server.account.stale = true
  return { server, code }
}

test("a call without any wrapping asks for a fresh proof by itself, in a native modal, and goes on", async () => {
  const { code, server } = await stale()
  fireEvent.click(screen.getByText("Remove"))
  fireEvent.click(screen.getByText("Remove"))
  const field = await screen.findByLabelText("Code")
  expect(screen.getAllByRole("dialog", { name: "Confirm it’s you" })).toHaveLength(1)
  expect(field.getAttribute("autocomplete")).toBe("one-time-code")
  server.next("POST /challenge/answer", problem(400, "code_incorrect"))
  fireEvent.change(field, { target: { value: "111111" } })
  await waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(/not right/))
  fireEvent.change(await screen.findByLabelText("Code"), { target: { value: code } })
  await screen.findByText("off")
  expect(screen.queryByRole("dialog")).toBeNull()
  expect(server.account.factors).toEqual([])
})

test("the phone's own way back cancels", async () => {
  const { server } = await stale()
  fireEvent.click(screen.getByText("Remove"))
  fireEvent.click(await screen.findByText("hardware back"))
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull())
  expect(server.account.factors).toHaveLength(1)
})

test("asked to leave that to the page, the call is refused instead", async () => {
  await stale({ reverification: "manual" })
  await expect(clients[0]?.factors.begin({ kind: "totp" })).rejects.toMatchObject({
    code: "session_reverification_required",
  })
  expect(screen.queryByRole("dialog")).toBeNull()
})

test("the native code field takes pasted and filled codes", () => {
  const full: string[] = []
  function Field(): ReactElement {
    const { inputProps, slots } = useCodeField({ onComplete: (code) => full.push(code) })
    const { value, onChangeText } = inputProps
    return (
      <>
        <input aria-label="code" value={value} onChange={(event) => onChangeText(event.currentTarget.value)} />
        <output>{slots.map(({ char }) => char ?? "_").join("")}</output>
      </>
    )
  }
  render(<Field />)
  fireEvent.change(screen.getByLabelText("code"), { target: { value: "123 4" } })
  expect(screen.getByRole("status").textContent).toBe("1234__")
  fireEvent.change(screen.getByLabelText("code"), { target: { value: "１２３-456" } })
  expect(full).toEqual(["123456"])
})
