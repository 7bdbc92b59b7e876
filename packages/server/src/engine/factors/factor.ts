import type { Write } from "../../store/database.ts"
import type { User } from "../engine.ts"

/** A stored authenticator, opened: `data` is what the kind sealed. */
export type Factor = {
  readonly id: string
  readonly userId: string
  readonly kind: string
  readonly name: string
  readonly state: "pending" | "on" | "off"
  readonly data: unknown
  /** The last accepted time step, or a signature counter. */
  readonly counter: number
  readonly handle: string | null
  readonly createdAt: number
  readonly confirmedAt: number | null
  readonly lastUsedAt: number | null
}

/** What a kind wants kept for a new factor. `data` is sealed; `handle` is unique within the kind. */
export type FactorData = { data: unknown; counter?: number; handle?: string; name?: string }

/** What the person has to see to enrol: a key and its URI, a passkey's options. Never logged, never stored in clear. */
export type Shown = Record<string, unknown>

/** Kept with a challenge (or a pending factor) until it is answered; sealed by the engine. */
export type Held = Record<string, unknown>

/** A mail that a kind wants sent with its challenge. `code` goes into the mail and nowhere else. */
export type KindMessage = { template: "mailed-code"; to: string; code: string }

/** Randomness, the time, and the id of what the outcome will be held for: a challenge, or the pending factor. */
export type Draw = { random(bytes: number): Uint8Array; now: number; owner: string }

/** `methods`: values of RFC 8176, or private ones (`mail`, `recovery`). `spend`: the guarded writes that make it single use. */
export type Proof = { methods: string[]; userVerified?: true; spend: Write[] }

/** `suspicion`: an event that operators have to hear of, beside the refusal (`passkey.clone_suspected`). */
export type Verdict = { proof: Proof } | { wrong: "no_match" | "used"; clockOffSeconds?: number; suspicion?: string }

export type PublicFactor = {
  id: string
  kind: string
  name: string
  state: "pending" | "on" | "off"
  createdAt: number
  confirmedAt: number | null
  lastUsedAt: number | null
  /** For example the masked address that a mailed code goes to. */
  hint?: string
}

/**
 * A kind of authenticator. It judges and returns writes; it never reads the database, sends mail or asks the time.
 * A new kind needs a folder, a line in `kinds.ts`, and no migration.
 */
export type FactorKind<A = unknown> = {
  readonly name: string
  /** `factor`: can be enrolled. `fallback`: recovery codes. `primary`: the password. */
  readonly role: "factor" | "fallback" | "primary"
  /** Which failures its wrong answers count to, beside its own: `code` is shared by all kinds of typed codes. */
  readonly failureClass: "password" | "code" | "passkey"
  /** How many a user may have. */
  readonly maximum?: number
  /** Only the person's own device can make it, so that nobody adds one for somebody. */
  readonly selfEnrolled?: true
  /** Whether this user could have one at all; left out: everybody. */
  available?(user: User): boolean
  /**
   * Reads what was typed into the one form that is counted and compared; `factors` are those it will be held against.
   * Throws `input_invalid` before an attempt is taken.
   */
  read(answer: unknown, factors: readonly Factor[]): A
  /** `owned`: the user's confirmed factors of the kind. */
  begin?(
    user: User,
    input: unknown,
    draw: Draw,
    owned: readonly Factor[],
  ): Promise<{ record: FactorData; show: Shown; hold?: Held; send?: KindMessage }>
  /** Shows a pending key again, where a door promises it. */
  reveal?(factor: Factor, user: User): Shown
  /** One for all of a user's factors of the kind. */
  challenge?(
    factors: readonly Factor[],
    user: User,
    draw: Draw,
  ): Promise<{ hold?: Held; send?: KindMessage; show?: Shown }>
  prove(factor: Factor, held: Held | undefined, answer: A, now: number, ownerId: string): Promise<Verdict>
  describe(factor: Factor, user: User): PublicFactor
  /** Where the kind's records are not rows of `factors` (recovery codes, the password): reads them as one factor, or none. */
  load?(userId: string): Promise<Factor[]>
}
