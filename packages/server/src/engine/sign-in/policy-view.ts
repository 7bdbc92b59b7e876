import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { enrolmentOwed, mayEnrol, postponableUntil, secondFactorDemanded } from "../policy/policy.ts"

/** What a client may know before it asks. Of a user it says what holds for that user. */
export const policyOf = (ctx: Context, kinds: Kinds): Engine["policy"] => ({
  async read(actor) {
    const { settings } = ctx
    const { rule } = settings.secondFactor
    const user = actor !== undefined && "user" in actor ? actor.user : undefined
    const standing = user ? await standingOf(ctx, user.id) : { hasSecondFactor: false }
    const demanded = user
      ? secondFactorDemanded(user, settings)
      : rule === "required" && settings.secondFactor.roles.length === 0
    return {
      secondFactor: user && rule === "required" && !demanded ? "optional" : rule,
      factors: kinds
        .filter((kind) => kind.begin !== undefined && mayEnrol(kind.name, settings))
        .map(({ name }) => name),
      recoveryCodes: settings.recoveryCodes.offered,
      rememberedDevices: settings.rememberedDevice.offered,
      stepUpSeconds: settings.stepUpSeconds,
      maximumDevices: settings.totp.maximumDevices,
      minimumPasswordLength: demanded
        ? settings.password.minimumLengthWithRequiredFactor
        : settings.password.minimumLength,
      actions: settings.actions,
      enrolmentOwed: user !== undefined && enrolmentOwed(user, standing, settings, ctx.now()),
      postponableUntil:
        user !== undefined && demanded && !standing.hasSecondFactor ? postponableUntil(settings, ctx.now()) : null,
    }
  },
})
