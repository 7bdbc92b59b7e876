/** Puts the engine together: every group of operations over one context and one list of kinds. */
import { activityOf } from "./audit/activity.ts"
import type { Context } from "./context.ts"
import type { Engine } from "./engine.ts"
import { factorsOf } from "./factors/enrolment.ts"
import { type Kinds, kindsOf } from "./factors/kinds.ts"
import { addedRuleOf } from "./operators/added-rule.ts"
import { operatorsOf } from "./operators/operators.ts"
import { resetFactorsOf } from "./operators/reset-factors.ts"
import { recoveryCodesOf } from "./recovery-codes/recovery-codes.ts"
import { apiKeysOf } from "./sessions/api-keys.ts"
import { sessionsOf } from "./sessions/session-list.ts"
import { policyOf } from "./sign-in/policy-view.ts"
import { rememberedDevicesOf } from "./sign-in/remembered-devices.ts"
import { signInOf } from "./sign-in/sign-in.ts"
import { mfaTokensOf } from "./step-up/mfa-tokens.ts"
import { stepUpOf } from "./step-up/step-up.ts"
import { usersOf } from "./users/users.ts"

/**
 * The engine over a context. `kinds` replaces the list of authenticators (tests of the list itself do that).
 * @throws TypeError for settings that no kind can work with.
 */
export const createEngine = (ctx: Context, kinds: Kinds = kindsOf(ctx)): Engine => {
  const factors = factorsOf(ctx, kinds)
  return {
    settings: ctx.settings,
    users: usersOf(ctx),
    signIn: signInOf(ctx, kinds),
    factors,
    recoveryCodes: recoveryCodesOf(ctx),
    rememberedDevices: rememberedDevicesOf(ctx),
    sessions: sessionsOf(ctx),
    apiKeys: apiKeysOf(ctx),
    stepUp: stepUpOf(ctx, kinds),
    mfaTokens: mfaTokensOf(ctx, kinds),
    activity: activityOf(ctx),
    policy: { ...policyOf(ctx, kinds), ...addedRuleOf(ctx) },
    operators: { ...operatorsOf(ctx), resetFactors: resetFactorsOf(ctx, factors) },
  }
}
