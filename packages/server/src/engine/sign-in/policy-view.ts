import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import {
  configurationDemands,
  enrolmentOwed,
  mayEnrol,
  postponableUntil,
  secondFactorDemanded,
} from "../policy/policy.ts"
import { readRules } from "./rules.ts"

/** What a client may know before it asks. Of a user it says what holds for that user. */
export const policyOf = (ctx: Context, kinds: Kinds): Pick<Engine["policy"], "read"> => ({
  async read(actor) {
    const { settings } = ctx
    const { rule } = settings.secondFactor
    const user = actor !== undefined && "user" in actor ? actor.user : undefined
    const standing = user ? await standingOf(ctx, user.id) : { hasSecondFactor: false }
    const rules = await readRules(ctx)
    const whence = actor?.type === "session" ? actor.session : undefined
    // Of nobody in particular: what would be demanded of somebody without a role, from anywhere.
    const stranger = { id: "", roles: [] }
    const demanded = secondFactorDemanded(user ?? stranger, rules, whence)
    const usual = user && rule === "required" ? "optional" : rule
    // Only what the configuration demands makes shorter passwords good enough: the other may be gone tomorrow.
    const configured = configurationDemands(user ?? stranger, settings)
    return {
      secondFactor: demanded ? "required" : usual,
      factors: kinds
        .filter((kind) => kind.begin !== undefined && mayEnrol(kind.name, settings))
        .map(({ name }) => name),
      recoveryCodes: settings.recoveryCodes.offered,
      rememberedDevices: settings.rememberedDevice.offered,
      stepUpSeconds: settings.stepUpSeconds,
      maximumDevices: settings.totp.maximumDevices,
      minimumPasswordLength: configured
        ? settings.password.minimumLengthWithRequiredFactor
        : settings.password.minimumLength,
      actions: settings.actions,
      enrolmentOwed: user !== undefined && enrolmentOwed(user, standing, rules, ctx.now(), whence),
      postponableUntil:
        user !== undefined && demanded && !standing.hasSecondFactor
          ? postponableUntil(user, rules, ctx.now(), whence)
          : null,
    }
  },
})
