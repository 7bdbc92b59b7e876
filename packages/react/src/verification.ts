import type { Challenge, CoreClient, Level } from "@countersign/client"
import { resourceCall } from "./api-errors.ts"
import type { SessionResource } from "./session-resource.ts"
import { firstFactorsOf, kindOf, secondFactorsOf } from "./strategies.ts"
import type { FirstFactor, FirstFactorStrategy, SecondFactor, SecondFactorStrategy } from "./strategies.ts"

export type VerificationResource = {
  readonly status: "unverified" | "verified" | null
  readonly strategy: string | null
  readonly expireAt: Date | null
}

export type SessionVerificationResource = {
  readonly status: "needs_first_factor" | "needs_second_factor" | "complete"
  readonly level: Level
  readonly session: SessionResource
  readonly firstFactorVerification: VerificationResource
  readonly secondFactorVerification: VerificationResource
  readonly supportedFirstFactors: readonly FirstFactor[] | null
  readonly supportedSecondFactors: readonly SecondFactor[] | null
}

export type VerificationMethods = {
  /** Opens a step-up for this session. */
  readonly startVerification: (input?: { level?: Level }) => Promise<SessionVerificationResource>
  readonly prepareFirstFactorVerification: (input: {
    strategy: FirstFactorStrategy
  }) => Promise<SessionVerificationResource>
  readonly attemptFirstFactorVerification: (
    input: { strategy: "password"; password: string } | { strategy: "email_code"; code: string },
  ) => Promise<SessionVerificationResource>
  readonly prepareSecondFactorVerification: (input: {
    strategy: SecondFactorStrategy
  }) => Promise<SessionVerificationResource>
  readonly attemptSecondFactorVerification: (input: {
    strategy: SecondFactorStrategy
    code: string
  }) => Promise<SessionVerificationResource>
}

const nothing: VerificationResource = { status: null, strategy: null, expireAt: null }

/** A step-up as the session's methods show it. `session` reads the session as it stands when asked. */
export function verificationMethods(client: CoreClient, session: () => SessionResource): VerificationMethods {
  let open: { challenge: Challenge; level: Level } | undefined

  const view = (complete: boolean, strategy: string | null = null): SessionVerificationResource => {
    const { challenge, level } = open ?? { challenge: undefined, level: "second_factor" as const }
    const first = challenge ? firstFactorsOf(challenge) : []
    const expireAt = challenge ? new Date(challenge.expiresAt) : null
    const now: VerificationResource = { status: complete ? "verified" : "unverified", strategy, expireAt }
    const status = complete ? "complete" : first.length > 0 ? "needs_first_factor" : "needs_second_factor"
    return {
      status,
      level,
      session: session(),
      firstFactorVerification: first.length > 0 ? now : nothing,
      secondFactorVerification: first.length > 0 ? nothing : now,
      supportedFirstFactors: status === "needs_first_factor" ? first : null,
      supportedSecondFactors: challenge && status !== "needs_first_factor" ? secondFactorsOf(challenge) : null,
    }
  }
  const prepare = ({ strategy }: { strategy: string }): Promise<SessionVerificationResource> =>
    resourceCall(async () => {
      await client.challenge.start(kindOf(strategy))
      return view(false, strategy)
    })
  const attempt = (
    strategy: string,
    answer: string,
    param: "code" | "password",
  ): Promise<SessionVerificationResource> =>
    resourceCall(
      async () => {
        const { status, challenge } = await client.challenge.answer({ kind: kindOf(strategy), answer })
        if (open && challenge) open = { ...open, challenge }
        return view(status === "complete", strategy)
      },
      { param },
    )

  return {
    startVerification: ({ level = "second_factor" } = {}) =>
      resourceCall(async () => {
        open = { challenge: await client.stepUp(level), level }
        return view(false)
      }),
    prepareFirstFactorVerification: prepare,
    prepareSecondFactorVerification: prepare,
    attemptFirstFactorVerification: (input) =>
      input.strategy === "password"
        ? attempt("password", input.password, "password")
        : attempt(input.strategy, input.code, "code"),
    attemptSecondFactorVerification: ({ strategy, code }) => attempt(strategy, code, "code"),
  }
}
