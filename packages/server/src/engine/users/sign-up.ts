/** New users: by themselves, or by an operator or a service. */
import { sql } from "../../store/database.ts"
import { auditWrite, plainAgent } from "../audit/audit.ts"
import type { Context, Plan, Source } from "../context.ts"
import type { Engine, User } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { mailWrite } from "../outbox.ts"
import { mintToken, newId } from "../tokens.ts"
import { readAddress, type Address } from "./addresses.ts"
import { checkLinkTarget, linkWrites } from "./links.ts"
import { hasMailEnough } from "./mail-limit.ts"
import { acceptPassword } from "./new-password.ts"
import { hashPassword, verifyPassword } from "./passwords.ts"
import { readExternalId, readLocale, readName, readRoles } from "./profile-fields.ts"
import { commitGuarded, insertUser, publicUser, readUser, type StoredUser } from "./records.ts"
import { demandAdministrator } from "./administrator.ts"

type SignUp = Engine["users"]["signUp"]

/**
 * Signs a user up. Whether the address is new, waits for its confirmation or is taken: the work and the answer are
 * the same, and only the mailbox's owner learns which it was (ASVS 6.3.8).
 *
 * An account whose address was never confirmed keeps nobody out: each registration has a link of its own, and the one
 * that is opened from the mailbox decides whose password holds.
 */
export const signUpOf =
  (ctx: Context): SignUp =>
  async (input, source) => {
    const address = readAddress(input.email)
    const profile = {
      firstName: readName(input.firstName, "firstName"),
      lastName: readName(input.lastName, "lastName"),
      locale: readLocale(input.locale),
    }
    const roles = readRoles(ctx.settings.signUpRoles[source.door] ?? [])
    checkLinkTarget(ctx, input.linkFor)
    const password = acceptPassword(ctx, input.password, { ...profile, email: address.email, roles })
    const passwordHash = await hashPassword(ctx, password)

    const created = await commitGuarded(ctx, async (): Promise<Plan<User | null>> => {
      const existing = await readUser(ctx, { email: address.email })
      if (existing && input.tellTaken) throw new CountersignError("address_taken", { field: "email" })
      const open = await isOpenToOwner(ctx, existing)
      const known = await verifyPassword(ctx, open ? existing : undefined, password)
      if (!existing) {
        const user = newUser(ctx, { ...address, ...profile, roles, passwordHash })
        const link = await linkWrites(ctx, {
          purpose: "confirm",
          user,
          to: address.email,
          linkFor: input.linkFor,
          source,
        })
        return {
          writes: [
            insertUser({ ...user, emailConfirmedAt: null }),
            ...link,
            auditWrite(ctx, { userId: user.id, event: "user.signed_up", outcome: "success", source }),
          ],
          result: publicUser(user),
        }
      }
      const again = auditWrite(ctx, {
        userId: existing.id,
        event: "user.signed_up_again",
        outcome: open ? "success" : "failure",
        source,
      })
      if (await hasMailEnough(ctx, existing.id, "user.signed_up_again")) return { writes: [again], result: null }
      if (!open) return { writes: [await tellOwner(ctx, existing, source), again], result: null }
      const link = await linkWrites(ctx, {
        purpose: "confirm",
        user: { ...existing, locale: profile.locale ?? existing.locale },
        to: address.email,
        linkFor: input.linkFor,
        source,
        data: known ? {} : { registration: { ...profile, passwordHash } },
      })
      return { writes: [...link, again], result: null }
    })
    ctx.mailIsWaiting()
    return { created }
  }

/** The owner of a taken address hears of it, and nobody else. */
const tellOwner = (ctx: Context, owner: StoredUser, source: Source) =>
  mailWrite(ctx, {
    template: "address-taken",
    to: owner.email ?? "",
    locale: owner.locale ?? ctx.settings.locale,
    facts: {
      link: `${ctx.settings.publicUrl}/account`,
      at: ctx.now(),
      agent: plainAgent(source.agent),
      address: source.address ?? null,
    },
  })

/** Whether an account was never anybody's: unconfirmed where that is demanded, and never used. */
async function isOpenToOwner(ctx: Context, user: StoredUser | undefined): Promise<boolean> {
  const id = user?.id ?? ""
  const used = await ctx.database.query(sql`
    select 1 as used from sessions where user_id = ${id}
    union all select 1 as used from factors where user_id = ${id}
    union all select 1 as used from api_keys where user_id = ${id} limit 1`)
  return (
    user !== undefined &&
    ctx.settings.confirmEmail === "required" &&
    !user.emailConfirmed &&
    !user.disabled &&
    user.externalId === null &&
    used.length === 0
  )
}

/** A user by an operator or a service (`users:write`); with an address, an app's own id, or both. */
export const createUserOf =
  (ctx: Context): Engine["users"]["create"] =>
  async ({ actor, source }, input) => {
    demandAdministrator(actor, "users:write")
    const address = input.email === undefined ? undefined : readAddress(input.email)
    const externalId = readExternalId(input.externalId)
    if (address === undefined && externalId === null) throw new CountersignError("input_invalid", { field: "email" })
    const profile = {
      firstName: readName(input.firstName, "firstName"),
      lastName: readName(input.lastName, "lastName"),
      locale: readLocale(input.locale),
      roles: readRoles(input.roles ?? []),
    }
    const passwordHash =
      input.password === undefined
        ? null
        : await hashPassword(ctx, acceptPassword(ctx, input.password, { ...profile, email: address?.email }))

    return commitGuarded(ctx, async () => {
      if (address && (await readUser(ctx, { email: address.email })))
        throw new CountersignError("address_taken", { field: "email" })
      if (externalId !== null && (await readUser(ctx, { externalId })))
        throw new CountersignError("conflict", { field: "externalId" })
      const none = { email: null, emailKey: null }
      const confirmed = address !== undefined && input.emailConfirmed === true
      const user = newUser(ctx, {
        ...(address ?? none),
        ...profile,
        externalId,
        passwordHash,
        emailConfirmed: confirmed,
      })
      return {
        writes: [
          insertUser({ ...user, emailConfirmedAt: confirmed ? user.createdAt : null }),
          auditWrite(ctx, {
            userId: user.id,
            event: "user.created",
            outcome: "success",
            source,
            detail: { by: actor.type },
          }),
        ],
        result: publicUser(user),
      }
    })
  }

type NewUser = (Address | { email: null; emailKey: null }) &
  Pick<StoredUser, "firstName" | "lastName" | "locale" | "roles" | "passwordHash"> &
  Partial<Pick<StoredUser, "externalId" | "emailConfirmed">>

function newUser(ctx: Context, given: NewUser): StoredUser {
  const createdAt = ctx.now()
  return {
    externalId: null,
    emailConfirmed: false,
    ...given,
    id: newId(ctx),
    hasPassword: given.passwordHash !== null,
    disabled: false,
    revision: 1,
    createdAt,
    passwordChangedAt: given.passwordHash === null ? null : createdAt,
    defaultFactorId: null,
    securityStamp: mintToken(ctx, "").token,
  }
}
