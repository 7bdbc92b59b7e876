import type { CallOptions, Core } from "./core.ts"
import { queryOf } from "./query.ts"
import { inWords } from "./account-sentences.ts"
import type { Activity, ApiKey, Page, RememberedDevice, Session } from "./wire.ts"

export type SignUpInput = {
  email: string
  password: string
  firstName?: string | undefined
  lastName?: string | undefined
  locale?: string | undefined
}

export type AccountCalls = {
  readonly account: {
    /** Answers a taken address like a new one: whoever owns it gets a mail. */
    readonly signUp: (input: SignUpInput) => Promise<{ status: "confirm_address" | "ready" }>
    readonly resendConfirmation: (email: string) => Promise<void>
    /** With the token of the mailed link. */
    readonly confirmAddress: (token: string) => Promise<{ email: string }>
    /** Ends all other sessions. */
    readonly changePassword: (
      input: { current?: string | undefined; password: string },
      options?: CallOptions,
    ) => Promise<void>
    /** Mails the new address a link; nothing changes before it is followed. */
    readonly changeAddress: (email: string, options?: CallOptions) => Promise<void>
    readonly forgotPassword: (email: string) => Promise<void>
    /** Never signs in, and never skips the second factor. */
    readonly resetPassword: (input: { token: string; password: string }) => Promise<void>
  }
  readonly sessions: {
    readonly list: () => Promise<readonly Session[]>
    readonly end: (id: string, options?: CallOptions) => Promise<void>
    readonly endOthers: (options?: CallOptions) => Promise<number>
  }
  readonly rememberedDevices: {
    readonly list: () => Promise<readonly RememberedDevice[]>
    readonly forget: (id: string, options?: CallOptions) => Promise<void>
    readonly forgetAll: (options?: CallOptions) => Promise<void>
  }
  readonly apiKeys: {
    readonly list: () => Promise<readonly ApiKey[]>
    /** The key is shown this once. */
    readonly create: (
      input: { name: string; scopes?: readonly string[] | undefined; expiresAt?: string | undefined },
      options?: CallOptions,
    ) => Promise<{ key: string; record: ApiKey }>
    readonly revoke: (id: string, options?: CallOptions) => Promise<void>
  }
  readonly activity: (page?: { after?: string | undefined; limit?: number | undefined }) => Promise<Page<Activity>>
}

/** Lists come bare or under one name. */
const listOf = <T>(answer: readonly T[] | Readonly<Record<string, readonly T[]>>): readonly T[] =>
  Array.isArray(answer) ? answer : (Object.values(answer)[0] ?? [])

/** The account itself: addresses, passwords, where it is signed in. */
export function accountCalls(core: Core): AccountCalls {
  const post = <T>(path: string, body?: object): Promise<T> => core.call({ method: "POST", path, body })
  const changed = <T>(path: string, body: object | undefined, options?: CallOptions): Promise<T> =>
    core.change({ method: "POST", path, body }, options)
  const gone = (path: string, options?: CallOptions): Promise<void> => core.change({ method: "DELETE", path }, options)

  return {
    account: {
      signUp: (input) => inWords(post("/sign-up", input), core.sentence),
      resendConfirmation: (email) => post("/sign-up/resend", { email }),
      async confirmAddress(token) {
        const answer = await inWords(post<{ email: string }>("/address/confirm", { token }), core.sentence)
        await core.refresh()
        return answer
      },
      changePassword: (input, options) => inWords(changed<void>("/me/password", input, options), core.sentence),
      changeAddress: (email, options) => changed("/me/address", { email }, options),
      forgotPassword: (email) => post("/password/forgot", { email }),
      resetPassword: (input) => inWords(post("/password/reset", input), core.sentence),
    },
    sessions: {
      list: async () => listOf(await core.read("/sessions")),
      end: (id, options) => gone(`/sessions/${encodeURIComponent(id)}`, options),
      endOthers: async (options) =>
        (await changed<{ ended: number }>("/sessions/end-others", undefined, options)).ended,
    },
    rememberedDevices: {
      list: async () => listOf(await core.read("/remembered-devices")),
      forget: (id, options) => gone(`/remembered-devices/${encodeURIComponent(id)}`, options),
      forgetAll: (options) => gone("/remembered-devices", options),
    },
    apiKeys: {
      list: async () => listOf(await core.read("/api-keys")),
      create: (input, options) => changed("/api-keys", input, options),
      revoke: (id, options) => gone(`/api-keys/${encodeURIComponent(id)}`, options),
    },
    activity: (page = {}) => core.read(`/activity${queryOf(page)}`),
  }
}
