// @vitest-environment happy-dom
import { act, fireEvent, screen, waitFor } from "@testing-library/react"
// oxlint-disable no-console -- the pages that are imitated tell their errors so
import { StrictMode, useEffect, useState } from "react"
import type { ReactElement } from "react"
import { expect, test, vi } from "vitest"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import { ClerkProvider, isClerkRuntimeError, useReverification, useUser } from "./clerk.ts"
import type { BackupCodeResource, TOTPResource } from "./clerk.ts"
import { clientOf, draw } from "./testing/drawn.tsx"

/** Pages of the kind that are written for hooks of this shape: effects that create, no guards of their own. */

function Codes(): ReactElement {
  const { user } = useUser()
  const [set, setSet] = useState<BackupCodeResource>()
  const create = useReverification(() => user?.createBackupCode())
  useEffect(() => {
    create().then((made: BackupCodeResource) => setSet(made), console.error)
    // oxlint-disable-next-line react/exhaustive-deps -- as such pages do
  }, [])
  return (
    <ol>
      {set?.codes.map((code) => (
        <li key={code}>{code}</li>
      ))}
    </ol>
  )
}

function Add(): ReactElement {
  const { user } = useUser()
  const [totp, setTotp] = useState<TOTPResource>()
  const create = useReverification(() => user?.createTOTP())
  useEffect(() => {
    create().then(
      (made: TOTPResource) => setTotp(made),
      (error: unknown) => console.error(JSON.stringify(error)),
    )
    // oxlint-disable-next-line react/exhaustive-deps -- as such pages do
  }, [])
  return <p data-testid="secret">{totp?.secret}</p>
}

function Wizard(): ReactElement | null {
  const { isLoaded, isSignedIn, user } = useUser()
  const [step, setStep] = useState<"add" | "verify" | "codes">("add")
  const [code, setCode] = useState("")
  if (!isLoaded) return null
  if (!isSignedIn) return <p>Sign in first</p>
  return (
    <>
      <p>{user.totpEnabled ? "app is on" : "app is off"}</p>
      {step === "add" ? <Add /> : null}
      {step === "codes" ? <Codes /> : null}
      <button onClick={() => setStep("verify")}>next</button>
      <input aria-label="code" value={code} onChange={(event) => setCode(event.target.value)} />
      <button
        onClick={() => {
          user.verifyTOTP({ code }).then(
            () => setStep("codes"),
            (error: unknown) => console.error(JSON.stringify(error)),
          )
        }}
      >
        verify
      </button>
    </>
  )
}

function Manage(): ReactElement | null {
  const { isLoaded, isSignedIn, user } = useUser()
  const disable = useReverification(() => user?.disableTOTP())
  if (!isLoaded) return null
  if (!isSignedIn) return <p>Sign in first</p>
  return user.totpEnabled ? <button onClick={() => void disable()}>Remove</button> : <p>Add an app</p>
}

const secretShown = async (): Promise<string> => {
  await waitFor(() => expect(screen.getByTestId("secret").textContent).toMatch(/SECRET/))
  return screen.getByTestId("secret").textContent ?? ""
}

const enrolled = async (server: FakeServer): Promise<string> => {
  const client = clientOf(server)
  const { show } = await client.factors.begin({ kind: "totp" })
  await client.factors.confirm({ kind: "totp", answer: codeOf(show.secret) })
  server.calls.length = 0
  return codeOf(show.secret)
}

test("in strict mode a mount makes one secret, the one on screen is confirmed, and the codes on screen are the good ones", async () => {
  const server = createFakeServer().signedIn()
  draw(server, <Wizard />)
  const secret = await secretShown()
  expect(server.count("POST /factors")).toBe(1)
  fireEvent.click(screen.getByText("next"))
  fireEvent.change(screen.getByLabelText("code"), { target: { value: codeOf(secret) } })
  fireEvent.click(screen.getByText("verify"))
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(10))
  expect(server.count("POST /recovery-codes")).toBe(1)
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(server.account.codes)
  expect(server.account.acknowledged).toBe(true)
  expect(screen.getByText("app is on")).toBeTruthy()
})

test("a double click on verify is one request, and the page does not see a used code", async () => {
  const server = createFakeServer().signedIn()
  draw(server, <Wizard />)
  const secret = await secretShown()
  fireEvent.change(screen.getByLabelText("code"), { target: { value: codeOf(secret) } })
  fireEvent.click(screen.getByText("verify"))
  fireEvent.click(screen.getByText("verify"))
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(10))
  expect(server.count("POST /factors/confirm")).toBe(1)
})

test("the wizard is never taken down while calls are under way", async () => {
  const server = createFakeServer().signedIn()
  let mounts = 0
  function Counted(): ReactElement | null {
    const { isLoaded } = useUser()
    return isLoaded ? <Inner /> : null
  }
  function Inner(): ReactElement {
    useEffect(() => {
      mounts += 1
    }, [])
    return <Wizard />
  }
  const { client } = draw(server, <Counted />)
  const secret = await secretShown()
  fireEvent.change(screen.getByLabelText("code"), { target: { value: codeOf(secret) } })
  fireEvent.click(screen.getByText("verify"))
  await waitFor(() => expect(screen.getByText("app is on")).toBeTruthy())
  await act(async () => void (await client.reload()))
  expect(mounts).toBe(2)
})

test("an old session: one dialog for strict mode's two effects; confirmed, the secret appears", async () => {
  const server = createFakeServer().signedIn()
  const code = await enrolled(server)
  server.account.stale = true
  function Page(): ReactElement | null {
    return useUser().isLoaded ? <Codes /> : null
  }
  draw(server, <Page />)
  const field = await screen.findByLabelText("Code")
  expect(screen.getAllByRole("dialog")).toHaveLength(1)
  expect(server.count("POST /step-up")).toBe(1)
  fireEvent.change(field, { target: { value: code } })
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(10))
  expect(screen.queryByRole("dialog")).toBeNull()
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(server.account.codes)
})

test("an old session: the dialog cancelled, each effect is told with the code that pages look for", async () => {
  const server = createFakeServer().signedIn()
  await enrolled(server)
  server.account.stale = true
  const complained = vi.spyOn(console, "error").mockImplementation(() => {})
  function Page(): ReactElement | null {
    return useUser().isLoaded ? <Codes /> : null
  }
  draw(server, <Page />)
  await screen.findByLabelText("Code")
  fireEvent.click(screen.getByText("Cancel"))
  await waitFor(() => expect(complained).toHaveBeenCalledTimes(2))
  for (const [error] of complained.mock.calls) {
    expect(isClerkRuntimeError(error)).toBe(true)
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      clerkError: true,
      countersignError: true,
      code: "reverification_cancelled",
      clerkRuntimeError: true,
    })
  }
  complained.mockRestore()
})

test("removing flips every place at once without a reload, and a double click is harmless", async () => {
  const server = createFakeServer().signedIn()
  await enrolled(server)
  const seen: string[] = []
  function Watch({ name }: { name: string }): null {
    const { user } = useUser()
    const on = user?.totpEnabled
    useEffect(() => void seen.push(`${name} ${on}`), [name, on])
    return null
  }
  draw(
    server,
    <>
      <Manage />
      <Watch name="one" />
      <Watch name="two" />
    </>,
  )
  const button = await screen.findByText("Remove")
  fireEvent.click(button)
  fireEvent.click(button)
  await screen.findByText("Add an app")
  expect(seen.slice(-2)).toEqual(["one false", "two false"])
  expect(server.calls.filter((call) => call.startsWith("DELETE"))).toHaveLength(1)
})

test("a demanded enrolment: the wizard runs for who is not signed in yet", async () => {
  const server = createFakeServer()
  server.account.required = true
  const client = clientOf(server)
  await client.signIn({ email: "ada@example.com", password: "right" })
  draw(server, <Wizard />, { client })
  const secret = await secretShown()
  fireEvent.change(screen.getByLabelText("code"), { target: { value: codeOf(secret) } })
  fireEvent.click(screen.getByText("verify"))
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(10))
  expect(client.current().session).not.toBeNull()
})

test("settings that only the other vendor needs are taken and have no effect", async () => {
  const server = createFakeServer()
  const client = clientOf(server)
  const { render } = await import("@testing-library/react")
  render(
    <StrictMode>
      <ClerkProvider publishableKey="pk_x" appearance={{}} signInUrl="/in" client={client}>
        <Manage />
      </ClerkProvider>
    </StrictMode>,
  )
  expect(await screen.findByText("Sign in first")).toBeTruthy()
})

test("who has to sign in is led to the app's own page where it has one, else to the hosted page, and back", async () => {
  const { RedirectToSignIn } = await import("./clerk.ts")
  const { render } = await import("@testing-library/react")
  const client = clientOf(createFakeServer())
  const led = vi.spyOn(location, "assign").mockImplementation(() => undefined)
  const here = location.href
  try {
    for (const own of ["/sign-in", undefined])
      render(
        <ClerkProvider signInUrl={own} client={client}>
          <RedirectToSignIn />
        </ClerkProvider>,
      )
    const [first, second] = led.mock.calls.map(([to]) => new URL(String(to), here))
    expect(first?.pathname).toBe("/sign-in")
    expect(first?.searchParams.get("redirect_url")).toBe(here)
    expect(second?.pathname).toBe("/account/sign-in")
    expect(second?.searchParams.get("return_to")).toBe(here)
  } finally {
    led.mockRestore()
  }
})
