"use client"

export { useSignInSignal as useSignIn } from "./sign-in-signal.ts"
export type {
  FutureResult,
  SignInErrors,
  SignInFuture,
  UseSignInSignalReturn as UseSignInReturn,
} from "./sign-in-signal.ts"
