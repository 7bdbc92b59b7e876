import { act } from "@testing-library/react"
import type { CoreClient } from "@countersign/client"
import { codeOf } from "../../../client/src/testing/fake-account.ts"
import { createFakeServer } from "../../../client/src/testing/fake-server.ts"
import type { FakeServer } from "../../../client/src/testing/fake-server.ts"
import { clientOf, draw } from "./drawn.tsx"

/** Somebody with an app and saved recovery codes, signed out. */
export async function withApp(): Promise<{ server: FakeServer; code: string; client: CoreClient }> {
  const server = createFakeServer().signedIn()
  const client = clientOf(server)
  const { show } = await client.factors.begin({ kind: "totp" })
  await client.factors.confirm({ kind: "totp", answer: codeOf(show.secret) })
  await client.recoveryCodes.acknowledge()
  await client.signOut()
  return { server, code: codeOf(show.secret), client }
}

/** Draws and hands out what the hook gave at the last render. */
export async function hooked<T>(hook: () => T, server: FakeServer, client: CoreClient): Promise<() => T> {
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
