"use client"

/** Names that pages written for Dynamic's SDK import. */
export { DynamicContextProvider } from "./dynamic-provider.tsx"
export type { DynamicContextProviderProps } from "./dynamic-provider.tsx"
export { useCountersignContext as useDynamicContext, useIsLoggedIn, useMfa } from "./use-mfa.ts"
export type { CountersignContextValue as DynamicContextValue } from "./use-mfa.ts"
export { useSyncMfaFlow } from "./use-sync-mfa-flow.ts"
export { useMfaError } from "./use-mfa-error.ts"
export type { UseMfaErrorReturn } from "./use-mfa-error.ts"
export { useMfaFlowState } from "./mfa-flow-state.ts"
export {
  useGetMfaToken,
  useGetUserMfaMethods,
  useIsMfaEnabled,
  useIsMfaRequiredForAction,
  usePromptMfaAuth,
} from "./mfa-actions.ts"
export { MfaError } from "./mfa-error.ts"
export type { MFADevice, MFADeviceType, Mfa, MfaRegistration, MfaTokenRequest } from "./mfa.ts"
export type { UserProfile } from "./mfa-state.ts"
