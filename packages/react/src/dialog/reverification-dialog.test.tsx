// @vitest-environment happy-dom
import { act, fireEvent, screen, waitFor } from "@testing-library/react"
import { expect, test, vi } from "vitest"
import { createCountersignClient } from "@countersign/client"
import type { CoreClient, Level } from "@countersign/client"
import { codeOf } from "../../../client/src/testing/fake-account.ts"
import { createFakeServer, problem } from "../../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../../client/src/testing/fake-server.ts"
import { clientOf, draw } from "../testing/drawn.tsx"
import { germanDialogTexts } from "./german-texts.ts"

type Asked = { client: CoreClient; server: FakeServer; code: string; outcome: () => string }

/** Somebody with an app and recovery codes is asked at this level. */
async function asked(level: Level, more: Parameters<typeof draw>[2] = {}): Promise<Asked> {
  const server = createFakeServer().signedIn()
  const before = clientOf(server)
  const { show } = await before.factors.begin({ kind: "totp" })
  await before.factors.confirm({ kind: "totp", answer: codeOf(show.secret) })
  const { client } = draw(server, <button>Do it</button>, more)
  await act(async () => void (await client.load()))
  screen.getByText("Do it").focus()
  let outcome = "waits"
  act(() => {
    client.reverification.require(level).then(
      () => (outcome = "completed"),
      (error: { code: string }) => (outcome = error.code),
    )
  })
  await screen.findByRole("dialog")
  return { client, server, code: codeOf(show.secret), outcome: () => outcome }
}

const field = (label = "Code"): Promise<HTMLInputElement> => screen.findByLabelText(label)
/** Once nothing is under way any more. */
const idle = (): Promise<void> =>
  waitFor(() => expect(screen.getByText("Confirm").getAttribute("aria-disabled")).toBe("false"))
const confirm = async (): Promise<void> => {
  await idle()
  fireEvent.click(screen.getByText("Confirm"))
}
const fill = async (value: string, label = "Code"): Promise<void> => {
  const input = await field(label)
  await idle()
  fireEvent.change(input, { target: { value } })
}
const gone = (): Promise<void> => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull())

test("a modal dialog with a name, a described field that has the focus, and one live place for errors", async () => {
  await asked("second_factor")
  const dialog = screen.getByRole("dialog", { name: "Confirm it’s you" })
  expect((dialog as HTMLDialogElement).open).toBe(true)
  const input = await field()
  await waitFor(() => expect(document.activeElement).toBe(input))
  const described = (input.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .map((id) => document.querySelector(`[id="${id}"]`))
  expect(described.map((element) => element?.textContent)).toEqual(["Enter the code from your authenticator app.", ""])
  expect(screen.getByRole("alert")).toBe(described[1])
  expect(input.getAttribute("autocomplete")).toBe("one-time-code")
})

test("a full code submits itself, and the dialog goes with a click of its own", async () => {
  const { code, outcome } = await asked("second_factor")
  await fill(code)
  await gone()
  expect(outcome()).toBe("completed")
})

test("a wrong code is said, the field is marked and has the focus, and the right one still passes", async () => {
  const { code, server, outcome } = await asked("second_factor")
  await fill("999999")
  await waitFor(() =>
    expect(screen.getByRole("alert").textContent).toBe("That code is not right. Check it and try again."),
  )
  const input = await field()
  expect(input.getAttribute("aria-invalid")).toBe("true")
  await waitFor(() => expect(document.activeElement).toBe(input))
  expect(outcome()).toBe("waits")
  await fill(code)
  await gone()
  expect(outcome()).toBe("completed")
  expect(server.count("POST /step-up")).toBe(1)
})

test("a phone whose clock is off, a lock and a lost connection are each said in words that help", async () => {
  const { server } = await asked("second_factor")
  for (const [answer, words] of [
    [problem(400, "code_incorrect", { clockOffSeconds: -70 }), /clock is about 70 seconds behind/],
    [problem(400, "code_already_used"), /has been used/],
    [problem(429, "too_many_attempts", { retryAfter: 120 }), /Try again in 2 minutes/],
    [new TypeError("offline"), /No connection/],
  ] as const) {
    server.next("POST /challenge/answer", answer)
    await fill(`11111${words.source.length % 10}`)
    await waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(words))
  }
})

test("a mistake is corrected where it is, and the field counts as full again", async () => {
  const { code, outcome } = await asked("second_factor")
  await fill(`9${code.slice(1)}`)
  await waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(/not right/))
  // The caret stands before the first digit, and the right one is typed.
  fireEvent.change(await field(), {
    target: { value: `${code[0]}9${code.slice(1)}`, selectionStart: 1, selectionEnd: 1 },
  })
  await gone()
  expect(outcome()).toBe("completed")
})

test("a recovery code instead, in the same place", async () => {
  const { server, outcome } = await asked("second_factor")
  await field()
  fireEvent.click(screen.getByText("Use a recovery code"))
  await fill(server.account.codes?.[3]?.toLowerCase().toUpperCase() ?? "", "Recovery code")
  await confirm()
  await gone()
  expect(outcome()).toBe("completed")
  expect(server.account.codes).toHaveLength(9)
})

test("an empty field is not sent", async () => {
  const { server } = await asked("second_factor")
  await field()
  await confirm()
  expect(server.count("POST /challenge/answer")).toBe(0)
})

test("a password where the first factor is wanted, with the address for password managers", async () => {
  const { outcome } = await asked("first_factor")
  const input = await field("Password")
  expect(input.type).toBe("password")
  expect(input.getAttribute("autocomplete")).toBe("current-password")
  expect(document.querySelector<HTMLInputElement>("[autocomplete=username]")?.value).toBe("ada@example.com")
  await fill("right", "Password")
  await idle()
  fireEvent.submit(input)
  await gone()
  expect(outcome()).toBe("completed")
})

test("both factors: one after the other in one dialog", async () => {
  const { code, outcome } = await asked("multi_factor")
  await fill("right", "Password")
  await confirm()
  await fill(code)
  await gone()
  expect(outcome()).toBe("completed")
})

test("a stronger demand that comes meanwhile makes the dialog ask on", async () => {
  const { client, code, server, outcome } = await asked("second_factor")
  const stronger = client.reverification.require("multi_factor")
  await fill(code)
  await fill("right", "Password")
  expect(outcome()).toBe("waits")
  await confirm()
  await fill(code)
  await gone()
  await stronger
  expect(outcome()).toBe("completed")
  expect(server.count("POST /step-up")).toBe(2)
})

test("closing it by the button or by the key cancels, and the focus is back where it was", async () => {
  for (const close of [
    () => fireEvent.click(screen.getByText("Cancel")),
    () => fireEvent(screen.getByRole("dialog"), new Event("cancel", { cancelable: true })),
  ]) {
    const { outcome } = await asked("second_factor")
    await field()
    close()
    await gone()
    expect(outcome()).toBe("reverification_cancelled")
    document.body.replaceChildren()
  }
})

test("signing out while it is open closes it", async () => {
  const { client, outcome } = await asked("second_factor")
  await field()
  await act(() => client.signOut())
  await gone()
  expect(outcome()).toBe("reverification_cancelled")
})

test("a challenge that ran out is opened anew by itself", async () => {
  const { code, server, outcome } = await asked("second_factor")
  server.next("POST /challenge/answer", problem(410, "challenge_spent"))
  await fill("222222")
  await waitFor(() => expect(screen.getByRole("alert").textContent).toMatch(/took too long/))
  expect(server.count("POST /step-up")).toBe(2)
  await fill(code)
  await gone()
  expect(outcome()).toBe("completed")
})

test("somebody without a second factor is asked for the password", async () => {
  const server = createFakeServer().signedIn()
  const { client } = draw(server, null)
  await act(async () => void (await client.load()))
  act(() => void client.reverification.require("second_factor").catch(() => {}))
  expect(await field("Password")).toBeTruthy()
})

test("in another language", async () => {
  await asked("second_factor", { texts: germanDialogTexts })
  expect(screen.getByRole("dialog", { name: "Bestätigen Sie, dass Sie es sind" })).toBeTruthy()
  expect(await screen.findByText("Wiederherstellungscode verwenden")).toBeTruthy()
})

test("it is fetched only when it is needed, and not at all where the app asks itself", async () => {
  const server = createFakeServer().signedIn()
  server.account.stale = true
  const own = vi.fn<(request: { cancel: () => void }) => void>((request) => request.cancel())
  const client = createCountersignClient({ url: "http://localhost", session: "cookie", fetch: server.fetch })
  draw(server, null, { client, onNeedsReverification: own })
  await act(async () => void (await client.load()))
  await expect(client.factors.begin({ kind: "totp" })).rejects.toMatchObject({ code: "reverification_cancelled" })
  expect(own).toHaveBeenCalledTimes(1)
  expect(screen.queryByRole("dialog")).toBeNull()
})
