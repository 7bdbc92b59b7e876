/** A kind in the shape of a passkey: a handle, a counter, and one challenge for all of a user's factors. For tests. */
import { createHmac, randomBytes } from "node:crypto"
import { CountersignError } from "../errors.ts"
import type { FactorKind } from "./factor.ts"
import { spendHeld } from "./held.ts"
import { spendCounter } from "./records.ts"

export type StubAssertion = { readonly handle: string; readonly counter: number; readonly signature: string }

/** What the authenticator itself would do. Its key stands in for a key pair. */
export const assertion = (device: { handle: string; key: string }, nonce: string, counter: number): StubAssertion => ({
  handle: device.handle,
  counter,
  signature: createHmac("sha256", device.key).update(`${nonce} ${counter}`).digest("base64url"),
})

const name = "stub-passkey"

export const stubPasskey: FactorKind<StubAssertion> = {
  name,
  role: "factor",
  failureClass: "passkey",
  maximum: 10,

  read(answer) {
    const { handle, counter, signature } = (answer ?? {}) as Partial<StubAssertion>
    if (typeof handle !== "string" || !Number.isSafeInteger(counter) || typeof signature !== "string")
      throw new CountersignError("input_invalid", { field: "answer" })
    return { handle, counter: Number(counter), signature }
  },

  async begin(_user, input, draw) {
    const given = (input ?? {}) as { handle?: string }
    const handle = given.handle ?? randomBytes(16).toString("base64url")
    const key = Buffer.from(draw.random(32)).toString("base64url")
    const nonce = Buffer.from(draw.random(32)).toString("base64url")
    return {
      record: { data: { key }, counter: 0, handle, name: "Passkey" },
      show: { handle, key, nonce },
      hold: { nonce },
    }
  },

  async challenge(factors, _user, draw) {
    const nonce = Buffer.from(draw.random(32)).toString("base64url")
    return { hold: { nonce }, show: { nonce, allow: factors.map(({ handle }) => handle) } }
  },

  async prove(factor, held, answer, now, ownerId) {
    if (held === undefined || factor.handle !== answer.handle) return { wrong: "no_match" }
    const { key } = factor.data as { key: string }
    const expected = assertion({ handle: answer.handle, key }, String(held["nonce"]), answer.counter)
    if (expected.signature !== answer.signature) return { wrong: "no_match" }
    // WebAuthn level 3, 7.2: a counter that does not grow speaks of a copy.
    if (answer.counter <= factor.counter) return { wrong: "used" }
    const spend = [spendHeld(ownerId, name, String(held["serial"])), spendCounter(factor, answer.counter, now)]
    return { proof: { methods: ["hwk", "user"], userVerified: true, spend } }
  },

  describe: ({ id, kind, name: called, state, createdAt, confirmedAt, lastUsedAt }) => ({
    id,
    kind,
    name: called,
    state,
    createdAt,
    confirmedAt,
    lastUsedAt,
  }),
}
