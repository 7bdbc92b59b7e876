import { activityOperations } from "./activity.ts"
import { apiKeyOperations } from "./api-keys.ts"
import { challengeOperations } from "./challenge.ts"
import { factorOperations } from "./factors.ts"
import { meOperations } from "./me.ts"
import { mfaTokenOperations } from "./mfa-tokens.ts"
import type { Operation } from "./operation.ts"
import { policyOperations } from "./policy.ts"
import { recoveryCodeOperations } from "./recovery-codes.ts"
import { rememberedDeviceOperations } from "./remembered-devices.ts"
import { sessionOperations } from "./session.ts"
import { signInOperations } from "./sign-in.ts"
import { signUpOperations } from "./sign-up.ts"
import { stepUpOperations } from "./step-up.ts"
import { userOperations } from "./users.ts"

/** Everything that `/v1` does, in the order in which the document tells it. */
export const operations: readonly Operation[] = [
  ...signUpOperations,
  ...signInOperations,
  ...challengeOperations,
  ...sessionOperations,
  ...meOperations,
  ...factorOperations,
  ...recoveryCodeOperations,
  ...rememberedDeviceOperations,
  ...stepUpOperations,
  ...mfaTokenOperations,
  ...apiKeyOperations,
  ...activityOperations,
  ...userOperations,
  ...policyOperations,
]
