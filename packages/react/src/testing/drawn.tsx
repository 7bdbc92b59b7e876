import { cleanup, configure, render } from "@testing-library/react"
import type { RenderResult } from "@testing-library/react"
import { StrictMode } from "react"
import type { ReactElement, ReactNode } from "react"
import { afterEach } from "vitest"
import { createCountersignClient } from "@countersign/client"
import type { ClientOptions, CoreClient } from "@countersign/client"
import type { FakeServer } from "../../../client/src/testing/fake-server.ts"
import { CountersignProvider } from "../provider.tsx"
import type { CountersignProviderProps } from "../provider.tsx"

// How long something may take says nothing here: the machine may be busy.
configure({ asyncUtilTimeout: 10_000 })
afterEach(cleanup)

/** A client of the fake server, as a browser would have it. */
export const clientOf = (server: FakeServer, more: ClientOptions = {}): CoreClient =>
  createCountersignClient({
    url: "http://localhost",
    session: "cookie",
    fetch: server.fetch,
    retryMilliseconds: [],
    ...more,
  })

export type Drawn = RenderResult & { readonly client: CoreClient; readonly errors: unknown[] }

/** Draws it below a provider, in strict mode. */
export function draw(
  server: FakeServer,
  children: ReactNode,
  more: CountersignProviderProps & { client?: CoreClient } = {},
): Drawn {
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const client = more.client ?? clientOf(server, { onError })
  const page = (
    <StrictMode>
      <CountersignProvider {...more} client={client} onError={onError}>
        {children}
      </CountersignProvider>
    </StrictMode>
  )
  return { ...render(page as ReactElement), client, errors }
}
