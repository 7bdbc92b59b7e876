import type { CoreClient } from "@countersign/client"
import { useProvided } from "./context.ts"
import type { SessionResource } from "./session-resource.ts"
import { sessionViewsOf } from "./session-view.ts"
import type { SetActiveParams } from "./session-view.ts"
import { userResourceOf } from "./user-resource.ts"
import type { UserResource } from "./user-resource.ts"
import { useSessionView } from "./use-session.ts"

type Resources = { readonly user: UserResource | null; readonly session: SessionResource | null }

export type Clerk = {
  readonly loaded: boolean
  readonly client: CoreClient
  readonly session: SessionResource | null | undefined
  readonly user: UserResource | null | undefined
  readonly isSignedIn: boolean
  readonly setActive: (params: SetActiveParams) => Promise<void>
  readonly signOut: (options?: { redirectUrl?: string }) => Promise<void>
  /** Calls back with what is known now and after every change. */
  readonly addListener: (listener: (resources: Resources) => void) => () => void
}

/** The client as pages of this shape hold it. */
export function useClerk(): Clerk {
  const { client } = useProvided("useClerk")
  const { loaded, session, pending, state, setActive } = useSessionView("useClerk")
  return {
    loaded,
    client,
    session: loaded ? session : undefined,
    user: loaded ? userResourceOf(client, state) : undefined,
    isSignedIn: session !== null && !pending,
    setActive,
    signOut: async ({ redirectUrl } = {}) =>
      setActive({ session: null, ...(redirectUrl === undefined ? {} : { redirectUrl }) }),
    addListener: (listener) => {
      const views = sessionViewsOf(client)
      const tell = (): void =>
        listener({ user: userResourceOf(client, client.current()), session: views.current().session })
      if (client.current().loaded) tell()
      return views.subscribe(tell)
    },
  }
}
