/**
 * A code sent to the account's own confirmed address. A convenience, not an authenticator of its own in the sense of
 * NIST SP 800-63B-4, 3.1.3.1: the profile `nist-aal2` neither enrols it nor counts it.
 */
import type { User } from "../../engine.ts"
import type { Context } from "../../context.ts"
import { CountersignError } from "../../errors.ts"
import { equalInConstantTime } from "../../tokens.ts"
import type { Draw, FactorKind, Held, KindMessage } from "../factor.ts"
import { spendHeld } from "../held.ts"
import { maskedAddress, randomDigits } from "../mailed-code.ts"
import { noteUse } from "../records.ts"
import { typedDigits } from "../typed-code.ts"

const name = "email-code"

export function emailCodeKind({ settings, vault }: Pick<Context, "settings" | "vault">): FactorKind<string> {
  const { digits } = settings.mailedCode

  // The owner (a challenge or a pending factor) is inside: a code is worth nothing anywhere else (ASVS 6.6.2).
  const hashesOf = (code: string, owner: string): string[] => vault.hashCandidates(`${owner} ${code}`, "mailed-code")

  const send = (user: User, draw: Draw): { hold: Held; send: KindMessage } => {
    if (user.email === null) throw new CountersignError("kind_not_offered")
    // A code sent to an address that nobody proved to own would prove nothing.
    if (!user.emailConfirmed) throw new CountersignError("address_unconfirmed")
    const code = randomDigits(draw, digits)
    return {
      hold: { hash: vault.hash(`${draw.owner} ${code}`, "mailed-code") },
      send: { template: "mailed-code", to: user.email, code },
    }
  }

  return {
    name,
    role: "factor",
    failureClass: "code",
    maximum: 1,

    available: ({ email, emailConfirmed }) => email !== null && emailConfirmed,

    read(answer) {
      const code = typedDigits(answer)
      if (code?.length !== digits) throw new CountersignError("input_invalid", { field: "answer" })
      return code
    },

    async begin(user, _input, draw) {
      const sent = send(user, draw)
      return { record: { data: {}, name: "Email" }, show: {}, ...sent }
    },

    async challenge(_factors, user, draw) {
      return send(user, draw)
    },

    async prove(factor, held, code, now, ownerId) {
      if (held === undefined) return { wrong: "no_match" }
      const kept = String(held["hash"])
      const matches = hashesOf(code, ownerId).filter((hash) => equalInConstantTime(hash, kept))
      if (matches.length === 0) return { wrong: "no_match" }
      const spend = [spendHeld(ownerId, name, String(held["serial"])), noteUse(factor, now)]
      return { proof: { methods: ["mail"], spend } }
    },

    describe: ({ id, kind, name: called, state, createdAt, confirmedAt, lastUsedAt }, { email }) => ({
      id,
      kind,
      name: called,
      state,
      createdAt,
      confirmedAt,
      lastUsedAt,
      ...(email !== null && { hint: maskedAddress(email) }),
    }),
  }
}
