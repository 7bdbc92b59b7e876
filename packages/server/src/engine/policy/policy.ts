import type { Actor, Method, User } from "../engine.ts"
import type { Level } from "../errors.ts"
import type { Settings } from "../settings.ts"
import { type AddedRule, isExempt, type Whence } from "./added-rule.ts"

/**
 * Who has to prove what, and when. Pure: everything it needs is handed in, so that its tests are tables.
 */

/** Everything that asks for a recent proof, or is here to say that it does not. */
export type Operation =
  | "factors.begin"
  | "factors.reveal"
  | "factors.confirm"
  | "factors.cancel"
  | "factors.rename"
  | "factors.remove"
  | "factors.set_default"
  | "factors.turn"
  | "factors.reset"
  | "recovery_codes.replace"
  | "recovery_codes.reveal"
  | "recovery_codes.acknowledge"
  | "remembered_devices.forget"
  | "address.change"
  | "password.change"
  | "api_keys.create"
  | "api_keys.revoke"
  | "sessions.end"
  | "user.update"
  | "user.remove"

export type Demand = { readonly level: Level; readonly maxAgeSeconds: number }

/** What policy has to know of the user beside the actor. */
export type Standing = {
  /** A confirmed factor that is on. */
  readonly hasSecondFactor: boolean
}

/** `refused`: the actor can never give the proof; `scope` is what would let it pass without one. */
export type Judgement = { readonly demand: Demand } | { readonly refused: { readonly scope: string } } | undefined

const guarded: ReadonlySet<Operation> = new Set<Operation>([
  "factors.begin",
  "factors.reveal",
  "factors.rename",
  "factors.remove",
  "factors.turn",
  "factors.reset",
  "recovery_codes.replace",
  "recovery_codes.reveal",
  "address.change",
  "password.change",
  "api_keys.create",
  "user.remove",
])
// Not guarded: confirming and giving up (beginning was), and what only takes trust away.

// What the wires of the loose doors have no way to ask a proof for. An address or a password is never among it.
const looseOperations: ReadonlySet<Operation> = new Set<Operation>([
  "factors.begin",
  "factors.reveal",
  "factors.rename",
  "factors.remove",
  "factors.turn",
  "factors.reset",
  "recovery_codes.replace",
  "recovery_codes.reveal",
])

/** What a door without a step-up asks the current password for. */
const passwordOperations: ReadonlySet<Operation> = new Set<Operation>(["address.change", "password.change"])

// A key is no proof. Without a second factor to protect, it may still set one up for its user; what would hand the
// account over (address, keys, removal) needs the scope that says so.
const openToKeysWithoutFactor: ReadonlySet<Operation> = new Set<Operation>([...looseOperations, "password.change"])

/** The scope that lets a user key do what a fresh proof would. Never implied by an empty list. */
export const selfWriteScope = "accounts.self:write"

/** What an operation demands of this actor; undefined: nothing. */
export const demandOf = (
  operation: Operation,
  actor: Actor,
  standing: Standing,
  settings: Pick<Settings, "stepUpSeconds" | "looseDoors">,
): Judgement => {
  if (!guarded.has(operation) || actor.type === "operator" || actor.type === "service") return undefined
  if (actor.type === "user-key") {
    if (actor.key.scopes.includes(selfWriteScope)) return undefined
    // Only what the key itself has made is shown to it, and it can't step up with a code.
    if (operation === "recovery_codes.reveal") return undefined
    if (!standing.hasSecondFactor && openToKeysWithoutFactor.has(operation)) return undefined
    return { refused: { scope: selfWriteScope } }
  }
  if (bornAtLooseDoor(actor, settings) && looseOperations.has(operation) && !passedByAddress(actor, standing))
    return undefined
  // Such an operation has asked for the password, or for a second factor just proved, by itself.
  if (provesByPassword(actor, settings) && passwordOperations.has(operation)) return undefined
  const level = standing.hasSecondFactor ? "second_factor" : "first_factor"
  return { demand: { level, maxAgeSeconds: settings.stepUpSeconds } }
}

/** Where a door's wire shows the key of an app that is on, and lets codes be made before there is a factor. */
const bornAtLooseDoor = (actor: Actor, settings: Pick<Settings, "looseDoors">): boolean =>
  actor.type === "session" && settings.looseDoors.includes(actor.session.door)

/** Nobody was asked, since the address was trusted. Trust in a place is no reason to let go of what protects elsewhere. */
const passedByAddress = (actor: Extract<Actor, { type: "session" }>, standing: Standing): boolean =>
  standing.hasSecondFactor && actor.session.secondFactorAt === null && !actor.session.deviceRemembered

/** Also there it takes a second factor: on a remembered device the password alone would come to a copy of it. */
export const maySeeLiveKey = (actor: Actor, settings: Pick<Settings, "looseDoors">): boolean =>
  bornAtLooseDoor(actor, settings) && actor.type === "session" && actor.session.secondFactorAt !== null
/** Where the current password stands for a step-up, which the wire can't ask for. */
export const provesByPassword = (actor: Actor, settings: Pick<Settings, "looseDoors">): boolean =>
  actor.type === "session" && actor.user.hasPassword && bornAtLooseDoor(actor, settings)
export const mayHaveCodesWithoutFactor = bornAtLooseDoor

/** Operators and services act for people who can't: what policy demands of a user does not bind them. */
export const isBoundByPolicy = (actor: Actor): boolean => actor.type === "session" || actor.type === "user-key"

/** When each factor was proved, epoch milliseconds; null: never in this session. */
export type Proofs = { readonly firstFactorAt: number | null; readonly secondFactorAt: number | null }

/** What a level comes to for a user: without a second factor there is only the first to ask for. */
export const levelFor = (level: Level, standing: Standing): Level => (standing.hasSecondFactor ? level : "first_factor")

/** Whether the proofs reach the level. An age equal to the maximum is too old. */
export const isFresh = (proofs: Proofs, demand: Demand, standing: Standing, now: number): boolean => {
  const recent = (at: number | null): boolean => at !== null && now - at < demand.maxAgeSeconds * 1000
  const level = levelFor(demand.level, standing)
  const first = level === "second_factor" || recent(proofs.firstFactorAt)
  const second = level === "first_factor" || recent(proofs.secondFactorAt)
  return first && second
}

/** What the installation was configured to, and what its administrators demand beyond that. */
export type Rules = Pick<Settings, "secondFactor"> & { readonly added?: AddedRule | undefined }

type Bound = Pick<User, "id" | "roles">

/** Whether the configuration demands a second factor of the user, now or from the announced date on. */
export const configurationDemands = (user: Pick<User, "roles">, settings: Pick<Settings, "secondFactor">): boolean => {
  const { rule, roles } = settings.secondFactor
  return rule === "required" && (roles.length === 0 || user.roles.some((role) => roles.includes(role)))
}

/** The rule that administrators added, where it counts: an installation that offers no second factor can't demand one. */
const addedIn = ({ secondFactor, added }: Rules): AddedRule | undefined =>
  secondFactor.rule === "off" ? undefined : added

/** Whether a second factor is demanded of the user at all. Without `whence`: unless an address exempts. */
export const secondFactorDemanded = (user: Bound, rules: Rules, whence?: Whence): boolean => {
  if (configurationDemands(user, rules)) return true
  const added = addedIn(rules)
  return added !== undefined && !isExempt(added, user, whence)
}

/** Until when a demanded enrolment can be put off; null: not at all. What administrators added can't be. */
export const postponableUntil = (user: Bound, rules: Rules, now: number, whence?: Whence): number | null => {
  const added = addedIn(rules)
  if (added && !isExempt(added, user, whence)) return null
  const { from } = rules.secondFactor
  return from !== undefined && now < from ? from : null
}

/** Whether nothing else may pass before this user has enrolled. */
export const enrolmentOwed = (user: Bound, standing: Standing, rules: Rules, now: number, whence?: Whence): boolean =>
  !standing.hasSecondFactor &&
  secondFactorDemanded(user, rules, whence) &&
  postponableUntil(user, rules, now, whence) === null

/** What follows a proved first factor. */
export const nextStep = (
  user: Bound,
  standing: Standing & { readonly deviceRemembered: boolean },
  rules: Rules,
  whence?: Whence,
): "complete" | "second_factor" | "enrolment" => {
  // An enrolled factor is asked for under every rule: switching the offer off must not open an account.
  if (standing.hasSecondFactor)
    return standing.deviceRemembered || skippedByAddress(user, rules, whence) ? "complete" : "second_factor"
  return secondFactorDemanded(user, rules, whence) ? "enrolment" : "complete"
}

/** Administrators named the address, and the configuration leaves it to them. */
const skippedByAddress = (user: Bound, rules: Rules, whence: Whence | undefined): boolean => {
  const added = addedIn(rules)
  return added !== undefined && !configurationDemands(user, rules) && isExempt(added, user, whence)
}

/**
 * Whether a factor may go when it is the last one that is on. Under an added rule only at that rule's own door, whose
 * wire replaces an app by taking the old one away first; what follows is an enrolment that is owed.
 */
export const mayDropLastFactor = (user: Bound, rules: Rules, door: string): boolean =>
  !secondFactorDemanded(user, rules) || (!configurationDemands(user, rules) && addedIn(rules)?.door === door)

/** Kinds whose proof never raises assurance under a profile (NIST SP 800-63B-4, 3.1.3.1: mail is not out-of-band). */
const weakKinds: Readonly<Record<Settings["profile"], readonly string[]>> = {
  default: [],
  "aspnet-identity": [],
  asvs: [],
  "nist-aal2": ["email-code"],
}

/** Whether policy lets a kind be enrolled under the profile. */
export const mayEnrol = (kind: string, settings: Pick<Settings, "profile" | "factors" | "secondFactor">): boolean =>
  settings.secondFactor.rule !== "off" && settings.factors.includes(kind) && !weakKinds[settings.profile].includes(kind)

/** Kinds that are a first step. `external`: the sign-in of an app that keeps its own users, which vouches for it. */
const firstKinds: ReadonlySet<string> = new Set(["password", "external"])

/**
 * The assurance that a set of proofs comes to: 2 for a first step with anything else, or for one authenticator that
 * verified its user (method `mfa`, RFC 8176); 1 for all the rest. NIST SP 800-63B-4, 2.2.1.
 */
export const assuranceOf = (
  methods: readonly Pick<Method, "method" | "kind">[],
  profile: Settings["profile"],
): 1 | 2 => {
  const strong = methods.filter(({ kind }) => !weakKinds[profile].includes(kind))
  if (strong.some(({ method }) => method === "mfa")) return 2
  const first = strong.some(({ kind }) => firstKinds.has(kind))
  const second = strong.some(({ kind }) => !firstKinds.has(kind))
  return first && second ? 2 : 1
}
