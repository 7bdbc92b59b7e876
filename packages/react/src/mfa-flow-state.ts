import type { CoreClient } from "@countersign/client"
import { useSyncExternalStore } from "react"
import { useProvided } from "./context.ts"

type Flow = { state: MfaFlowState; readonly listeners: Set<() => void> }
export type MfaFlowState = { readonly error: unknown }

const flows = new WeakMap<CoreClient, Flow>()
const flowOf = (client: CoreClient): Flow => {
  const flow = flows.get(client) ?? { state: { error: undefined }, listeners: new Set<() => void>() }
  flows.set(client, flow)
  return flow
}

/** What the handler of `useSyncMfaFlow` came to. */
export function setFlowError(client: CoreClient, error: unknown): void {
  const flow = flowOf(client)
  if (flow.state.error === error) return
  flow.state = { error }
  for (const listener of flow.listeners) listener()
}

/** The error that the handler of `useSyncMfaFlow` threw last, until it is called anew. */
export function useMfaFlowState(): MfaFlowState {
  const flow = flowOf(useProvided("useMfaFlowState").client)
  const subscribe = (listener: () => void): (() => void) => {
    flow.listeners.add(listener)
    return () => void flow.listeners.delete(listener)
  }
  return useSyncExternalStore(
    subscribe,
    () => flow.state,
    () => flow.state,
  )
}
