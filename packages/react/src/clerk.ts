"use client"

/** Names that pages written for Clerk's SDK import. */
export { ClerkProvider } from "./clerk-provider.tsx"
export type { ClerkProviderProps } from "./clerk-provider.tsx"
export { useClerk } from "./use-clerk.ts"
export type { Clerk } from "./use-clerk.ts"
export { useUser } from "./use-user.ts"
export type { UseUserReturn } from "./use-user.ts"
export { useAuth, useSession } from "./use-session.ts"
export type { UseAuthReturn, UseSessionReturn } from "./use-session.ts"
export { useSignIn } from "./use-sign-in.ts"
export type { UseSignInReturn } from "./use-sign-in.ts"
export { useMfaError } from "./use-mfa-error.ts"
export type { UseMfaErrorReturn } from "./use-mfa-error.ts"
export { useReverification } from "./use-reverification.ts"
export type { UseReverificationOptions } from "./use-reverification.ts"

export {
  Loaded as ClerkLoaded,
  Loading as ClerkLoading,
  Protect,
  RedirectToSignIn,
  SignOutButton,
  SignedIn,
  SignedOut,
} from "./signed-in.tsx"
export type { ProtectProps } from "./signed-in.tsx"

export {
  CountersignAPIResponseError as ClerkAPIResponseError,
  CountersignRuntimeError as ClerkRuntimeError,
  isAPIResponseError as isClerkAPIResponseError,
  isReverificationCancelledError,
  isRuntimeError as isClerkRuntimeError,
  isUserLockedError,
} from "./api-errors.ts"
export type { APIErrorItem as ClerkAPIError } from "./api-errors.ts"
export type { ReverificationConfig } from "./freshness.ts"
export type {
  BackupCodeResource,
  DeletedObjectResource,
  EmailAddressResource,
  TOTPResource,
  UserResource,
} from "./user-resource.ts"
export type { SessionResource, SessionStatus, SessionTask } from "./session-resource.ts"
export type { SetActiveParams } from "./session-view.ts"
export type { SessionVerificationResource, VerificationResource } from "./verification.ts"
export type { SignInResource, SignInStatus } from "./sign-in-resource.ts"
export type { FirstFactor as SignInFirstFactor, SecondFactor as SignInSecondFactor } from "./strategies.ts"
export type { Level as SessionVerificationLevel } from "@countersign/client"
