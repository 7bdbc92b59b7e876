import type { CoreClient } from "@countersign/client"
import { useEffect, useRef } from "react"
import { useProvided } from "./context.ts"
import { setFlowError } from "./mfa-flow-state.ts"
import { isPending } from "./mfa-state.ts"
import { useMfaState } from "./use-mfa.ts"

type Instance = { fired: boolean }
/** Instances with a handler, in the order in which they came. */
const instances = new WeakMap<CoreClient, Set<Instance>>()

/**
 * Calls `handler` once for each sign-in that owes something: a second factor, an enrolment, or saving the recovery
 * codes. It sees the values of the render in which that became known. What it throws goes to the provider's `onError`
 * and to `useMfaFlowState`.
 */
export function useSyncMfaFlow({ handler }: { handler?: () => unknown } = {}): void {
  const { client, onError } = useProvided("useSyncMfaFlow")
  const { userWithMissingInfo, user } = useMfaState()
  const own = useRef<Instance>({ fired: false })
  const latest = useRef(handler)
  const handled = handler !== undefined

  useEffect(() => {
    latest.current = handler
  })
  useEffect(() => {
    if (!handled) return undefined
    const all = instances.get(client) ?? new Set<Instance>()
    const { current: me } = own
    instances.set(client, all.add(me))
    return () => void all.delete(me)
  }, [client, handled])
  useEffect(() => {
    if (!userWithMissingInfo) own.current.fired = false
    if (own.current.fired || user || !isPending(userWithMissingInfo)) return
    if (instances.get(client)?.values().next().value !== own.current) return
    own.current.fired = true
    setFlowError(client, undefined)
    const run = async (): Promise<void> => void (await latest.current?.())
    run().catch((reason: unknown) => {
      setFlowError(client, reason)
      onError(reason)
    })
  }, [client, user, userWithMissingInfo, onError])
}
