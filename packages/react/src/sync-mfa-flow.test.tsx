// @vitest-environment happy-dom
import { act, waitFor } from "@testing-library/react"
import { expect, test } from "vitest"
import { codeOf } from "../../client/src/testing/fake-account.ts"
import { createFakeServer } from "../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../client/src/testing/fake-server.ts"
import { useDynamicContext, useIsLoggedIn, useMfa, useMfaFlowState, useSyncMfaFlow } from "./dynamic.ts"
import { clientOf, draw } from "./testing/drawn.tsx"

async function owing(): Promise<{ server: FakeServer; code: string }> {
  const server = createFakeServer().signedIn()
  const client = clientOf(server)
  const { show } = await client.factors.begin({ kind: "totp" })
  await client.factors.confirm({ kind: "totp", answer: codeOf(show.secret) })
  await client.recoveryCodes.acknowledge()
  await client.signOut()
  return { server, code: codeOf(show.secret) }
}

const signIn = { email: "ada@example.com", password: "right" }
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

test("the handler is called once for each sign-in, in strict mode too, and sees the user that made it due", async () => {
  const { server, code } = await owing()
  const seen: (string | undefined)[] = []
  function View(): null {
    const { userWithMissingInfo } = useDynamicContext()
    useSyncMfaFlow({ handler: () => seen.push(userWithMissingInfo?.scope) })
    return null
  }
  const { client } = draw(server, <View />)
  await act(async () => void (await client.load()))
  expect(seen).toEqual([])
  await act(async () => void (await client.signIn(signIn)))
  expect(seen).toEqual(["requiresAdditionalAuth"])
  await act(async () => void (await client.challenge.answer({ kind: "totp", answer: code })))
  await act(async () => void (await client.reload()))
  expect(seen).toHaveLength(1)
  await act(() => client.signOut())
  await act(async () => void (await client.signIn(signIn)))
  expect(seen).toHaveLength(2)
})

test("of several views only the first is called", async () => {
  const { server } = await owing()
  const seen: string[] = []
  const View = ({ name }: { name: string }): null => {
    useSyncMfaFlow({ handler: () => seen.push(name) })
    return null
  }
  function Silent(): null {
    useSyncMfaFlow()
    return null
  }
  const { client } = draw(
    server,
    <>
      <Silent />
      <View name="one" />
      <View name="two" />
    </>,
  )
  await act(async () => void (await client.signIn(signIn)))
  expect(seen).toEqual(["one"])
})

test("what the handler throws is told to the provider and to the view, and is no unhandled rejection", async () => {
  const { server } = await owing()
  const shown: unknown[] = []
  function View(): null {
    useSyncMfaFlow({
      handler: async () => {
        await settle()
        throw new Error("handler failed")
      },
    })
    shown.push(useMfaFlowState().error)
    return null
  }
  const { client, errors } = draw(server, <View />)
  await act(async () => void (await client.signIn(signIn)))
  await waitFor(() => expect(shown.at(-1)).toMatchObject({ message: "handler failed" }))
  expect(errors).toMatchObject([{ message: "handler failed" }])
})

test("codes that were not saved before a reload are asked for again, and saving them signs in", async () => {
  const server = createFakeServer().signedIn()
  const before = clientOf(server)
  const { show } = await before.factors.begin({ kind: "totp" })
  await before.factors.confirm({ kind: "totp", answer: codeOf(show.secret) })
  let codes: string[] = []
  const logged: boolean[] = []
  function View(): null {
    const { getRecoveryCodes } = useMfa()
    logged.push(useIsLoggedIn())
    useSyncMfaFlow({
      handler: async () => {
        codes = await getRecoveryCodes()
      },
    })
    return null
  }
  const { client } = draw(server, <View />)
  await waitFor(() => expect(codes).toEqual(server.account.codes))
  expect(logged.at(-1)).toBe(false)
  await act(() => client.recoveryCodes.acknowledge())
  expect(logged.at(-1)).toBe(true)
})

test("making new codes while signed in calls nobody", async () => {
  const { server, code } = await owing()
  let calls = 0
  function View(): null {
    useSyncMfaFlow({ handler: () => (calls += 1) })
    return null
  }
  const { client } = draw(server, <View />)
  await act(async () => void (await client.signIn(signIn)))
  await act(async () => void (await client.challenge.answer({ kind: "totp", answer: code })))
  await act(async () => void (await client.recoveryCodes.replace()))
  expect(calls).toBe(1)
})

test("the functions of useMfa stay the same from render to render", async () => {
  const { server } = await owing()
  const seen = new Set<unknown>()
  function View(): null {
    useIsLoggedIn()
    const mfa = useMfa()
    seen.add(mfa.addDevice).add(mfa)
    return null
  }
  const { client } = draw(server, <View />)
  await act(async () => void (await client.signIn(signIn)))
  expect(seen.size).toBe(2)
})
