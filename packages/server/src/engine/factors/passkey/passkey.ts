/** Passkeys and security keys (WebAuthn level 3), as a second step. */
import type { Context } from "../../context.ts"
import type { Factor, FactorKind, Held, Verdict } from "../factor.ts"
import { spendHeld } from "../held.ts"
import { keepFromProof, noteUse, spendCounter } from "../records.ts"
import { type Assertion, type Attestation, type PasskeyAnswer, readPasskeyAnswer } from "./answer.ts"
import { answerSeconds, type CreationOptions, creationOptions, requestOptions } from "./options.ts"
import { type Expected, verifyAssertion, verifyAttestation } from "./verification.ts"

/** What is sealed of one that is bound. Its credential id is the handle, its signature counter the counter. */
export type PasskeyData = {
  readonly type: "public-key"
  /** COSE, base64url. */
  readonly publicKey: string
  readonly transports: readonly string[]
  /** BE: it can be copied to the person's other devices. Never changes. */
  readonly backupEligible: boolean
  /** BS: it has been. */
  readonly backedUp: boolean
  /** Whether the authenticator verified its user when it was bound. */
  readonly uvInitialized: boolean
  readonly userHandle: string
}

/** What is sealed of one that waits for its authenticator. */
type Awaited = { readonly options: CreationOptions }

const name = "passkey"

/** In bytes. NIST SP 800-63B-4, 3.1.6.2 demands 8. */
const challengeBytes = 32

/** More than anybody's devices, and few enough for one question to all of them. */
const most = 10

export const cloneSuspected = "passkey.clone_suspected"

export function passkeyKind({ settings, vault }: Pick<Context, "settings" | "vault">): FactorKind<PasskeyAnswer> {
  const { id: relyingPartyId, origins } = settings.relyingParty
  const expecting = (challenge: string): Expected => ({ challenge, origins, relyingPartyId })

  /** The first answer: the key and the credential id become the factor's. */
  const bind = async (factor: Factor, given: Attestation, now: number): Promise<Verdict> => {
    const { options } = factor.data as Awaited
    if (now >= factor.createdAt + options.timeout) return { wrong: "no_match" }
    const bound = await verifyAttestation(given, expecting(options.challenge))
    if (bound === undefined) return { wrong: "no_match" }
    const { publicKey, userVerified, backupEligible, backedUp, counter } = bound
    const data: PasskeyData = {
      type: "public-key",
      publicKey,
      transports: given.transports,
      backupEligible,
      backedUp,
      uvInitialized: userVerified,
      userHandle: options.user.id,
    }
    const spend = [await keepFromProof({ vault }, factor, { data, handle: given.id, counter }, now)]
    return { proof: { methods: methodsOf(bound), ...(userVerified && { userVerified }), spend } }
  }

  const assert = async (
    factor: Factor,
    held: Held | undefined,
    given: Assertion,
    about: { now: number; ownerId: string },
  ): Promise<Verdict> => {
    const { now, ownerId } = about
    if (held === undefined || now >= Number(held["expiresAt"])) return { wrong: "no_match" }
    const data = factor.data as PasskeyData
    // Step 6: the credential is this user's, and says nothing else of itself.
    if (given.id !== factor.handle) return { wrong: "no_match" }
    if (given.userHandle !== undefined && given.userHandle !== data.userHandle) return { wrong: "no_match" }
    const asserted = await verifyAssertion(given, expecting(String(held["challenge"])), data)
    // Step 19: what could be copied at first can be copied still, and the other way round.
    if (asserted === undefined || asserted.backupEligible !== data.backupEligible) return { wrong: "no_match" }
    const { counter, backedUp } = asserted
    // Step 22: one that counts and did not get further speaks of a copy. Many never count.
    if ((counter > 0 || factor.counter > 0) && counter <= factor.counter)
      return { wrong: "no_match", suspicion: cloneSuspected }

    const changed = backedUp === data.backedUp ? undefined : { ...data, backedUp }
    const use = changed
      ? await keepFromProof({ vault }, factor, { data: changed, handle: given.id, counter }, now)
      : counter > 0
        ? spendCounter(factor, counter, now)
        : noteUse(factor, now)
    // A PIN that was set later may be a thief's: it makes no second factor of the first one (step 24, uvInitialized).
    const userVerified = asserted.userVerified && data.uvInitialized
    return {
      proof: {
        methods: methodsOf(asserted),
        ...(userVerified && { userVerified }),
        spend: [spendHeld(ownerId, name, String(held["serial"])), use],
      },
    }
  }

  return {
    name,
    role: "factor",
    failureClass: "passkey",
    maximum: most,
    selfEnrolled: true,

    // Browsers take no bare address for a relying party (WebAuthn level 3, 5.1.3 step 8).
    available: () => !/^[\d.]+$|[:[]/.test(relyingPartyId),

    read: readPasskeyAnswer,

    async begin(user, _input, draw, owned) {
      const challenge = Buffer.from(draw.random(challengeBytes)).toString("base64url")
      const options = creationOptions({ issuer: settings.issuer, relyingPartyId, user, challenge, owned })
      // The question stands with the factor that waits, so that it can be shown again; binding it spends both at once.
      const data: Awaited = { options }
      return { record: { data, counter: 0, name: "Passkey" }, show: { options } }
    },

    reveal: ({ state, data }) => (state === "pending" ? { options: (data as Awaited).options } : {}),

    async challenge(factors, _user, draw) {
      const challenge = Buffer.from(draw.random(challengeBytes)).toString("base64url")
      return {
        hold: { challenge, expiresAt: draw.now + answerSeconds * 1000 },
        show: { options: requestOptions({ relyingPartyId, challenge, factors }) },
      }
    },

    async prove(factor, held, answer, now, ownerId) {
      if (factor.state === "pending")
        return answer.is === "attestation" ? bind(factor, answer, now) : { wrong: "no_match" }
      return answer.is === "assertion" ? assert(factor, held, answer, { now, ownerId }) : { wrong: "no_match" }
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
}

/** RFC 8176: `hwk` for a key that can't leave its device, `swk` for one that can, `user` for somebody's presence. */
const methodsOf = ({ backupEligible }: { readonly backupEligible: boolean }): string[] => [
  backupEligible ? "swk" : "hwk",
  "user",
]
