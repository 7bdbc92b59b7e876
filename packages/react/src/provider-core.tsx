import { createCoreClient } from "@countersign/client"
import type { ClientOptions, CoreClient, NeedsReverification, SessionAnswer } from "@countersign/client"
import { useEffect, useRef, useState } from "react"
import type { ReactNode } from "react"
import type { Provided } from "./context.ts"

export type CoreProps = Omit<ClientOptions, "initial" | "key"> & {
  /** A client of one's own making; the other settings then have no say. */
  client?: CoreClient | undefined
  /** What the server knew when it drew the page (`await countersignState()` of `/next`). */
  initialState?: SessionAnswer | undefined
  children?: ReactNode
}

// oxlint-disable-next-line no-console -- the app has said nothing about where else this should go
const complain = (error: unknown): void => console.error(error)

/** Makes the client once, and reads the session after the first paint. */
export function useNewClient({
  onLoadFailed,
  ...props
}: CoreProps & { onLoadFailed?: (error: unknown) => void }): Provided {
  const [provided] = useState((): Provided => {
    const { client: own, initialState, children: _1, onNeedsReverification: _2, onError = complain, ...options } = props
    const client = own ?? createCoreClient({ ...options, onError, initial: initialState })
    return { client, initial: client.current(), onError }
  })
  useEffect(() => {
    provided.client.load().catch((error: unknown) => {
      provided.onError(error)
      onLoadFailed?.(error)
    })
    // oxlint-disable-next-line react/exhaustive-deps -- a setter, the same all along
  }, [provided])
  return provided
}

/** The app asks for a fresh proof itself, with the handler of its latest render. Draws nothing. */
export function OwnHandler({ client, handler }: { client: CoreClient; handler: NeedsReverification }): null {
  const latest = useRef(handler)
  useEffect(() => {
    latest.current = handler
  })
  useEffect(() => client.reverification.listen((request) => latest.current(request)), [client])
  return null
}
