import type { ReactElement } from "react"
import { CountersignProvider } from "./provider.tsx"
import type { CountersignProviderProps } from "./provider.tsx"

export type DynamicContextProviderProps = Omit<CountersignProviderProps, "url"> & {
  settings?: {
    /** Not needed: there is no account with anybody. */
    environmentId?: string | undefined
    /** Where Countersign is; left out where it shares the app's origin. */
    apiBaseUrl?: string | undefined
    /** Wallets are not our matter. */
    walletConnectors?: readonly unknown[] | undefined
    [more: string]: unknown
  }
}

/** `CountersignProvider` under the name that the page imports. */
export function DynamicContextProvider({ settings, ...rest }: DynamicContextProviderProps): ReactElement {
  return <CountersignProvider {...rest} url={settings?.apiBaseUrl} />
}
