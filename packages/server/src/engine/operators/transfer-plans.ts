/** The writes that make a user of a record, or make one again what the record says. */
import { any, sql, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { freeName } from "../factors/factor-name.ts"
import {
  dropAllPending,
  handleOfOnlyPending,
  insertFactor,
  readConfirmed,
  removeFactor,
  type StoredFactor,
} from "../factors/records.ts"
import { hashCodes } from "../recovery-codes/codes.ts"
import { dropSet, insertSet } from "../recovery-codes/records.ts"
import { planStampChange } from "../sessions/sessions.ts"
import { passwordTally } from "../sign-in/lockout.ts"
import { mintToken, newId } from "../tokens.ts"
import { insertUser, revise, type StoredUser } from "../users/records.ts"
import type { AcceptedUser } from "./transfer-record.ts"

const kind = "totp"
/** Before the first step that can ever match. */
const noStep = -1

export async function planNewUser(ctx: Context, accepted: AcceptedUser): Promise<{ userId: string; writes: Write[] }> {
  const now = ctx.now()
  const { address, externalId, passwordHash, firstName, lastName, roles, locale, disabled } = accepted
  const user: StoredUser = {
    externalId,
    passwordHash,
    firstName,
    lastName,
    roles,
    locale,
    id: newId(ctx),
    email: address?.email ?? null,
    emailKey: address?.emailKey ?? null,
    emailConfirmed: accepted.emailConfirmed,
    hasPassword: passwordHash !== null,
    disabled: false,
    revision: 1,
    createdAt: now,
    passwordChangedAt: passwordHash === null ? null : now,
    defaultFactorId: null,
    securityStamp: mintToken(ctx, "").token,
  }
  const factors = factorsOf(ctx, user.id, accepted)
  const defaultFactorId = defaultAmong(factors)
  const rest = disabled || defaultFactorId !== null
  return {
    userId: user.id,
    writes: [
      insertUser({ ...user, emailConfirmedAt: accepted.emailConfirmed ? now : null }),
      ...(rest ? [revise(user, { disabledAt: disabled ? now : null, defaultFactorId })] : []),
      ...(await Promise.all(factors.map((factor) => insertFactor(ctx, factor)))),
      ...(await codeWrites(ctx, user.id, accepted)),
      ...lockWrites(ctx, accepted),
    ],
  }
}

/**
 * The user becomes what the record says now. Only for users that nobody has used here yet: there is nothing of their
 * own that it could take away.
 */
export async function planUpdatedUser(
  ctx: Context,
  user: StoredUser,
  accepted: AcceptedUser,
): Promise<{ userId: string; writes: Write[] }> {
  const now = ctx.now()
  const { address, externalId, passwordHash, firstName, lastName, roles, locale, disabled } = accepted
  const { stamp, writes: ending } = planStampChange(ctx, user)
  const before = await readConfirmed(ctx, user.id)
  const factors = factorsOf(ctx, user.id, accepted)
  const kept = passwordHash === user.passwordHash
  return {
    userId: user.id,
    writes: [
      revise(user, {
        stamp,
        externalId,
        passwordHash,
        firstName,
        lastName,
        roles,
        locale,
        email: address,
        emailConfirmedAt: accepted.emailConfirmed ? now : null,
        ...(!kept && { passwordChangedAt: passwordHash === null ? null : now }),
        disabledAt: disabled ? now : null,
        defaultFactorId: defaultAmong(factors),
      }),
      ...ending,
      ...before.map((factor) => removeFactor(factor, now)),
      dropAllPending(user.id, kind),
      ...(await Promise.all(factors.map((factor) => insertFactor(ctx, factor)))),
      ...dropSet(user.id),
      ...(await codeWrites(ctx, user.id, accepted)),
    ],
  }
}

/** Keys that were confirmed count at once. One that was not is the user's one pending key, shown again until it is used. */
function factorsOf(ctx: Context, userId: string, { authenticators }: AcceptedUser): StoredFactor[] {
  const now = ctx.now()
  const names: string[] = []
  return authenticators.map(({ data, confirmed }) => {
    const name = freeName("Authenticator app", names)
    names.push(name)
    return {
      id: newId(ctx),
      userId,
      kind,
      name,
      data,
      counter: noStep,
      state: confirmed ? "on" : "pending",
      handle: confirmed ? null : handleOfOnlyPending(kind, userId),
      holder: null,
      createdAt: now,
      confirmedAt: confirmed ? now : null,
      lastUsedAt: null,
      expiresAt: null,
    }
  })
}

const defaultAmong = (factors: readonly StoredFactor[]): string | null =>
  factors.find(({ state }) => state === "on")?.id ?? null

async function codeWrites(ctx: Context, userId: string, { recoveryCodes }: AcceptedUser): Promise<Write[]> {
  if (recoveryCodes.length === 0) return []
  return insertSet(ctx, { userId, hashes: await hashCodes(ctx, userId, recoveryCodes) })
}

/** A lock goes on for as long as it would have lasted, and failures that were counted stay counted. */
function lockWrites(ctx: Context, { address, lockedUntil, failedSignIns }: AcceptedUser): Write[] {
  if (address === null || (lockedUntil === null && failedSignIns === 0)) return []
  const { subject, class: of } = passwordTally(ctx, address.emailKey)
  const waits = lockedUntil === null ? 0 : 1
  return [
    any(sql`
      insert into failures (subject, class, count, total, waits, blocked_until, last_at)
      values (${subject}, ${of}, ${failedSignIns}, ${failedSignIns}, ${waits}, ${lockedUntil ?? 0}, ${ctx.now()})
      on conflict (subject, class) do nothing`),
  ]
}
