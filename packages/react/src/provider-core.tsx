import { createCountersignClient } from "@countersign/client"
import type { ClientOptions, CountersignClient, SessionAnswer } from "@countersign/client"
import { useEffect, useState } from "react"
import type { ReactNode } from "react"
import type { Provided } from "./context.ts"

export type CoreProps = Omit<ClientOptions, "initial" | "key"> & {
  /** A client of one's own making; the other settings then have no say. */
  client?: CountersignClient | undefined
  /** What the server knew when it drew the page (`await countersignState()` of `/next`). */
  initialState?: SessionAnswer | undefined
  children?: ReactNode
}

// oxlint-disable-next-line no-console -- the app has said nothing about where else this should go
const complain = (error: unknown): void => console.error(error)

/** Makes the client once, and reads the session after the first paint. */
export function useNewClient(props: CoreProps): Provided {
  const [provided] = useState((): Provided => {
    const { client: own, initialState, children: _, onError = complain, ...options } = props
    const client = own ?? createCountersignClient({ ...options, onError, initial: initialState })
    return { client, initial: client.current(), onError }
  })
  useEffect(() => {
    provided.client.load().catch(provided.onError)
  }, [provided])
  return provided
}
