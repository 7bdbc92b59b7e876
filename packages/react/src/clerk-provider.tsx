import type { ReactElement } from "react"
import { CountersignProvider } from "./provider.tsx"
import type { CountersignProviderProps } from "./provider.tsx"

export type ClerkProviderProps = CountersignProviderProps & {
  /** Not needed: there is no account with anybody. Neither it nor the ones below have an effect. */
  publishableKey?: string | undefined
  appearance?: unknown
  localization?: unknown
  signInUrl?: string | undefined
  signUpUrl?: string | undefined
  afterSignOutUrl?: string | undefined
  tokenCache?: unknown
}

/** `CountersignProvider` under the name that the page imports. */
export function ClerkProvider(props: ClerkProviderProps): ReactElement {
  const { publishableKey: _1, appearance: _2, localization: _3, tokenCache: _4, ...own } = props
  const { signInUrl: _5, signUpUrl: _6, afterSignOutUrl: _7, ...rest } = own
  return <CountersignProvider {...rest} />
}
