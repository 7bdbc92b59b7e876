import { isClientError } from "@countersign/client"
import type { CoreClient, Factor } from "@countersign/client"
import { MfaError, mfaCall, mfaRequired } from "./mfa-error.ts"
import { mfaStateOf } from "./mfa-state.ts"

export type MFADeviceType = "totp" | "passkey" | "email"

export type MFADevice = {
  readonly id?: string
  readonly type?: MFADeviceType
  readonly verified?: boolean
  readonly createdAt?: Date
  readonly verifiedAt?: Date | null
  readonly _default?: boolean
  readonly alias?: string
}

export type MfaRegistration = { readonly id: string; readonly secret: string; readonly uri: string }

export type MfaTokenRequest = {
  /** Resolves with a token that proves the second factor to the app's own server. */
  readonly createMfaToken?: { readonly singleUse?: boolean } | undefined
  /** The first that is one of the installation's actions is what the token is for; without one it is for no action. */
  readonly requestedScopes?: readonly string[] | undefined
}

export type Mfa = {
  readonly addDevice: (type?: MFADeviceType) => Promise<MfaRegistration>
  readonly authenticateDevice: (
    input: MfaTokenRequest & { code: string; type?: MFADeviceType; deviceId?: string },
  ) => Promise<string | undefined>
  readonly authenticateRecoveryCode: (input: MfaTokenRequest & { code: string }) => Promise<string | undefined>
  /** Confirmed devices; `includeUnverified` adds the ones that were begun here. */
  readonly getUserDevices: (options?: { includeUnverified?: boolean }) => Promise<MFADevice[]>
  /** Makes it the default device. */
  readonly updateUserDevice: (deviceId: string) => Promise<void>
  /** Needs a token from `authenticateDevice` or `authenticateRecoveryCode`; the last one made, where none is given. */
  readonly deleteUserDevice: (deviceId: string, mfaAuthToken?: string) => Promise<void>
  /** The codes while they are not acknowledged (made where there are none), nothing after that; `true`: new ones. */
  readonly getRecoveryCodes: (
    generateNewCodes?: boolean,
    options?: { whenAcknowledged?: "empty" | "throw" },
  ) => Promise<string[]>
  readonly getNewRecoveryCodes: () => Promise<string[]>
  readonly isPendingRecoveryCodesAcknowledgment: () => Promise<boolean>
  readonly completeAcknowledgement: () => Promise<void>
  /** @deprecated `authenticateDevice` */
  readonly authDevice: (code: string, type?: MFADeviceType, deviceId?: string) => Promise<boolean>
  /** @deprecated `authenticateRecoveryCode` */
  readonly authRecoveryCode: (code: string) => Promise<boolean>
  /** @deprecated `authenticateDevice` */
  readonly verifyDevice: (code: string, type?: MFADeviceType) => Promise<MFADevice>
}

export type KeptToken = {
  readonly token: string
  readonly singleUse: boolean
  readonly action: string | null
  readonly until: number
}
/** Kept in memory only, until it is taken or has run out. */
const tokens = new WeakMap<CoreClient, KeptToken>()

/** Takes the last token out of memory; one that may be used again stays. */
export function takeToken(client: CoreClient, action?: string | null): string | undefined {
  const kept = tokens.get(client)
  if (!kept || kept.until <= Date.now() || !client.current().session) return undefined
  if (kept.action !== null && action !== undefined && kept.action !== action) return undefined
  if (kept.singleUse) tokens.delete(client)
  return kept.token
}

const typeNames: Readonly<Record<string, MFADeviceType>> = { totp: "totp", passkey: "passkey", "email-code": "email" }

const deviceOf = (factor: Factor, defaultId: string | null): MFADevice => {
  const type = typeNames[factor.kind]
  return {
    id: factor.id,
    ...(type ? { type } : {}),
    verified: factor.state === "on",
    createdAt: new Date(factor.createdAt),
    verifiedAt: factor.confirmedAt === null ? null : new Date(factor.confirmedAt),
    _default: factor.id === defaultId,
    alias: factor.name,
  }
}

type Proof = { kind: string; answer: string; factorId?: string | undefined }

/** Mints a token, with a proof on the way where one is given, keeps it in memory, and hands it out. */
export async function mint(client: CoreClient, request: MfaTokenRequest, proof?: Proof): Promise<string> {
  const scopes = request.requestedScopes
  const actions = scopes && (await client.policy()).actions
  const { token, singleUse, action, expiresAt } = await client.mfaTokens.mint({
    singleUse: request.createMfaToken?.singleUse ?? true,
    action: scopes?.find((scope) => Object.hasOwn(actions ?? {}, scope)),
    proof,
  })
  tokens.set(client, { token, singleUse, action, until: Date.parse(expiresAt) })
  return token
}

/** Whether a token was asked for. */
export const wantsToken = ({ createMfaToken, requestedScopes }: MfaTokenRequest): boolean =>
  createMfaToken !== undefined || requestedScopes !== undefined

/** Proves a second factor where it is owed: in a sign-in, or to make the session fresh. */
async function prove(client: CoreClient, proof: Proof, request: MfaTokenRequest): Promise<string | undefined> {
  const wanted = wantsToken(request)
  const { challenge } = client.current()
  if (!challenge && wanted) return mint(client, request, proof)
  if (!challenge) await client.stepUp("second_factor")
  await client.challenge.answer(proof)
  return wanted ? mint(client, request) : undefined
}

const made = new WeakMap<CoreClient, Mfa>()

/** The calls of `useMfa`: one object, the same for everybody who shares the client. */
export function mfaOf(client: CoreClient): Mfa {
  const known = made.get(client)
  if (known) return known

  const onlyTotp = (type: MFADeviceType): void => {
    if (type !== "totp") throw client.refusal("kind_not_offered", 422)
  }
  /** Begun here and not confirmed yet. */
  let begun: Factor[] = []
  const confirm = async (code: string, factorId?: string): Promise<Factor> => {
    const { factor } = await client.factors.confirm({ kind: "totp", answer: code, factorId })
    begun = begun.filter(({ id }) => id !== factor.id)
    return factor
  }
  /** A device that was begun here is confirmed, also after a reload. False: there is none. */
  const confirmed = async (code: string, factorId: string | undefined): Promise<boolean> => {
    try {
      await confirm(code, factorId)
      return true
    } catch (error) {
      if (!isClientError(error, "enrolment_expired")) throw error
      return false
    }
  }
  const newCodes = async (): Promise<string[]> => [...(await client.recoveryCodes.replace()).codes]

  const mfa: Mfa = {
    addDevice: (type = "totp") =>
      mfaCall(async () => {
        onlyTotp(type)
        if (client.current().challenge?.purpose === "sign_in") throw mfaRequired()
        const policy = await client.policy()
        const has = client.current().user?.factorKinds.includes("totp")
        if (has && policy.maximumDevices === 1) throw client.refusal("already_enrolled", 409)
        const { factor, show } = await client.factors.begin({ kind: "totp" })
        if (!begun.some(({ id }) => id === factor.id)) begun = [...begun, factor]
        return { id: factor.id, secret: show.secret ?? "", uri: show.uri ?? "" }
      }),
    authenticateDevice: ({ code, type = "totp", deviceId, ...request }) =>
      mfaCall(async () => {
        onlyTotp(type)
        const { challenge, user } = client.current()
        const wanted = wantsToken(request)
        // With a device that is on, a token is asked of that one; otherwise what was begun here is confirmed.
        const mayConfirm = challenge
          ? challenge.purpose === "enrol"
          : !wanted || !user?.secondFactorEnabled || begun.some(({ id }) => id === deviceId)
        if (mayConfirm && (await confirmed(code, begun.find(({ id }) => id === deviceId)?.id)))
          return wanted ? mint(client, request) : undefined
        return prove(client, { kind: "totp", answer: code, factorId: deviceId }, request)
      }),
    authenticateRecoveryCode: ({ code, ...request }) =>
      mfaCall(() => prove(client, { kind: "recovery-code", answer: code }, request)),
    getUserDevices: ({ includeUnverified = false } = {}) =>
      mfaCall(async () => {
        const { challenge, user } = client.current()
        const listed = challenge
          ? challenge.purpose === "sign_in"
            ? challenge.kinds.filter(({ kind }) => Object.hasOwn(typeNames, kind)).flatMap(({ factors }) => factors)
            : []
          : (await client.factors.list({ pending: includeUnverified })).factors
        return listed
          .filter(({ state }) => state !== "off")
          .map((factor) => deviceOf(factor, user?.defaultFactorId ?? null))
      }),
    updateUserDevice: (deviceId) =>
      mfaCall(async () => {
        await client.factors.update(deviceId, { default: true })
      }),
    deleteUserDevice: (deviceId, mfaAuthToken = takeToken(client, null)) =>
      mfaCall(async () => {
        if (!mfaAuthToken)
          throw new MfaError("mfa_token_required", 403, "Confirm with a device or a recovery code first.")
        if (tokens.get(client)?.token === mfaAuthToken) tokens.delete(client)
        await client.factors.remove(deviceId, { mfaToken: mfaAuthToken, reverify: false })
      }),
    getRecoveryCodes: (generateNewCodes = false, { whenAcknowledged = "empty" } = {}) =>
      mfaCall(async () => {
        if (generateNewCodes) return newCodes()
        const has = client.current().user?.recoveryCodes
        if (!has) {
          const { recoveryCodes } = await client.policy()
          return recoveryCodes ? newCodes() : []
        }
        if (has.acknowledged) {
          if (whenAcknowledged === "throw")
            throw new MfaError("mfa_codes_acknowledged", 409, "These codes were shown. Make new ones if you lost them.")
          return []
        }
        try {
          return [...(await client.recoveryCodes.copy()).codes]
        } catch (error) {
          if (!isClientError(error, "not_found")) throw error
          return newCodes()
        }
      }),
    getNewRecoveryCodes: () => mfaCall(newCodes),
    isPendingRecoveryCodesAcknowledgment: async () =>
      mfaStateOf(client, client.current()).userWithMissingInfo?.mfaBackupCodeAcknowledgement === "pending",
    completeAcknowledgement: () =>
      mfaCall(async () => {
        // Pages don't wait for it: one lost answer must not show the codes again at the next start.
        await client.recoveryCodes.acknowledge().catch(async (error: unknown) => {
          if (!isClientError(error, "network_error")) throw error
          await client.recoveryCodes.acknowledge()
        })
      }),
    authDevice: async (code, type = "totp", deviceId) => {
      await mfa.authenticateDevice({ code, type, ...(deviceId === undefined ? {} : { deviceId }) })
      return true
    },
    authRecoveryCode: async (code) => {
      await mfa.authenticateRecoveryCode({ code })
      return true
    },
    verifyDevice: (code, type = "totp") =>
      mfaCall(async () => {
        onlyTotp(type)
        const factor = await confirm(code)
        return deviceOf(factor, client.current().user?.defaultFactorId ?? null)
      }),
  }
  made.set(client, mfa)
  return mfa
}
