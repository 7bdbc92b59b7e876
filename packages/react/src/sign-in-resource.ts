import type { CoreClient, SignIn } from "@countersign/client"
import { refuse, resourceCall } from "./api-errors.ts"
import { kindOf, secondFactorsOf } from "./strategies.ts"
import type { SecondFactor, SecondFactorStrategy } from "./strategies.ts"
import type { VerificationResource } from "./verification.ts"

export type SignInStatus =
  | "needs_identifier"
  | "needs_first_factor"
  | "needs_second_factor"
  | "needs_client_trust"
  | "needs_new_password"
  | "needs_protect_check"
  | "complete"

export type SignInCreateParams = {
  readonly identifier?: string
  readonly password?: string
  readonly strategy?: "password"
  /** Stay signed in after the browser is closed. */
  readonly persistent?: boolean
}

/** One object for one client; its calls change it in place and resolve to it. */
export type SignInResource = {
  readonly status: SignInStatus | null
  readonly identifier: string | null
  readonly supportedFirstFactors: readonly { readonly strategy: "password" }[] | null
  /** Known only after the first factor. */
  readonly supportedSecondFactors: readonly SecondFactor[] | null
  readonly firstFactorVerification: VerificationResource
  readonly secondFactorVerification: VerificationResource & { readonly attempts: number | null }
  readonly createdSessionId: string | null
  readonly create: (params: SignInCreateParams) => Promise<SignInResource>
  readonly attemptFirstFactor: (params: { strategy: "password"; password: string }) => Promise<SignInResource>
  readonly prepareSecondFactor: (params: { strategy: SecondFactorStrategy }) => Promise<SignInResource>
  /** `trustDevice`: don't ask in this browser for a while. */
  readonly attemptSecondFactor: (params: {
    strategy: SecondFactorStrategy
    code: string
    trustDevice?: boolean
  }) => Promise<SignInResource>
  readonly reload: () => Promise<SignInResource>
  /** Starts over. */
  readonly reset: () => Promise<SignInResource>
}

const resources = new WeakMap<CoreClient, SignInResource>()
const nothing: VerificationResource = { status: null, strategy: null, expireAt: null }

/** The sign-in that is under way. A second factor that is owed is found again after a reload. */
export function signInOf(client: CoreClient): SignInResource {
  const known = resources.get(client)
  if (known) return known
  let identifier: string | null = null
  let persistent: boolean | undefined
  let created: string | null = null
  let tried: { strategy: string; attempts: number } | undefined

  const challenge = (): ReturnType<CoreClient["current"]>["challenge"] => {
    const { challenge: open } = client.current()
    return open?.purpose === "sign_in" ? open : null
  }
  const took = ({ status, session, challenge: owed }: SignIn): SignInResource => {
    // What is owed after an enrolment is demanded is the session's task, as pages of this shape see it.
    created = status === "complete" ? (session?.id ?? client.current().session?.id ?? null) : null
    if (status === "enrolment") created = owed?.id ?? null
    return resource
  }
  const password = (text: string): Promise<SignInResource> =>
    resourceCall(
      async () => {
        if (!identifier) throw refuse(422, "form_param_nil", "Enter your email address.", "identifier")
        if (text === "") throw refuse(422, "form_param_nil", "Enter your password.", "password")
        return took(await client.signIn({ email: identifier, password: text, persistent }))
      },
      { param: "password" },
    )

  const resource: SignInResource = {
    get status() {
      if (challenge()) return "needs_second_factor"
      if (created !== null) return "complete"
      return identifier === null ? null : "needs_first_factor"
    },
    get identifier() {
      return identifier ?? challenge()?.user.email ?? null
    },
    get supportedFirstFactors() {
      return resource.status === "needs_first_factor" ? [{ strategy: "password" } as const] : null
    },
    get supportedSecondFactors() {
      const open = challenge()
      return open && secondFactorsOf(open)
    },
    get firstFactorVerification(): VerificationResource {
      const done = resource.status === "needs_second_factor" || resource.status === "complete"
      return done ? { status: "verified", strategy: "password", expireAt: null } : nothing
    },
    get secondFactorVerification() {
      const open = challenge()
      if (!tried) return { ...nothing, attempts: null }
      const expireAt = open ? new Date(open.expiresAt) : null
      return { ...tried, status: open ? "unverified" : "verified", expireAt } as const
    },
    get createdSessionId() {
      return challenge() ? null : created
    },
    create: async (params) => {
      if (challenge()) await client.challenge.abandon().catch(() => undefined)
      identifier = params.identifier ?? null
      persistent = params.persistent
      created = null
      tried = undefined
      return params.password === undefined ? resource : password(params.password)
    },
    attemptFirstFactor: (params) => password(params.password),
    prepareSecondFactor: ({ strategy }) =>
      resourceCall(async () => {
        await client.challenge.start(kindOf(strategy))
        tried = { strategy, attempts: 0 }
        return resource
      }),
    attemptSecondFactor: ({ strategy, code, trustDevice }) =>
      resourceCall(
        async () => {
          // Pages of the older kind ask for the second factor whether or not there is one.
          if (resource.status === "complete") return resource
          if (code.trim() === "") throw refuse(422, "form_param_nil", "Enter the code.", "code")
          tried = { strategy, attempts: (tried?.attempts ?? 0) + 1 }
          const answer = { kind: kindOf(strategy), answer: code }
          return took(
            await client.challenge.answer(
              trustDevice === undefined ? answer : { ...answer, rememberDevice: trustDevice },
            ),
          )
        },
        { param: "code" },
      ),
    reload: async () => {
      await client.reload()
      return resource
    },
    reset: async () => {
      if (challenge()) await client.challenge.abandon()
      identifier = null
      created = null
      tried = undefined
      return resource
    },
  }
  resources.set(client, resource)
  return resource
}
