import { useClientState, useCountersign } from "./context.ts"
import { userResourceOf } from "./user-resource.ts"
import type { UserResource } from "./user-resource.ts"

export type UseUserReturn =
  | { readonly isLoaded: false; readonly isSignedIn: undefined; readonly user: undefined }
  | { readonly isLoaded: true; readonly isSignedIn: false; readonly user: null }
  | { readonly isLoaded: true; readonly isSignedIn: true; readonly user: UserResource }

/** Who is signed in; also somebody who still has to set up a second factor, so that a page can let them. */
export function useUser(): UseUserReturn {
  const state = useClientState("useUser")
  const user = userResourceOf(useCountersign(), state)
  if (!state.loaded) return { isLoaded: false, isSignedIn: undefined, user: undefined }
  return user ? { isLoaded: true, isSignedIn: true, user } : { isLoaded: true, isSignedIn: false, user: null }
}
