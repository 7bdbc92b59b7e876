import { useCallback } from "react"
import { useClientState, useCountersign } from "./context.ts"
import { mfaOf, mint, takeToken, wantsToken } from "./mfa.ts"
import type { MFADevice, MfaTokenRequest } from "./mfa.ts"
import { MfaError, mfaCall } from "./mfa-error.ts"

/** Whether an action needs a proof: listed, and either demanded of everybody or the user has a device. */
export function useIsMfaRequiredForAction(): (input: { mfaAction: string }) => Promise<boolean> {
  const client = useCountersign()
  return useCallback(
    ({ mfaAction }) =>
      mfaCall(async () => {
        const { actions, secondFactor } = await client.policy()
        if (!Object.hasOwn(actions, mfaAction)) return false
        return secondFactor === "required" || (client.current().user?.secondFactorEnabled ?? false)
      }),
    [client],
  )
}

/** Takes the token that was made last. Throws `mfa_token_required` where the action needs one and there is none. */
export function useGetMfaToken(): (input?: { mfaAction?: string }) => Promise<string | undefined> {
  const client = useCountersign()
  const isRequired = useIsMfaRequiredForAction()
  return useCallback(
    async ({ mfaAction } = {}) => {
      const token = takeToken(client, mfaAction)
      if (token === undefined && mfaAction !== undefined && (await isRequired({ mfaAction })))
        throw new MfaError("mfa_token_required", 403, "Confirm with a device or a recovery code first.")
      return token
    },
    [client, isRequired],
  )
}

export type MfaMethods = {
  readonly devices: readonly MFADevice[]
  readonly passkeys: readonly MFADevice[]
  readonly userHasVerifiedMfaMethods: boolean
}

/** What the user could confirm with. */
export function useGetUserMfaMethods(): () => Promise<MfaMethods> {
  const client = useCountersign()
  return useCallback(async () => {
    const all = await mfaOf(client).getUserDevices()
    const devices = all.filter(({ type }) => type !== "passkey")
    const passkeys = all.filter(({ type }) => type === "passkey")
    return { devices, passkeys, userHasVerifiedMfaMethods: all.length > 0 }
  }, [client])
}

/** Opens the step-up dialog, and resolves with a token where one is asked for. */
export function usePromptMfaAuth(): (request?: MfaTokenRequest) => Promise<string | undefined> {
  const client = useCountersign()
  return useCallback(
    (request = {}) =>
      mfaCall(async () => {
        await client.reverification.require("second_factor")
        return wantsToken(request) ? mint(client, request) : undefined
      }),
    [client],
  )
}

/** Whether the user has a second factor that is on. */
export const useIsMfaEnabled = (): boolean => useClientState("useIsMfaEnabled").user?.secondFactorEnabled ?? false
