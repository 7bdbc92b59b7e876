/** The first step: address and password lead to a session, a challenge, or an enrolment that is owed. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Source } from "../context.ts"
import type { Engine, Method, SignIn } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import type { Kinds } from "../factors/kinds.ts"
import { standingOf } from "../factors/standing.ts"
import { nextStep } from "../policy/policy.ts"
import { planSession } from "../sessions/sessions.ts"
import { rehashWrite, verifyPassword } from "../users/passwords.ts"
import { publicUser, readUser, type StoredUser } from "../users/records.ts"
import { viewOf } from "./challenges.ts"
import {
  clearTally,
  deviceTally,
  notBlocked,
  passwordTally,
  refuseWhileBlocked,
  settleFailure,
  type Tally,
} from "./lockout.ts"
import { isNewAgent } from "./new-agent.ts"
import { planChallenge } from "./records.ts"
import { rememberedId, touchRemembered } from "./remembered-devices.ts"
import { safeReturnTo } from "./return-to.ts"
import { readRules } from "./rules.ts"

type Input = Parameters<Engine["signIn"]["withPassword"]>[0]

/**
 * Unknown address and wrong password are one refusal, in equal work, and lock alike. What is known about the account
 * (disabled, unconfirmed) is told only after the right password.
 */
export const withPasswordOf =
  (ctx: Context, kinds: Kinds): Engine["signIn"]["withPassword"] =>
  async (input, source) => {
    const { email, password } = readInput(input)
    const user = await readUser(ctx, { email })
    const knownDevice = user && (await rememberedId(ctx, user, input.deviceToken))
    const tally = knownDevice === undefined ? passwordTally(ctx, email) : deviceTally(ctx, knownDevice)
    await refuseWhileBlocked(ctx, tally)

    if (!(await verifyPassword(ctx, user, password))) return refuse(ctx, { tally, user, input, source })
    if (user === undefined) throw new Error("a password without a user")
    if (user.disabled) throw new CountersignError("account_disabled")
    if (ctx.settings.confirmEmail === "required" && !user.emailConfirmed)
      throw new CountersignError("address_unconfirmed")

    const { hasSecondFactor } = await standingOf(ctx, user.id)
    const { answerFollows = false } = input
    const deviceId = hasSecondFactor && !answerFollows ? knownDevice : undefined
    const rehash = await rehashWrite(ctx, user, password)
    const methods: Method[] = [{ method: "pwd", kind: "password", at: ctx.now() }]
    const guarded = [notBlocked(tally, ctx.now()), ...(rehash ? [rehash] : [])]
    const standing = { hasSecondFactor, deviceRemembered: deviceId !== undefined }
    const step = nextStep(user, standing, await readRules(ctx), answerFollows ? undefined : source)
    if (step === "complete" && answerFollows) {
      const detail = { secondFactor: false }
      const audit = auditWrite(ctx, { userId: user.id, event: "sign_in.password", outcome: "success", source, detail })
      await commitUnlessBlocked(ctx, tally, [...guarded, audit])
      throw new CountersignError("kind_not_offered")
    }
    if (step === "complete") return complete(ctx, { user, methods, guarded, tally, deviceId, input, source })

    const { write, challenge, token } = planChallenge(ctx, {
      user,
      source,
      methods,
      purpose: step === "enrolment" ? "enrol" : "sign_in",
      persistent: input.persistent,
      returnTo: safeReturnTo(ctx.settings, input.returnTo),
    })
    const audit = auditWrite(ctx, { userId: user.id, event: "sign_in.password", outcome: "success", source })
    await commitUnlessBlocked(ctx, tally, [...guarded, write, audit])
    return { status: step, user: publicUser(user), challenge: await viewOf(ctx, kinds, challenge, user), token }
  }

function readInput({ email, password }: Input): { email: string; password: string } {
  const fields = Object.entries({ email, password })
    .filter(([, value]) => typeof value !== "string" || value === "")
    .map(([field]) => ({ field, reason: "required" }))
  const [first] = fields
  if (first) throw new CountersignError("input_invalid", { field: first.field, fields })
  return { email, password }
}

/** Counts the failure; the one that reaches the limit already says that it is locked. */
async function refuse(
  ctx: Context,
  about: { tally: Tally; user: StoredUser | undefined; input: Input; source: Source },
): Promise<never> {
  const { tally, user, input, source } = about
  const link = safeReturnTo(ctx.settings, input.lockedLink)
  const { retryAfter } = await settleFailure(ctx, {
    tally,
    user,
    source,
    event: "sign_in.password",
    kind: "password",
    ...(link !== null && { link }),
  })
  if (retryAfter !== undefined) throw new CountersignError("too_many_attempts", { retryAfter })
  // A lock that others' guesses began meanwhile hides whether this one was right.
  await refuseWhileBlocked(ctx, tally)
  throw new CountersignError("credentials_incorrect")
}

async function commitUnlessBlocked(ctx: Context, tally: Tally, writes: readonly Write[]): Promise<void> {
  if ((await ctx.database.commit(writes)).committed) return
  await refuseWhileBlocked(ctx, tally)
  throw new CountersignError("conflict")
}

/** No second step is owed: the session, at one factor. */
async function complete(
  ctx: Context,
  about: {
    user: StoredUser
    methods: readonly Method[]
    guarded: readonly Write[]
    tally: Tally
    deviceId: string | undefined
    input: Input
    source: Source
  },
): Promise<SignIn> {
  const { user, methods, tally, deviceId, input, source } = about
  const deviceRemembered = deviceId !== undefined
  const persistent = input.persistent ?? false
  const { writes, result } = planSession(ctx, { user, methods, source, persistent, deviceRemembered })
  const notice = (await isNewAgent(ctx, user, source)) ? await noticeWrites(ctx, user, "new_device", source) : []
  await commitUnlessBlocked(ctx, tally, [
    ...about.guarded,
    ...writes,
    clearTally(tally),
    ...(deviceRemembered ? [touchRemembered(ctx, deviceId)] : []),
    ...notice,
    auditWrite(ctx, {
      userId: user.id,
      event: "sign_in.complete",
      outcome: "success",
      source,
      detail: { session: result.session.id, deviceRemembered },
    }),
  ])
  if (notice.length > 0) ctx.mailIsWaiting()
  return { status: "complete", user: publicUser(user), ...result }
}
