import type { ReactElement } from "react"
import { CountersignProvider } from "./provider.tsx"
import type { CountersignProviderProps } from "./provider.tsx"
import { SignInPage } from "./signed-in.tsx"

export type ClerkProviderProps = CountersignProviderProps & {
  /** Where `RedirectToSignIn` leads; without it the hosted page. */
  signInUrl?: string | undefined
  /** Not needed: there is no account with anybody. Neither it nor the ones below have an effect. */
  publishableKey?: string | undefined
  appearance?: unknown
  localization?: unknown
  signUpUrl?: string | undefined
  afterSignOutUrl?: string | undefined
  tokenCache?: unknown
}

/** `CountersignProvider` under the name that the page imports. */
export function ClerkProvider(props: ClerkProviderProps): ReactElement {
  const { publishableKey: _1, appearance: _2, localization: _3, tokenCache: _4, ...own } = props
  const { signInUrl, signUpUrl: _5, afterSignOutUrl: _6, ...rest } = own
  return (
    <SignInPage.Provider value={signInUrl}>
      <CountersignProvider {...rest} />
    </SignInPage.Provider>
  )
}
