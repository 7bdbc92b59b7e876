import type { CoreClient, Factor, RecoveryCodesStatus } from "@countersign/client"
import { useEffect, useState } from "react"
import { useClientState, useProvided } from "./context.ts"

type Listed = { readonly factors: readonly Factor[]; readonly offered: readonly string[] }

export type UseFactorsReturn = CoreClient["factors"] & {
  /** Undefined until they are known; read anew whenever the user changes. */
  readonly factors: readonly Factor[] | undefined
  /** Kinds that could be added now. */
  readonly offered: readonly string[]
  /** Why they could not be read. */
  readonly error: unknown
}

const none: Listed = { factors: [], offered: [] }

/** The signed-in user's authenticators, and what can be done with them. */
export function useFactors(): UseFactorsReturn {
  const { client } = useProvided("useFactors")
  const { user } = useClientState("useFactors")
  const [read, setRead] = useState<{ of: unknown; listed?: Listed; error?: unknown }>()
  useEffect(() => {
    if (!user) return undefined
    let wanted = true
    client.factors.list().then(
      (listed) => wanted && setRead({ of: user, listed }),
      (error: unknown) => wanted && setRead({ of: user, error }),
    )
    return () => {
      wanted = false
    }
  }, [client, user])
  // The list of another user is nobody's business; an older one of the same is better than a flicker.
  const same = user !== null && (read?.of as { id?: string } | undefined)?.id === user.id
  const { factors, offered } = (same && read?.listed) || none
  return {
    ...client.factors,
    factors: same && read?.listed ? factors : undefined,
    offered,
    error: same ? read?.error : undefined,
  }
}

export type UseRecoveryCodesReturn = CoreClient["recoveryCodes"] & {
  /** Null: there are none; undefined: not known yet. */
  readonly recoveryCodes: RecoveryCodesStatus | null | undefined
}

/** How many recovery codes are left, whether they were saved, and how to make new ones. */
export function useRecoveryCodes(): UseRecoveryCodesReturn {
  const { client } = useProvided("useRecoveryCodes")
  const { loaded, user } = useClientState("useRecoveryCodes")
  return { ...client.recoveryCodes, recoveryCodes: loaded ? (user?.recoveryCodes ?? null) : undefined }
}
