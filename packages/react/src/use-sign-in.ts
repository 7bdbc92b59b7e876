import { useClientState, useProvided } from "./context.ts"
import { sessionViewsOf } from "./session-view.ts"
import type { SetActiveParams } from "./session-view.ts"
import { signInOf } from "./sign-in-resource.ts"
import type { SignInResource } from "./sign-in-resource.ts"

export type UseSignInReturn =
  | { readonly isLoaded: false; readonly signIn: undefined; readonly setActive: undefined }
  | {
      readonly isLoaded: true
      readonly signIn: SignInResource
      readonly setActive: (params: SetActiveParams) => Promise<void>
    }

/** The sign-in that is under way, one step after the other. */
export function useSignIn(): UseSignInReturn {
  const { loaded } = useClientState("useSignIn")
  const { client } = useProvided("useSignIn")
  if (!loaded) return { isLoaded: false, signIn: undefined, setActive: undefined }
  return { isLoaded: true, signIn: signInOf(client), setActive: sessionViewsOf(client).setActive }
}
