import type { CoreClient, State } from "@countersign/client"

/** Whether the newest recovery codes were saved; null: there are none. */
export type Acknowledgement = "pending" | "complete" | null

/** The user as pages for devices and codes know one. */
export type UserProfile = {
  readonly userId: string
  readonly email: string | undefined
  readonly firstName: string | undefined
  readonly lastName: string | undefined
  /** Words with blanks between; `requiresAdditionalAuth` while a second factor or an enrolment is owed. */
  readonly scope: string | undefined
  readonly mfaBackupCodeAcknowledgement: Acknowledgement
  readonly recoveryCodesRemaining: number
}

export type MfaState = {
  readonly sdkHasLoaded: boolean
  /** Set as soon as somebody has given the first factor. */
  readonly userWithMissingInfo: UserProfile | undefined
  /** Set once nothing is owed, and from then on until signing out. */
  readonly user: UserProfile | undefined
}

function profileOf({ session, user, challenge, tasks }: State): UserProfile | undefined {
  const owes = challenge !== null || (session !== null && tasks.length > 0)
  const scope = owes ? "requiresAdditionalAuth" : undefined
  if (user) {
    const { recoveryCodes } = user
    return {
      userId: user.id,
      email: user.email ?? undefined,
      firstName: user.firstName ?? undefined,
      lastName: user.lastName ?? undefined,
      scope,
      mfaBackupCodeAcknowledgement: recoveryCodes && (recoveryCodes.acknowledged ? "complete" : "pending"),
      recoveryCodesRemaining: recoveryCodes?.left ?? 0,
    }
  }
  if (!challenge) return undefined
  const { id, email } = challenge.user
  const unknown = { firstName: undefined, lastName: undefined, mfaBackupCodeAcknowledgement: null }
  return { userId: id, email: email ?? undefined, ...unknown, scope, recoveryCodesRemaining: 0 }
}

/** Whether something is owed before the app may go on. */
export const isPending = (profile: UserProfile | undefined): boolean =>
  profile !== undefined && (profile.scope !== undefined || profile.mfaBackupCodeAcknowledgement === "pending")

type Latch = { userId: string | undefined; of: State | undefined; result: MfaState | undefined }
const latches = new WeakMap<CoreClient, Latch>()

/** One object for one state. Who was signed in with nothing owed stays so until signing out. */
export function mfaStateOf(client: CoreClient, state: State): MfaState {
  const latch = latches.get(client) ?? { userId: undefined, of: undefined, result: undefined }
  latches.set(client, latch)
  if (latch.of === state && latch.result) return latch.result
  const profile = profileOf(state)
  if (!state.session || latch.userId !== profile?.userId) latch.userId = undefined
  if (state.session && profile && !isPending(profile)) latch.userId = profile.userId
  latch.of = state
  latch.result = {
    sdkHasLoaded: state.loaded,
    userWithMissingInfo: profile,
    user: profile && latch.userId === profile.userId ? profile : undefined,
  }
  return latch.result
}
