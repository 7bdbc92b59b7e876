import type { CallOptions, Core } from "./core.ts"
import type { Begun, Confirmed, Factor, MfaToken, Policy, RecoveryCodesStatus, User } from "./wire.ts"

export type ConfirmInput = {
  kind: string
  /** Left out: tried against all that were begun here. */
  factorId?: string | undefined
  answer: unknown
  name?: string | undefined
}

export type MintInput = {
  /** One of the app's own actions; the token is good for no other. */
  action?: string | undefined
  singleUse?: boolean | undefined
  /** Proves the second factor on the way, where the session is not fresh. */
  proof?: { kind: string; answer: unknown; factorId?: string | undefined } | undefined
}

export type FactorCalls = {
  readonly factors: {
    /** The signed-in user's, with `pending` also those begun in this session; `offered`: kinds that could be added. */
    readonly list: (about?: {
      pending?: boolean | undefined
    }) => Promise<{ factors: readonly Factor[]; offered: readonly string[] }>
    /** A new secret each time; what was begun before stays good for 15 minutes. Also answers a demanded enrolment. */
    readonly begin: (input: { kind: string; name?: string | undefined }, options?: CallOptions) => Promise<Begun>
    /** The first code turns the factor on, and the first factor brings recovery codes. */
    readonly confirm: (input: ConfirmInput, options?: CallOptions) => Promise<Confirmed>
    readonly update: (
      id: string,
      change: { name?: string | undefined; default?: true | undefined },
      options?: CallOptions,
    ) => Promise<Factor>
    readonly remove: (id: string, options?: CallOptions) => Promise<void>
  }
  readonly recoveryCodes: {
    readonly status: () => Promise<RecoveryCodesStatus>
    /** New codes; the old ones are dead. */
    readonly replace: (options?: CallOptions) => Promise<{ codes: readonly string[] }>
    /** The codes again, for the session that made them, until they are acknowledged. Throws `not_found` after that. */
    readonly copy: (options?: CallOptions) => Promise<{ codes: readonly string[] }>
    /** The person has saved them. */
    readonly acknowledge: (options?: CallOptions) => Promise<void>
  }
  readonly mfaTokens: {
    /** A token that proves a second factor to the app's own server. */
    readonly mint: (input?: MintInput, options?: CallOptions) => Promise<MfaToken>
  }
  readonly me: {
    readonly update: (
      change: { firstName?: string | null; lastName?: string | null; locale?: string | null },
      options?: CallOptions,
    ) => Promise<User>
  }
  /** What this installation offers and demands, and which actions need a proof. */
  readonly policy: () => Promise<Policy>
}

/** Authenticators, recovery codes and the tokens that prove them. */
export function factorCalls(core: Core): FactorCalls {
  return {
    factors: {
      list: ({ pending } = {}) => core.read(pending ? "/factors?pending=1" : "/factors"),
      begin: (body, options) => core.change({ method: "POST", path: "/factors", body, once: true }, options),
      confirm: (body, options) => core.change({ method: "POST", path: "/factors/confirm", body }, options),
      update: (id, body, options) =>
        core.change({ method: "PATCH", path: `/factors/${encodeURIComponent(id)}`, body }, options),
      remove: (id, options) => core.change({ method: "DELETE", path: `/factors/${encodeURIComponent(id)}` }, options),
    },
    recoveryCodes: {
      status: () => core.read("/recovery-codes"),
      replace: (options) => core.change({ method: "POST", path: "/recovery-codes", once: true }, options),
      copy: (options) => core.read("/recovery-codes/copy", options),
      acknowledge: (options) => core.change({ method: "POST", path: "/recovery-codes/acknowledge" }, options),
    },
    mfaTokens: {
      mint: (body = {}, options) => core.change({ method: "POST", path: "/mfa-tokens", body }, options),
    },
    me: {
      update: (body, options) => core.change({ method: "PATCH", path: "/me", body }, options),
    },
    policy: () => core.read("/policy"),
  }
}
