"use client"

export { CountersignProvider } from "./expo/expo-provider.tsx"
export type { CountersignProviderProps, Waiting } from "./expo/expo-provider.tsx"
export { useCodeField } from "./expo/native-code-field.ts"
export type { NativeCodeField } from "./expo/native-code-field.ts"
export { NativeReverificationDialog } from "./expo/native-dialog.tsx"

export { useClientState, useCountersign } from "./context.ts"
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
export { useSyncMfaFlow } from "./use-sync-mfa-flow.ts"
export { useMfaFlowState } from "./mfa-flow-state.ts"
export { useGetMfaToken, useGetUserMfaMethods, useIsMfaEnabled, useIsMfaRequiredForAction } from "./mfa-actions.ts"
export { usePromptMfaAuth } from "./mfa-actions.ts"
export { MfaError } from "./mfa-error.ts"
export type { MFADevice, MFADeviceType, Mfa, MfaRegistration, MfaTokenRequest } from "./mfa.ts"
export type { UserProfile } from "./mfa-state.ts"
export { useAccount } from "./use-account.ts"
export { useFactors, useRecoveryCodes } from "./use-factors.ts"
export type { UseFactorsReturn, UseRecoveryCodesReturn } from "./use-factors.ts"
export { Loaded, Loading, Protect, SignedIn, SignedOut } from "./signed-in.tsx"
export type { ProtectProps } from "./signed-in.tsx"
export type { CodeFieldOptions, CodeSlot } from "./code-field.ts"
export {
  CountersignAPIResponseError,
  CountersignRuntimeError,
  isAPIResponseError,
  isReverificationCancelledError,
  isRuntimeError,
  isUserLockedError,
} from "./api-errors.ts"
export type { BackupCodeResource, DeletedObjectResource, TOTPResource, UserResource } from "./user-resource.ts"
export type { SessionResource, SessionStatus, SessionTask } from "./session-resource.ts"
export type { SetActiveParams } from "./session-view.ts"
export type { SignInResource, SignInStatus } from "./sign-in-resource.ts"
export type { DialogTexts } from "./dialog/texts.ts"
export { germanDialogTexts } from "./dialog/german-texts.ts"
export { CountersignClientError, germanSentenceFor, isClientError } from "@countersign/client"
export type { CoreClient, CountersignClient, Level, TokenStorage } from "@countersign/client"
