import type { ReverificationRequest } from "@countersign/client"
import { useEffect, useState } from "react"
import type { ReactElement, ReactNode } from "react"
import { AppState, Platform } from "react-native"
import { CountersignContext, useClientState } from "../context.ts"
import type { Provided } from "../context.ts"
import type { DialogTexts } from "../dialog/texts.ts"
import { OwnHandler, useNewClient } from "../provider-core.tsx"
import type { CoreProps } from "../provider-core.tsx"
import { NativeReverificationDialog } from "./native-dialog.tsx"

/** Why it is not known yet who is signed in, and how to try again. */
export type Waiting = { readonly error: unknown; readonly retry: () => void }

export type CountersignProviderProps = CoreProps & {
  /** Where Countersign is: a phone has no origin of its own. */
  url: string
  /** Shown until it is known who is signed in; nothing where not said. As a function it is told what went wrong. */
  fallback?: ReactNode | ((waiting: Waiting) => ReactNode)
  texts?: Partial<DialogTexts> | undefined
}

function NativeDialogHost({
  client,
  texts,
}: Provided & { texts: Partial<DialogTexts> | undefined }): ReactElement | null {
  const [request, setRequest] = useState<ReverificationRequest>()
  useEffect(
    () =>
      client.reverification.listen((next) => {
        setRequest(next)
        void next.closed.then(() => setRequest((now) => (now === next ? undefined : now)))
      }),
    [client],
  )
  return request ? <NativeReverificationDialog client={client} request={request} texts={texts} /> : null
}

/** Holds its children back until it is known who is signed in, so that no screen sends anybody to sign in by mistake. */
function Gate({
  fallback,
  children,
  failed,
  retry,
}: {
  fallback: CountersignProviderProps["fallback"]
  children: ReactNode
  failed: unknown
  retry: () => void
}): ReactElement {
  const { loaded } = useClientState("CountersignProvider")
  if (loaded) return <>{children}</>
  return <>{typeof fallback === "function" ? fallback({ error: failed, retry }) : fallback}</>
}

/**
 * The provider for Expo and React Native. On a phone the session is a bearer token in `storage` (give it
 * `expo-secure-store`); in the web export it is a cookie.
 */
export function CountersignProvider(props: CountersignProviderProps): ReactElement {
  const { fallback = null, texts, children, onNeedsReverification, onError, ...core } = props
  const [failed, setFailed] = useState<unknown>()
  const session = core.session ?? (Platform.OS === "web" ? "cookie" : "bearer")
  const provided = useNewClient({
    ...core,
    session,
    ...(onError ? { onError } : {}),
    onLoadFailed: setFailed,
  })
  const { client } = provided
  const retry = (): void => {
    setFailed(undefined)
    client.load().catch(setFailed)
  }

  useEffect(() => {
    let left = Date.now()
    const watch = AppState.addEventListener("change", (state) => {
      if (state !== "active") left = Date.now()
      // Who comes back after a while may have been signed out elsewhere.
      else if (!client.current().loaded || Date.now() - left > 60_000) client.reload().catch(provided.onError)
    })
    return () => watch.remove()
  }, [client, provided])

  return (
    <CountersignContext.Provider value={provided}>
      <Gate fallback={fallback} failed={failed} retry={retry}>
        {children}
      </Gate>
      {onNeedsReverification ? (
        <OwnHandler client={client} handler={onNeedsReverification} />
      ) : (
        <NativeDialogHost {...provided} texts={texts} />
      )}
    </CountersignContext.Provider>
  )
}
