import type { z } from "zod"
import type {
  Activity,
  ApiKey,
  ChallengeView,
  Confirmed,
  Begun,
  PublicFactor,
  Session,
  User,
} from "../../engine/engine.ts"
import { acrOf } from "./errors.ts"
import type * as schemas from "./schemas.ts"

/** The engine's facts in this wire's form: times as ISO 8601 text, and nothing that the schema doesn't name. */

type Wire<S extends keyof typeof schemas> = z.output<(typeof schemas)[S]>

const instant = (at: number): string => new Date(at).toISOString()
const instantOrNull = (at: number | null): string | null => (at === null ? null : instant(at))

type RecoveryCodesStatus = { left: number; total: number; createdAt: number | null; acknowledged: boolean }

export const recoveryCodesView = (status: RecoveryCodesStatus): Wire<"recoveryCodesStatus"> => ({
  left: status.left,
  total: status.total,
  createdAt: instantOrNull(status.createdAt),
  acknowledged: status.acknowledged,
})

const userFacts = (user: User) => ({
  id: user.id,
  email: user.email,
  emailConfirmed: user.emailConfirmed,
  externalId: user.externalId,
  firstName: user.firstName,
  lastName: user.lastName,
  roles: [...user.roles],
  locale: user.locale,
  hasPassword: user.hasPassword,
  revision: user.revision,
  createdAt: instant(user.createdAt),
  defaultFactorId: user.defaultFactorId,
})

/** What a user is shown of themselves. */
export const userView = (
  user: User,
  owns: { factors: readonly PublicFactor[]; codes: RecoveryCodesStatus },
): Wire<"user"> => {
  const kinds = owns.factors.filter(({ state }) => state === "on").map(({ kind }) => kind)
  return {
    ...userFacts(user),
    secondFactorEnabled: kinds.length > 0,
    factorKinds: [...new Set(kinds)],
    recoveryCodes: owns.codes.total === 0 ? null : recoveryCodesView(owns.codes),
  }
}

export const userRecordView = (user: User): Wire<"userRecord"> => ({ ...userFacts(user), disabled: user.disabled })

export const sessionView = (
  session: Session & { current?: boolean },
  [first, second]: readonly [number, number],
): Wire<"session"> => ({
  id: session.id,
  aal: session.aal === 2 ? "aal2" : "aal1",
  amr: [...new Set([...session.methods.map(({ method }) => method), ...(session.aal === 2 ? ["mfa"] : [])])],
  acr: acrOf(session.aal === 2 ? "second_factor" : "first_factor"),
  authTime: instant(session.authenticatedAt),
  firstFactorAt: instantOrNull(session.firstFactorAt),
  secondFactorAt: instantOrNull(session.secondFactorAt),
  factorAges: [first, second],
  createdAt: instant(session.createdAt),
  expiresAt: instant(session.expiresAt),
  lastUsedAt: instant(session.lastUsedAt),
  deviceRemembered: session.deviceRemembered,
  agent: session.agent,
  address: session.address,
  ...(session.current === undefined ? {} : { current: session.current }),
})

export const factorView = (factor: PublicFactor): Wire<"factor"> => ({
  id: factor.id,
  kind: factor.kind,
  name: factor.name,
  state: factor.state,
  createdAt: instant(factor.createdAt),
  confirmedAt: instantOrNull(factor.confirmedAt),
  lastUsedAt: instantOrNull(factor.lastUsedAt),
  ...(factor.hint === undefined ? {} : { hint: factor.hint }),
})

export const challengeView = (challenge: ChallengeView, user: Pick<User, "id" | "email">): Wire<"challenge"> => ({
  id: challenge.id,
  purpose: challenge.purpose,
  user: { id: user.id, email: user.email },
  kinds: challenge.kinds.map(({ kind, factors, sentAt }) => ({
    kind,
    factors: factors.map(factorView),
    ...(sentAt === undefined ? {} : { sentAt: instant(sentAt) }),
  })),
  level: challenge.level,
  attemptsLeft: challenge.attemptsLeft,
  expiresAt: instant(challenge.expiresAt),
  returnTo: challenge.returnTo,
  postponableUntil: instantOrNull(challenge.postponableUntil),
})

export const begunView = (begun: Begun): Wire<"begun"> => ({
  factor: factorView(begun.factor),
  show: { ...begun.show },
  expiresAt: instantOrNull(begun.expiresAt),
})

export const confirmedView = (confirmed: Confirmed): Wire<"confirmed"> => ({
  factor: factorView(confirmed.factor),
  ...(confirmed.recoveryCodes ? { recoveryCodes: [...confirmed.recoveryCodes] } : {}),
})

export const apiKeyView = (key: ApiKey): Wire<"apiKey"> => ({
  id: key.id,
  name: key.name,
  postfix: key.postfix,
  userId: key.userId,
  service: key.service,
  scopes: [...key.scopes],
  createdAt: instant(key.createdAt),
  expiresAt: instantOrNull(key.expiresAt),
  lastUsedAt: instantOrNull(key.lastUsedAt),
})

export const activityView = (entry: Activity): Wire<"activity"> => ({
  id: entry.id,
  at: instant(entry.at),
  userId: entry.userId,
  event: entry.event,
  outcome: entry.outcome,
  door: entry.door,
  address: entry.address,
  agent: entry.agent,
  detail: { ...entry.detail },
})

type Device = {
  id: string
  agent: string | null
  address: string | null
  createdAt: number
  lastUsedAt: number
  expiresAt: number
  current: boolean
}

export const rememberedDeviceView = (device: Device): Wire<"rememberedDevice"> => ({
  id: device.id,
  agent: device.agent,
  address: device.address,
  createdAt: instant(device.createdAt),
  lastUsedAt: instant(device.lastUsedAt),
  expiresAt: instant(device.expiresAt),
  current: device.current,
})
