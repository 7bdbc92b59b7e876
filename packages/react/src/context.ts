import type { CoreClient, State } from "@countersign/client"
import { createContext, useContext, useSyncExternalStore } from "react"

export type Provided = {
  readonly client: CoreClient
  /** What was known when the page was first drawn: the server and the first paint have to agree on it. */
  readonly initial: State
  /** Told about what nobody waits for. */
  readonly onError: (error: unknown) => void
}

export const CountersignContext: React.Context<Provided | null> = createContext<Provided | null>(null)

/** The provider's value. Throws, naming the hook, where there is no provider above. */
export function useProvided(hook: string): Provided {
  const provided = useContext(CountersignContext)
  if (!provided) throw new Error(`${hook} has to be used below <CountersignProvider>`)
  return provided
}

/** The client, for everything that has no hook of its own. */
export const useCountersign = (): CoreClient => useProvided("useCountersign").client

/** What is known about who is signed in; draws anew after every change. */
export function useClientState(hook: string): State {
  const { client, initial } = useProvided(hook)
  return useSyncExternalStore(client.subscribe, client.current, () => initial)
}
