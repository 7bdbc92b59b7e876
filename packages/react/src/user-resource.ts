import { createInFlight, isClientError } from "@countersign/client"
import type { CoreClient, Factor, InFlight, State, User } from "@countersign/client"
import { refuse, resourceCall } from "./api-errors.ts"

export type TOTPResource = {
  readonly id: string
  /** Base32; only in the answer of `createTOTP`. */
  readonly secret?: string
  /** `otpauth://totp/…`; only in the answer of `createTOTP`. */
  readonly uri?: string
  readonly verified: boolean
  /** In the answer of `verifyTOTP`, where it made the first set. */
  readonly backupCodes?: string[]
  readonly createdAt: Date | null
  readonly updatedAt: Date | null
}

export type BackupCodeResource = {
  readonly id: string
  readonly codes: string[]
  readonly createdAt: Date | null
  readonly updatedAt: Date | null
}

export type DeletedObjectResource = {
  readonly object: string
  readonly id?: string
  readonly slug?: string
  readonly deleted: boolean
}

export type EmailAddressResource = {
  readonly id: string
  readonly emailAddress: string
  readonly verification: { readonly status: "verified" | "unverified" }
}

export type UserResource = {
  readonly id: string
  readonly externalId: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly fullName: string | null
  readonly primaryEmailAddress: EmailAddressResource | null
  readonly primaryEmailAddressId: string | null
  readonly emailAddresses: readonly EmailAddressResource[]
  readonly phoneNumbers: readonly never[]
  readonly passkeys: readonly never[]
  readonly passwordEnabled: boolean
  readonly totpEnabled: boolean
  readonly backupCodeEnabled: boolean
  readonly twoFactorEnabled: boolean
  /** How many backup codes are left. */
  readonly backupCodesRemaining: number
  readonly createdAt: Date | null
  /** Begins an authenticator app: a new secret each time. With `multiple` also beside one that is on. */
  readonly createTOTP: (options?: { multiple?: boolean }) => Promise<TOTPResource>
  readonly verifyTOTP: (input: { code: string }) => Promise<TOTPResource>
  /** Removes all authenticator apps. */
  readonly disableTOTP: () => Promise<DeletedObjectResource>
  /** A new set of backup codes; the old ones are dead. */
  readonly createBackupCode: () => Promise<BackupCodeResource>
  readonly reload: () => Promise<UserResource>
  readonly update: (change: { firstName?: string | null; lastName?: string | null }) => Promise<UserResource>
}

type PerClient = { readonly inFlight: InFlight; readonly known: WeakMap<object, UserResource> }
const clients = new WeakMap<CoreClient, PerClient>()

function perClient(client: CoreClient): PerClient {
  const found = clients.get(client) ?? { inFlight: createInFlight(), known: new WeakMap<object, UserResource>() }
  clients.set(client, found)
  return found
}

const dateOf = (text: string | null | undefined): Date | null => (text ? new Date(text) : null)

const totpOf = (factor: Factor, more: Pick<TOTPResource, "secret" | "uri" | "backupCodes">): TOTPResource => ({
  id: factor.id,
  ...more,
  verified: factor.state === "on",
  createdAt: dateOf(factor.createdAt),
  updatedAt: dateOf(factor.confirmedAt ?? factor.createdAt),
})

type Methods = Pick<
  UserResource,
  "createTOTP" | "verifyTOTP" | "disableTOTP" | "createBackupCode" | "reload" | "update"
>

function methodsOf(client: CoreClient): Methods {
  const { inFlight } = perClient(client)
  const hasTOTP = (): boolean => client.current().user?.factorKinds.includes("totp") ?? false
  const again = (): UserResource => {
    const user = userResourceOf(client, client.current())
    if (!user) throw client.refusal("unauthenticated", 401)
    return user
  }
  // Whether a call asks for a fresh proof by itself is decided when it is made, not after its first wait.
  const shared = <T>(name: string, run: (asking: { reverify?: false }) => Promise<T>): Promise<T> => {
    const asks = client.reverification.asks()
    return inFlight.share(`${name} ${asks}`, () => run(asks ? {} : { reverify: false }))
  }

  return {
    createTOTP: ({ multiple = false } = {}) =>
      shared(`createTOTP ${multiple}`, (asking) =>
        resourceCall(async () => {
          if (hasTOTP() && !multiple) throw client.refusal("already_enrolled", 409)
          const { factor, show } = await client.factors.begin({ kind: "totp" }, asking)
          const { secret, uri } = show
          return totpOf(factor, { ...(secret === undefined ? {} : { secret }), ...(uri === undefined ? {} : { uri }) })
        }),
      ),
    verifyTOTP: ({ code }) =>
      shared(`verifyTOTP ${code}`, (asking) =>
        resourceCall(
          async () => {
            if (code.trim() === "") throw refuse(422, "form_param_nil", "Enter the code.", "code")
            const { factor, recoveryCodes } = await client.factors.confirm({ kind: "totp", answer: code }, asking)
            if (!recoveryCodes) return totpOf(factor, {})
            await client.recoveryCodes.acknowledge().catch(() => undefined)
            return totpOf(factor, { backupCodes: [...recoveryCodes] })
          },
          { param: "code", enrolling: true },
        ),
      ),
    disableTOTP: () =>
      shared("disableTOTP", (asking) =>
        resourceCall(async () => {
          const { factors } = await client.factors.list()
          const apps = factors.filter(({ kind, state }) => kind === "totp" && state !== "pending")
          for (const { id } of apps) {
            await client.factors.remove(id, asking).catch((error: unknown) => {
              // Another tab was faster: what was wanted is so.
              if (!isClientError(error, "not_found")) throw error
            })
          }
          return { object: "totp", ...(apps[0] ? { id: apps[0].id } : {}), deleted: true }
        }),
      ),
    createBackupCode: () =>
      shared("createBackupCode", (asking) =>
        resourceCall(
          async () => {
            const { codes } = await client.recoveryCodes.replace(asking)
            // Shown by this page and never again; if this fails, the server's copy ends by itself.
            await client.recoveryCodes.acknowledge().catch(() => undefined)
            const made = dateOf(client.current().user?.recoveryCodes?.createdAt)
            return { id: `backup_codes_${made?.getTime() ?? 0}`, codes: [...codes], createdAt: made, updatedAt: made }
          },
          { means: { forbidden: noOtherFactor, kind_not_offered: noOtherFactor, enrolment_required: noOtherFactor } },
        ),
      ),
    reload: () =>
      resourceCall(async () => {
        await client.reload()
        return again()
      }),
    update: (change) =>
      resourceCall(async () => {
        await client.me.update(change)
        return again()
      }),
  }
}

const noOtherFactor = [403, "backup_codes_not_available_code"] as const

const nothingYet = {
  externalId: null,
  emailConfirmed: true,
  firstName: null,
  lastName: null,
  hasPassword: true,
  secondFactorEnabled: false,
  factorKinds: [],
  recoveryCodes: null,
  createdAt: null,
} as const

function makeUser(client: CoreClient, user: User | (typeof nothingYet & Pick<User, "id" | "email">)): UserResource {
  const { id, email, externalId, firstName, lastName } = user
  const status = user.emailConfirmed ? "verified" : "unverified"
  const address = email === null ? null : { id: `email_${id}`, emailAddress: email, verification: { status } as const }
  return {
    id,
    externalId,
    firstName,
    lastName,
    fullName: [firstName, lastName].filter(Boolean).join(" ") || null,
    primaryEmailAddress: address,
    primaryEmailAddressId: address?.id ?? null,
    emailAddresses: address ? [address] : [],
    phoneNumbers: [],
    passkeys: [],
    passwordEnabled: user.hasPassword,
    totpEnabled: (user.factorKinds as readonly string[]).includes("totp"),
    backupCodeEnabled: user.recoveryCodes !== null,
    twoFactorEnabled: user.secondFactorEnabled,
    backupCodesRemaining: user.recoveryCodes?.left ?? 0,
    createdAt: dateOf(user.createdAt),
    ...methodsOf(client),
  }
}

/**
 * The user as pages hold them: the same object for everybody until the user's revision grows. Somebody who owes an
 * enrolment is there too, with what is known of them.
 */
export function userResourceOf(client: CoreClient, state: State): UserResource | null {
  const enrolling = state.challenge?.purpose === "enrol" ? state.challenge.user : undefined
  const source = state.user ?? enrolling
  if (!source) return null
  const { known } = perClient(client)
  const found =
    known.get(source) ?? makeUser(client, state.user ?? { ...nothingYet, id: source.id, email: source.email })
  known.set(source, found)
  return found
}
