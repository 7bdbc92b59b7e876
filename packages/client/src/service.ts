import type { SentenceFor } from "./client-error.ts"
import { queryOf } from "./query.ts"
import { createTransport } from "./transport.ts"
import type { Fetch, Outgoing } from "./transport.ts"
import type {
  Begun,
  Challenge,
  Confirmed,
  Factor,
  Page,
  RecoveryCodesStatus,
  SignIn,
  Started,
  UserRecord,
} from "./wire.ts"

export type ServiceOptions = {
  url: string
  /** A service key (`csk_…`). Belongs on a server and nowhere else. */
  key: string
  fetch?: Fetch | undefined
  sentence?: SentenceFor | undefined
}

export type NewUser = {
  email?: string | undefined
  /** The app's own id. */
  externalId?: string | undefined
  password?: string | undefined
  emailConfirmed?: boolean | undefined
  roles?: readonly string[] | undefined
  firstName?: string | undefined
  lastName?: string | undefined
  locale?: string | undefined
}

export type SpentToken = {
  readonly userId: string
  readonly sessionId: string | null
  readonly action: string | null
  readonly methods: readonly string[]
  readonly mintedAt: string
}

export type CountersignService = {
  readonly users: {
    readonly create: (user: NewUser) => Promise<UserRecord>
    readonly list: (page?: { after?: string; limit?: number; search?: string }) => Promise<Page<UserRecord>>
    readonly find: (id: string) => Promise<UserRecord>
    readonly update: (
      id: string,
      change: Partial<Omit<NewUser, "password" | "email" | "emailConfirmed">>,
    ) => Promise<UserRecord>
    readonly remove: (id: string) => Promise<void>
  }
  readonly factors: {
    readonly list: (userId: string) => Promise<{ factors: readonly Factor[]; offered: readonly string[] }>
    readonly begin: (userId: string, input: { kind: string; name?: string }) => Promise<Begun>
    readonly confirm: (
      userId: string,
      input: { kind: string; factorId?: string; answer: unknown; name?: string },
    ) => Promise<Confirmed>
    readonly remove: (userId: string, factorId: string) => Promise<void>
  }
  readonly recoveryCodes: {
    readonly status: (userId: string) => Promise<RecoveryCodesStatus>
    readonly replace: (userId: string) => Promise<{ codes: readonly string[] }>
  }
  /** A second step after the app's own first one. The token is handed from call to call. */
  readonly challenges: {
    readonly open: (userId: string, input?: { returnTo?: string }) => Promise<SignIn>
    readonly read: (token: string) => Promise<Challenge>
    readonly start: (token: string, kind: string) => Promise<Started>
    readonly answer: (token: string, input: { kind: string; answer: unknown }) => Promise<SignIn>
  }
  /** Checks a token that a browser sent along, and spends it where it is single use. Throws `mfa_token_invalid`. */
  readonly verifyMfaToken: (token: string, about?: { action?: string; userId?: string }) => Promise<SpentToken>
}

const at = (userId: string, rest = ""): string => `/users/${encodeURIComponent(userId)}${rest}`

/**
 * For an app's own server: users, factors and challenges by a service key. A user is named by id, or by the app's own
 * id as `external:<id>`.
 */
export function createServiceClient({ url, key, fetch, sentence }: ServiceOptions): CountersignService {
  const base = url.replace(/\/+$/, "")
  const speak = (token: string): (<T>(outgoing: Outgoing) => Promise<T>) =>
    createTransport({ base: () => base, fetch, credentials: "omit", bearer: () => token, sentence })
  const send = speak(key)
  // Two equal writes may be meant as two: only reads are shared.
  const post = <T>(path: string, body: object = {}, token = key): Promise<T> =>
    speak(token)({ method: "POST", path, body })

  return {
    users: {
      create: (user) => post("/users", user),
      list: (page = {}) => send({ method: "GET", path: `/users${queryOf(page)}` }),
      find: (id) => send({ method: "GET", path: at(id) }),
      update: (id, body) => send({ method: "PATCH", path: at(id), body }),
      remove: (id) => send({ method: "DELETE", path: at(id) }),
    },
    factors: {
      list: (id) => send({ method: "GET", path: at(id, "/factors") }),
      begin: (id, body) => post(at(id, "/factors"), body),
      confirm: (id, body) => post(at(id, "/factors/confirm"), body),
      remove: (id, factorId) => send({ method: "DELETE", path: at(id, `/factors/${encodeURIComponent(factorId)}`) }),
    },
    recoveryCodes: {
      status: (id) => send({ method: "GET", path: at(id, "/recovery-codes") }),
      replace: (id) => post(at(id, "/recovery-codes")),
    },
    challenges: {
      open: (id, input) => post(at(id, "/challenges"), input),
      read: (token) => speak(token)({ method: "GET", path: "/challenge" }),
      start: (token, kind) => post("/challenge/start", { kind }, token),
      answer: (token, input) => post("/challenge/answer", input, token),
    },
    verifyMfaToken: (token, about = {}) => post("/mfa-tokens/spend", { token, ...about }),
  }
}
