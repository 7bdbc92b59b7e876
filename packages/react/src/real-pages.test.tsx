import { StrictMode } from "react"
import type { ReactElement, ReactNode } from "react"
import { Window } from "happy-dom"
import { startTestServer } from "countersign/testing"
import { createCoreClient } from "@countersign/client"
import { expect, test, vi } from "vitest"
import { createRealBrowser } from "../../client/src/testing/real-browser.ts"
import { CountersignProvider, useMfa, useReverification, useUser } from "./index.ts"
import type { BackupCodeResource } from "./index.ts"

// A page for React, while requests stay Node's own: the other environment's can't carry cookies to a server.
const page = new Window({ url: "http://localhost:3000" })
for (const name of [
  "document",
  "HTMLElement",
  "HTMLIFrameElement",
  "CSSStyleSheet",
  "Event",
  "MutationObserver",
] as const)
  vi.stubGlobal(name, page[name])
for (const name of ["addEventListener", "removeEventListener"] as const) vi.stubGlobal(name, page[name].bind(page))
vi.stubGlobal("window", page)
const { act, configure, fireEvent, render, screen, waitFor } = await import("@testing-library/react")
configure({ asyncUtilTimeout: 10_000 })

function Generate(): ReactElement | null {
  const { user } = useUser()
  const create = useReverification(() => user?.createBackupCode())
  const { getUserDevices } = useMfa()
  const onClick = (): void => {
    create().then(
      (made: BackupCodeResource) => (document.title = made.codes.join(" ")),
      (error: { code: string }) => (document.title = error.code),
    )
  }
  return user ? (
    <>
      <button onClick={onClick}>Generate</button>
      <button onClick={() => void getUserDevices()}>Devices</button>
    </>
  ) : null
}

test("an old session in a page: the dialog, a wrong code, the right code, and the codes are there", async () => {
  await using server = await startTestServer()
  const browser = createRealBrowser(server)
  const client = createCoreClient({ url: server.url, session: "cookie", fetch: browser.fetch, retryMilliseconds: [] })
  const person = await server.createUser({ totp: true })
  await client.signIn({ email: person.email, password: person.password })
  await client.challenge.answer({ kind: "totp", answer: person.app?.code() })
  server.clock.advance(700)
  const tree = (children: ReactNode): ReactElement => (
    <StrictMode>
      <CountersignProvider client={client}>{children}</CountersignProvider>
    </StrictMode>
  )
  render(tree(<Generate />))
  fireEvent.click(await screen.findByText("Generate"))
  const field = await screen.findByLabelText("Code")
  fireEvent.change(field, { target: { value: "000000" } })
  await waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(/not right/))
  fireEvent.change(field, { target: { value: person.app?.code() ?? "" } })
  await waitFor(() => expect(document.title.split(" ")).toHaveLength(10))
  expect(screen.queryByRole("dialog")).toBeNull()
  expect(browser.calls.filter((call) => call === "POST /recovery-codes")).toHaveLength(2)

  server.clock.advance(700)
  fireEvent.click(screen.getByText("Generate"))
  await screen.findByLabelText("Code")
  await act(async () => fireEvent.click(screen.getByText("Cancel")))
  await waitFor(() => expect(document.title).toBe("reverification_cancelled"))
  expect(client.current().user).not.toBeNull()
})
