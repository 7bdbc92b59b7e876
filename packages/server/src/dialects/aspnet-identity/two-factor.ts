import { CountersignError, type ErrorCode } from "../../engine/errors.ts"
import type { Call, CookieChange } from "../dialect.ts"
import { type Acting, refreshed, renewal, signedIn } from "./acting.ts"
import { type Bound, readBody } from "./binding.ts"
import type { Parts } from "./registration.ts"
import { ValidationFailed } from "./validation.ts"

/** The one kind of authenticator that this wire can speak of. */
const kind = "totp"

type Wish = {
  readonly enable: boolean | undefined
  readonly twoFactorCode: string | undefined
  readonly resetSharedKey: boolean
  readonly resetRecoveryCodes: boolean
  readonly forgetMachine: boolean
}

/** What was done: a new token of the acting session, and codes that were made. */
type Done = { readonly token?: string | undefined; readonly codes?: readonly string[] | undefined }

/** `POST manage/2fa`: everything about the second factor, in the wire's order of work. */
export const manageTwoFactor = (parts: Parts) =>
  signedIn(parts.engine, async (call, before) => {
    const wish = readWish(await readBody(call))
    if (wish.enable === true && wish.resetSharedKey) throw new ValidationFailed("CannotResetSharedKeyAndEnable")
    if (wish.enable === true && !wish.twoFactorCode) throw new ValidationFailed("RequiresTwoFactor")
    if (wish.resetRecoveryCodes && !parts.engine.settings.recoveryCodes.offered)
      throw new CountersignError("kind_not_offered")

    const done = await change(parts, before, wish)
    const acting = await refreshed(parts.engine, before)
    const codes = wish.resetRecoveryCodes && !done.codes ? await newCodes(parts, acting) : done.codes
    const forgotten = wish.forgetMachine ? await forgetMachine(parts, call, acting) : []
    return {
      status: 200,
      json: {
        ...(await stateOf(parts, call, acting)),
        recoveryCodes: codes?.map(spelled) ?? null,
      },
      cookies: [...renewal(acting, done.token, parts.settings.now()), ...forgotten],
    }
  })

const readWish = (body: Bound): Wish => ({
  enable: body.optionalFlag("enable"),
  twoFactorCode: body.text("twoFactorCode"),
  resetSharedKey: body.flag("resetSharedKey"),
  resetRecoveryCodes: body.flag("resetRecoveryCodes"),
  forgetMachine: body.flag("forgetMachine"),
})

const change = async (parts: Parts, acting: Acting, wish: Wish): Promise<Done> => {
  const { factors } = parts.engine
  if (wish.enable === true) return await enable(parts, acting, wish.twoFactorCode ?? "")
  // A new key is off until a code has proved that it arrived; the one before is gone.
  if (wish.resetSharedKey) return await factors.reset(acting.on, { kind, keepCodes: true })
  return wish.enable === false ? await factors.turn(acting.on, { kind, state: "off" }) : {}
}

/** Turns it on by a right code, or confirms that it is on. Codes come along where none is left. */
const enable = async (parts: Parts, acting: Acting, answer: string): Promise<Done> => {
  const { engine } = parts
  const done = await ((await isOn(parts, acting)) ? proveAgain : confirm)(parts, acting, answer)
  if (done.codes || !engine.settings.recoveryCodes.offered) return done
  const now = await refreshed(engine, acting)
  const { left } = await engine.recoveryCodes.status(now.on)
  return left > 0 ? done : { ...done, codes: await newCodes(parts, now) }
}

const isOn = async ({ engine }: Parts, { on }: Acting): Promise<boolean> =>
  (await engine.factors.list(on)).some((factor) => factor.kind === kind && factor.state === "on")

const confirm = async ({ engine }: Parts, { on }: Acting, answer: string): Promise<Done> => {
  const { token, recoveryCodes } = await wrongCode(engine.factors.confirm(on, { kind, answer }))
  if (recoveryCodes) await engine.recoveryCodes.acknowledge(on)
  return { token, codes: recoveryCodes }
}

/** It is on already: the code is spent and counted as in any other proof, and what the older state earned ends. */
const proveAgain = async ({ engine }: Parts, { on }: Acting, answer: string): Promise<Done> => {
  const { token: challenge } = await engine.stepUp.open(on, { level: "second_factor" })
  const proved = await wrongCode(engine.signIn.answer({ challenge: { token: challenge }, kind, answer }, on.source))
  if (proved.status !== "complete") throw new ValidationFailed("InvalidTwoFactorCode")
  const actor = { ...on.actor, session: proved.session }
  return await engine.factors.turn({ ...on, actor }, { kind, state: "on" })
}

const wrongCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "input_invalid",
  "code_incorrect",
  "code_already_used",
  "factor_dead",
  "enrolment_expired",
  "kind_not_offered",
  "challenge_spent",
])

/** The wire has one code for every way in which a code can fail. */
const wrongCode = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const { code, details } = error
    if (code === "too_many_attempts")
      throw new ValidationFailed(
        "InvalidTwoFactorCode",
        "There were too many wrong codes. Wait a while, then try again.",
        details,
      )
    if (code === "code_incorrect" && details.clockOffSeconds !== undefined)
      throw new ValidationFailed("InvalidTwoFactorCode", clockIsOff(details.clockOffSeconds))
    throw wrongCodes.has(code) ? new ValidationFailed("InvalidTwoFactorCode") : error
  }
}

const clockIsOff = (seconds: number): string =>
  `The code is from another time: the phone's clock is about ${String(Math.abs(seconds))} seconds ${seconds < 0 ? "behind" : "ahead"}. Set it to automatic, then type the new code.`

/** The answer shows them, once; this wire has no further word about them. */
const newCodes = async ({ engine }: Parts, { on }: Acting): Promise<readonly string[]> => {
  const { codes } = await engine.recoveryCodes.replace(on)
  await engine.recoveryCodes.acknowledge(on)
  return codes
}

/** In two groups: the client's page tells a recovery code by its length. */
const spelled = (code: string): string => {
  const half = Math.ceil(code.length / 2)
  return `${code.slice(0, half)}-${code.slice(half)}`
}

const forgetMachine = async ({ engine }: Parts, call: Call, { on, via }: Acting): Promise<CookieChange[]> => {
  if (via !== "cookie" || call.deviceToken === undefined) return []
  await engine.rememberedDevices.forget(on, { token: call.deviceToken })
  return [{ name: "device", value: null }]
}

const stateOf = async (parts: Parts, call: Call, acting: Acting) => {
  const { engine } = parts
  const { on, via } = acting
  const isTwoFactorEnabled = await isOn(parts, acting)
  const { left } = await engine.recoveryCodes.status(on)
  return {
    sharedKey: await sharedKey(parts, acting, isTwoFactorEnabled),
    recoveryCodesLeft: left,
    recoveryCodes: null,
    isTwoFactorEnabled,
    isMachineRemembered:
      via === "cookie" && (await engine.rememberedDevices.isRemembered(on.actor.user.id, call.deviceToken)),
  }
}

/** Why there may be no key to show, though everything else can be told. */
const keepsKeyBack: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "kind_not_offered",
  "address_unconfirmed",
  "session_reverification_required",
  "already_enrolled",
])

/** The user's one key, made where there is none, without any other effect. Empty where it is not to be seen. */
const sharedKey = async ({ engine, own }: Parts, { on }: Acting, isOnNow: boolean): Promise<string> => {
  if (isOnNow && own.liveKey === "hidden") return ""
  try {
    const shown = await engine.factors.reveal(on, { kind })
    if (shown === undefined && isOnNow) return ""
    const { show } = shown ?? (await engine.factors.begin(on, { kind, oneForUser: true }))
    return typeof show["secret"] === "string" ? show["secret"] : ""
  } catch (error) {
    if (error instanceof CountersignError && keepsKeyBack.has(error.code)) return ""
    throw error
  }
}
