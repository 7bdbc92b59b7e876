import type { CoreClient } from "@countersign/client"
import { useSyncExternalStore } from "react"
import { isAPIResponseError } from "./api-errors.ts"
import type { APIErrorItem } from "./api-errors.ts"
import { useClientState, useProvided } from "./context.ts"
import { sessionViewsOf } from "./session-view.ts"
import type { SetActiveParams } from "./session-view.ts"
import { signInOf } from "./sign-in-resource.ts"
import type { SignInResource } from "./sign-in-resource.ts"
import type { SecondFactor, SecondFactorStrategy } from "./strategies.ts"

/** What every call resolves to: it never rejects. */
export type FutureResult = { readonly error: unknown }

export type SignInErrors = {
  readonly fields: {
    readonly identifier: APIErrorItem | null
    readonly password: APIErrorItem | null
    readonly code: APIErrorItem | null
  }
  /** All of them; null: none. */
  readonly raw: readonly APIErrorItem[] | null
  /** Those that belong to no field. */
  readonly global: readonly APIErrorItem[] | null
}

type CodeInput = { readonly code: string; readonly trustDevice?: boolean }

export type SignInFuture = {
  readonly status: SignInResource["status"]
  readonly identifier: string | null
  readonly supportedSecondFactors: readonly SecondFactor[] | null
  readonly createdSessionId: string | null
  readonly password: (
    input: { password: string; persistent?: boolean } & ({ emailAddress: string } | { identifier: string }),
  ) => Promise<FutureResult>
  readonly mfa: {
    readonly verifyTOTP: (input: CodeInput) => Promise<FutureResult>
    readonly verifyBackupCode: (input: CodeInput) => Promise<FutureResult>
    readonly sendEmailCode: () => Promise<FutureResult>
    readonly verifyEmailCode: (input: CodeInput) => Promise<FutureResult>
    readonly sendPhoneCode: () => Promise<FutureResult>
    readonly verifyPhoneCode: (input: CodeInput) => Promise<FutureResult>
  }
  readonly finalize: (params?: Omit<SetActiveParams, "session">) => Promise<FutureResult>
  readonly reset: () => Promise<FutureResult>
}

export type UseSignInSignalReturn = {
  readonly signIn: SignInFuture
  readonly errors: SignInErrors
  readonly fetchStatus: "idle" | "fetching"
}

type Signal = {
  readonly subscribe: (listener: () => void) => () => void
  readonly current: () => { readonly errors: SignInErrors; readonly fetchStatus: "idle" | "fetching" }
  readonly signIn: SignInFuture
}

const noErrors: SignInErrors = { fields: { identifier: null, password: null, code: null }, raw: null, global: null }
const signals = new WeakMap<CoreClient, Signal>()

function errorsIn(error: unknown): SignInErrors {
  if (!isAPIResponseError(error)) return noErrors
  const at = (name: string): APIErrorItem | null => error.errors.find(({ meta }) => meta.paramName === name) ?? null
  const fields = { identifier: at("identifier"), password: at("password"), code: at("code") }
  const global = error.errors.filter(({ meta }) => !Object.hasOwn(fields, meta.paramName ?? ""))
  return { fields, raw: error.errors, global: global.length > 0 ? global : null }
}

function signalOf(client: CoreClient): Signal {
  const known = signals.get(client)
  if (known) return known
  const resource = signInOf(client)
  const listeners = new Set<() => void>()
  let now: ReturnType<Signal["current"]> = { errors: noErrors, fetchStatus: "idle" }
  const become = (next: typeof now): void => {
    now = next
    for (const listener of listeners) listener()
  }
  const settled = async (run: () => Promise<unknown>): Promise<FutureResult> => {
    become({ errors: noErrors, fetchStatus: "fetching" })
    try {
      await run()
      become({ errors: noErrors, fetchStatus: "idle" })
      return { error: null }
    } catch (error) {
      become({ errors: errorsIn(error), fetchStatus: "idle" })
      return { error }
    }
  }
  const verify =
    (strategy: SecondFactorStrategy) =>
    (input: CodeInput): Promise<FutureResult> =>
      settled(() => resource.attemptSecondFactor({ strategy, ...input }))
  const send = (strategy: SecondFactorStrategy) => (): Promise<FutureResult> =>
    settled(() => resource.prepareSecondFactor({ strategy }))

  const made: Signal = {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    current: () => now,
    signIn: {
      get status() {
        return resource.status
      },
      get identifier() {
        return resource.identifier
      },
      get supportedSecondFactors() {
        return resource.supportedSecondFactors
      },
      get createdSessionId() {
        return resource.createdSessionId
      },
      password: (input) => {
        const identifier = "emailAddress" in input ? input.emailAddress : input.identifier
        const { password, persistent } = input
        return settled(() =>
          resource.create({ identifier, password, ...(persistent === undefined ? {} : { persistent }) }),
        )
      },
      mfa: {
        verifyTOTP: verify("totp"),
        verifyBackupCode: verify("backup_code"),
        sendEmailCode: send("email_code"),
        verifyEmailCode: verify("email_code"),
        sendPhoneCode: send("phone_code"),
        verifyPhoneCode: verify("phone_code"),
      },
      finalize: (params = {}) =>
        settled(() => {
          const session = resource.createdSessionId
          return sessionViewsOf(client).setActive(session === null ? params : { ...params, session })
        }),
      reset: () => settled(() => resource.reset()),
    },
  }
  signals.set(client, made)
  return made
}

/** The sign-in that is under way, in the newer shape: calls resolve with `{ error }`, and `errors` are sorted by field. */
export function useSignInSignal(): UseSignInSignalReturn {
  useClientState("useSignIn")
  const { client } = useProvided("useSignIn")
  const signal = signalOf(client)
  const { errors, fetchStatus } = useSyncExternalStore(signal.subscribe, signal.current, signal.current)
  return { signIn: signal.signIn, errors, fetchStatus }
}
