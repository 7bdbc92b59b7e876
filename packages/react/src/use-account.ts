import { accountOf } from "@countersign/client"
import type { AccountCalls } from "@countersign/client"
import { useState } from "react"
import { useCountersign } from "./context.ts"

/** The account itself: sign-up, passwords, address, sessions, remembered devices, keys and activity. */
export function useAccount(): AccountCalls {
  const client = useCountersign()
  const [calls] = useState(() => accountOf(client))
  return calls
}
