// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react"
import type { ReactNode } from "react"
import { expect, expectTypeOf, test, vi } from "vitest"
import type { CoreClient } from "@countersign/client"
import { createFakeServer } from "../../client/src/testing/fake-server.ts"
import { CountersignContext } from "./context.ts"
import { CountersignProvider, useReverification, useUser } from "./index.ts"
import type { Level, TOTPResource, UseReverificationOptions } from "./index.ts"
import { clientOf } from "./testing/drawn.tsx"

type Fetcher = (...given: never[]) => unknown
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

function hook<F extends Fetcher>(
  client: CoreClient,
  fetcher: F,
  options?: UseReverificationOptions,
): { call: (...given: Parameters<F>) => Promise<unknown>; rerender: (fetcher: F) => void; same: () => boolean } {
  const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
    <CountersignProvider client={client}>{children}</CountersignProvider>
  )
  const seen = new Set<unknown>()
  const { result, rerender } = renderHook(({ now }) => useReverification(now, options), {
    wrapper,
    initialProps: { now: fetcher },
  })
  seen.add(result.current)
  return {
    call: (...given) => result.current(...given),
    rerender: (now) => {
      rerender({ now })
      seen.add(result.current)
    },
    same: () => seen.size === 1,
  }
}

const hint = (reverification?: unknown): object => ({
  clerk_error: { type: "forbidden", reason: "reverification-error", metadata: { reverification } },
})

test("the wrapped function stays the same, calls the latest fetcher, and hands its arguments on", async () => {
  const client = clientOf(createFakeServer().signedIn())
  const { call, rerender, same } = hook(client, (...words: string[]) => `old ${words.join(" ")}`)
  rerender((...words: string[]) => `new ${words.join(" ")}`)
  expect(same()).toBe(true)
  expect(await call("a", "b")).toBe("new a b")
})

test("what the fetcher gives back at once as undefined is undefined", async () => {
  const client = clientOf(createFakeServer().signedIn())
  expect(await hook(client, () => undefined).call()).toBeUndefined()
})

test("a Response is read as JSON, and one that is none rejects", async () => {
  const client = clientOf(createFakeServer().signedIn())
  expect(await hook(client, () => Promise.resolve(Response.json({ a: 1 }))).call()).toEqual({ a: 1 })
  await expect(hook(client, () => new Response("<html>")).call()).rejects.toThrow(SyntaxError)
})

test("an app's own refusal, as a Response or as plain data, asks at its level and then tries once more", async () => {
  const client = clientOf(createFakeServer().signedIn())
  for (const [config, level] of [
    ["strict_mfa", "multi_factor"],
    ["strict", "second_factor"],
    ["moderate", "second_factor"],
    [{ level: "first_factor", afterMinutes: 5 }, "first_factor"],
    ["no such", "second_factor"],
    [undefined, "second_factor"],
  ] as const) {
    for (const form of [(body: object) => Response.json(body, { status: 403 }), (body: object) => body]) {
      const asked: (Level | undefined)[] = []
      let calls = 0
      const fetcher = (text: string): unknown => ((calls += 1) === 1 ? form(hint(config)) : { done: text })
      const { call } = hook(client, fetcher, {
        onNeedsReverification: ({ complete, level: wanted }) => {
          asked.push(wanted)
          complete()
        },
      })
      expect(await call("x")).toEqual({ done: "x" })
      expect(asked).toEqual([level])
      expect(calls).toBe(2)
    }
  }
})

test("our own name for the refusal is read as well", async () => {
  const client = clientOf(createFakeServer().signedIn())
  let calls = 0
  const body = { countersign_error: { type: "forbidden", reason: "reverification-error" } }
  const { call } = hook(client, () => ((calls += 1) === 1 ? body : "ok"), {
    onNeedsReverification: ({ complete }) => complete(),
  })
  expect(await call()).toBe("ok")
})

test("refused again after the proof it rejects, and never hands the refusal out as data", async () => {
  const client = clientOf(createFakeServer().signedIn())
  const { call } = hook(client, () => hint("strict"), { onNeedsReverification: ({ complete }) => complete() })
  await expect(call()).rejects.toMatchObject({
    code: "api_response_error",
    status: 403,
    errors: [{ code: "session_reverification_required" }],
  })
})

test("cancelled it rejects with the code that pages look for, and the fetcher is not called again", async () => {
  const client = clientOf(createFakeServer().signedIn())
  const fetcher = vi.fn(() => hint("strict"))
  const { call } = hook(client, fetcher, { onNeedsReverification: ({ cancel }) => cancel() })
  await expect(call()).rejects.toMatchObject({ code: "reverification_cancelled", clerkRuntimeError: true })
  expect(fetcher).toHaveBeenCalledTimes(1)
})

test("a refusal of ours asks with the level that the server wants, and only by the hook, not twice", async () => {
  const server = createFakeServer().signedIn()
  server.account.stale = true
  let byProvider = 0
  const client = clientOf(server)
  await client.load()
  const asked: (Level | undefined)[] = []
  const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
    <CountersignProvider client={client} onNeedsReverification={() => (byProvider += 1)}>
      {children}
    </CountersignProvider>
  )
  const { result } = renderHook(
    () => {
      const { user } = useUser()
      return useReverification(() => user?.createTOTP(), {
        onNeedsReverification: ({ complete, level }) => {
          asked.push(level)
          server.account.stale = false
          complete()
        },
      })
    },
    { wrapper },
  )
  expect((await result.current()).secret).toMatch(/SECRET/)
  expect(asked).toEqual(["second_factor"])
  expect(byProvider).toBe(0)
  expectTypeOf(result.current).returns.resolves.toEqualTypeOf<TOTPResource>()
})

test("errors of any other kind pass as they are", async () => {
  const client = clientOf(createFakeServer().signedIn())
  const error = new RangeError("mine")
  await expect(
    hook(client, () => {
      throw error
    }).call(),
  ).rejects.toBe(error)
})

test("two hooks that need it at once share one question", async () => {
  const client = clientOf(createFakeServer().signedIn())
  const asked: (() => void)[] = []
  const once = (): (() => unknown) => {
    let calls = 0
    return () => ((calls += 1) === 1 ? hint("strict") : "ok")
  }
  const options = { onNeedsReverification: ({ complete }: { complete: () => void }) => void asked.push(complete) }
  const both = Promise.all([hook(client, once(), options).call(), hook(client, once(), options).call()])
  await turn()
  expect(asked).toHaveLength(1)
  asked[0]?.()
  expect(await both).toEqual(["ok", "ok"])
})

test("with nobody who could ask it rejects at once instead of waiting for ever", async () => {
  const client = clientOf(createFakeServer().signedIn())
  const value = { client, initial: client.current(), onError: () => {} }
  const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
    // oxlint-disable-next-line react/jsx-no-constructed-context-values -- made once, above
    <CountersignContext.Provider value={value}>{children}</CountersignContext.Provider>
  )
  const { result } = renderHook(() => useReverification(() => hint("strict")), { wrapper })
  await expect(result.current()).rejects.toMatchObject({ code: "reverification_ui_unavailable" })
})

test("below no provider it names itself and the provider", () => {
  expect(() => renderHook(() => useReverification(() => 1))).toThrow(/CountersignProvider/)
  expect(() => renderHook(() => useUser())).toThrow(/useUser.*CountersignProvider/)
})
