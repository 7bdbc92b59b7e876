// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react"
import { expect, test } from "vitest"
import { createFakeServer } from "../../client/src/testing/fake-server.ts"
import { mfaOf } from "./mfa.ts"
import { clientOf } from "./testing/drawn.tsx"
import { useMfaError } from "./use-mfa-error.ts"
import { userResourceOf } from "./user-resource.ts"

test("a refusal of any of the calls becomes a sentence, and the next call takes it away", async () => {
  const client = clientOf(createFakeServer().signedIn())
  await client.load()
  const { result } = renderHook(useMfaError)
  expect(result.current.error).toBeNull()
  const user = userResourceOf(client, client.current())
  const calls: (() => Promise<unknown> | undefined)[] = [
    () => user?.verifyTOTP({ code: "123456" }),
    () => mfaOf(client).verifyDevice("123456"),
    () => client.factors.confirm({ kind: "totp", answer: "123456" }),
  ]
  for (const call of calls) {
    await act(async () => expect(await result.current.watch(call() ?? Promise.resolve())).toBeUndefined())
    expect(result.current.error).toBe("This took too long. Start again.")
  }
  await act(async () => expect(await result.current.watch(Promise.resolve(7))).toBe(7))
  expect(result.current.error).toBeNull()
})

test("a dialog that was closed is nothing to show", async () => {
  const client = clientOf(createFakeServer().signedIn(), { onNeedsReverification: (request) => request.cancel() })
  const { result } = renderHook(useMfaError)
  await act(() => result.current.watch(client.reverification.require("second_factor")))
  expect(result.current.error).toBeNull()
})
