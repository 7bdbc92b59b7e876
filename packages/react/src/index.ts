"use client"

export { CountersignProvider } from "./provider.tsx"
export type { CountersignProviderProps } from "./provider.tsx"
export { useCountersign, useClientState } from "./context.ts"

export { useUser } from "./use-user.ts"
export type { UseUserReturn } from "./use-user.ts"
export { useAuth, useSession } from "./use-session.ts"
export type { SessionClaims, UseAuthReturn, UseSessionReturn } from "./use-session.ts"
export { useSignIn } from "./use-sign-in.ts"
export type { UseSignInReturn } from "./use-sign-in.ts"
export { useSignInSignal } from "./sign-in-signal.ts"
export type { FutureResult, SignInErrors, SignInFuture, UseSignInSignalReturn } from "./sign-in-signal.ts"
export { useReverification } from "./use-reverification.ts"
export type { ReverificationHint, ReverificationResult, UseReverificationOptions } from "./use-reverification.ts"

export { useCountersignContext, useIsLoggedIn, useMfa, useMfaState } from "./use-mfa.ts"
export type { CountersignContextValue } from "./use-mfa.ts"
export { useSyncMfaFlow } from "./use-sync-mfa-flow.ts"
export { useMfaError } from "./use-mfa-error.ts"
export type { UseMfaErrorReturn } from "./use-mfa-error.ts"
export { useMfaFlowState } from "./mfa-flow-state.ts"
export type { MfaFlowState } from "./mfa-flow-state.ts"
export {
  useGetMfaToken,
  useGetUserMfaMethods,
  useIsMfaEnabled,
  useIsMfaRequiredForAction,
  usePromptMfaAuth,
} from "./mfa-actions.ts"
export type { MfaMethods } from "./mfa-actions.ts"
export { MfaError } from "./mfa-error.ts"
export type { MFADevice, MFADeviceType, Mfa, MfaRegistration, MfaTokenRequest } from "./mfa.ts"
export type { Acknowledgement, MfaState, UserProfile } from "./mfa-state.ts"

export { useAccount } from "./use-account.ts"
export { useFactors, useRecoveryCodes } from "./use-factors.ts"
export type { UseFactorsReturn, UseRecoveryCodesReturn } from "./use-factors.ts"

export { Loaded, Loading, Protect, RedirectToSignIn, SignOutButton, SignedIn, SignedOut } from "./signed-in.tsx"
export type { ProtectProps, SignOutButtonProps } from "./signed-in.tsx"
export { normaliseCode, useCodeField } from "./code-field.ts"
export type { CodeField, CodeFieldOptions, CodeSlot } from "./code-field.ts"

export {
  CountersignAPIResponseError,
  CountersignRuntimeError,
  isAPIResponseError,
  isReverificationCancelledError,
  isRuntimeError,
  isUserLockedError,
} from "./api-errors.ts"
export type { APIErrorItem } from "./api-errors.ts"
export { isFresh } from "./freshness.ts"
export type { FactorAges, ReverificationConfig } from "./freshness.ts"
export type {
  BackupCodeResource,
  DeletedObjectResource,
  EmailAddressResource,
  TOTPResource,
  UserResource,
} from "./user-resource.ts"
export type { AuthorizationParams } from "./authorization.ts"
export type { SessionResource, SessionStatus, SessionTask } from "./session-resource.ts"
export type { SetActiveParams } from "./session-view.ts"
export type { SessionVerificationResource, VerificationMethods, VerificationResource } from "./verification.ts"
export type { SignInCreateParams, SignInResource, SignInStatus } from "./sign-in-resource.ts"
export type { FirstFactor, FirstFactorStrategy, SecondFactor, SecondFactorStrategy } from "./strategies.ts"

export type { DialogTexts } from "./dialog/texts.ts"
export { germanDialogTexts } from "./dialog/german-texts.ts"
export { CountersignClientError, germanSentenceFor, isClientError } from "@countersign/client"
export type { CoreClient, CountersignClient, Level, SessionAnswer, TokenStorage } from "@countersign/client"
