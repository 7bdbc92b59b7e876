import type { ErrorCode } from "../engine/errors.ts"
import { CountersignError } from "../engine/errors.ts"
import type { Database } from "../store/database.ts"
import { limitKeyOf } from "./client-address.ts"
import type { Verdict } from "./rate-limit.ts"
import { countAgainstLimit, peekAtLimit, takeFromLimit } from "./rate-limit.ts"
import type { Route } from "./route.ts"

type Figure = { readonly limit: number; readonly windowSeconds: number }

/** From one address: so many refused tries to get in, and so many requests that may send a mail. */
export type AddressFigures = { readonly failedSignIns: Figure; readonly mails: Figure }

const usualFigures: AddressFigures = {
  failedSignIns: { limit: 60, windowSeconds: 5 * 60 },
  mails: { limit: 20, windowSeconds: 60 * 60 },
}

/** What counts as a try that was refused. A malformed request does not; whoever guesses has to send well-formed ones. */
const failures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "unauthenticated",
  "credentials_incorrect",
  "account_disabled",
  "address_unconfirmed",
  "too_many_attempts",
  "challenge_spent",
  "code_incorrect",
  "code_already_used",
  "factor_dead",
  "enrolment_expired",
  "mfa_token_invalid",
  "link_invalid",
])

const refuse = (verdict: Verdict): void => {
  if (!verdict.allowed) throw new CountersignError("too_many_requests", { retryAfter: verdict.retryAfter })
}

export type AddressLimitOptions = {
  readonly database: Database
  readonly now: () => number
  readonly report: (message: string, error?: unknown) => void
  readonly on: boolean
  readonly figures?: AddressFigures | undefined
}

export type AddressLimits = {
  /** Counts a request that sends a mail. Throws `too_many_requests` with the seconds to wait. */
  readonly countMail: (address: string | undefined) => Promise<void>
  /** Does the work within the limit of its route. Throws `too_many_requests` with the seconds to wait. */
  readonly around: <T>(limit: Route["limit"], address: string | undefined, work: () => Promise<T>) => Promise<T>
}

/**
 * The limits on a client's address, counted in the database, so that all nodes agree. They are a second net: what
 * guards an account are the locks on it. A sign-in is counted only when it fails, so that a whole office behind one
 * address signs in undisturbed; the price is that tries under way at the same moment may exceed the limit together.
 */
export const addressLimits = (options: AddressLimitOptions): AddressLimits => {
  const { database, now, report, on } = options
  const { failedSignIns, mails } = options.figures ?? usualFigures
  let told = false
  const isBlind = (address: string | undefined): address is undefined => {
    if (address !== undefined) return false
    if (!told) report("the limits on client addresses can't work: whoever calls fetch has to pass the address")
    told = true
    return true
  }

  const countMail = async (address: string | undefined): Promise<void> => {
    if (!on || isBlind(address)) return
    refuse(await takeFromLimit(database, now(), { bucket: `mail:${limitKeyOf(address)}`, ...mails }))
  }

  return {
    countMail,
    async around(limit, address, work) {
      if (limit === "mail") await countMail(address)
      if (!on || limit !== "sign-in" || isBlind(address)) return await work()
      const counted = { bucket: `sign-in:${limitKeyOf(address)}`, ...failedSignIns }
      refuse(await peekAtLimit(database, now(), counted))
      try {
        return await work()
      } catch (error) {
        if (error instanceof CountersignError && failures.has(error.code))
          await countAgainstLimit(database, now(), counted)
        throw error
      }
    },
  }
}
