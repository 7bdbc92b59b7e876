import { useClientState, useCountersign, useProvided } from "./context.ts"
import { mfaOf } from "./mfa.ts"
import type { Mfa } from "./mfa.ts"
import { mfaStateOf } from "./mfa-state.ts"
import type { MfaState } from "./mfa-state.ts"
import type { CoreClient } from "@countersign/client"

/** Devices, codes and proofs. All functions stay the same from render to render. */
export const useMfa = (): Mfa => mfaOf(useCountersign())

/** Who is signed in as pages for devices know it: with what is still owed, and once nothing is. */
export function useMfaState(): MfaState {
  const state = useClientState("useMfaState")
  return mfaStateOf(useProvided("useMfaState").client, state)
}

/** Whether somebody is signed in and owes nothing more. */
export const useIsLoggedIn = (): boolean => useMfaState().user !== undefined

export type CountersignContextValue = MfaState & {
  readonly client: CoreClient
  readonly isAuthenticated: boolean
  readonly handleLogOut: () => Promise<void>
}

/** Everything about the session in one object. */
export function useCountersignContext(): CountersignContextValue {
  const state = useMfaState()
  const client = useCountersign()
  return { ...state, client, isAuthenticated: state.user !== undefined, handleLogOut: client.signOut }
}
