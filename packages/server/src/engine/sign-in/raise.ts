/**
 * The one place where trust is raised: a settled challenge becomes a session, or makes one fresh. Everything else
 * (answers, demanded enrolments, enrolments put off) comes through here.
 */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Plan, Source } from "../context.ts"
import type { Method, SignIn } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { dropHeld } from "../factors/held.ts"
import { isAlive, readSession, sessionOfRow } from "../sessions/records.ts"
import { planFresh, planSession } from "../sessions/sessions.ts"
import { publicUser, type StoredUser } from "../users/records.ts"
import { clearTally, passwordTally } from "./lockout.ts"
import { isNewAgent } from "./new-agent.ts"
import { burn, type Challenge } from "./records.ts"
import { planRemembered } from "./remembered-devices.ts"

export type Complete = Extract<SignIn, { status: "complete" }>

/**
 * The writes that burn the challenge and give the session, in this order: whoever loses the burning gets nothing.
 * `between` stands after the burning and before the session (the stamp's change when a factor is confirmed), and
 * `user` is as it will be once they are done.
 */
export async function planRaise(
  ctx: Context,
  input: {
    challenge: Challenge
    user: StoredUser
    /** What was proved with this answer. */
    methods: readonly Method[]
    source: Source
    between?: readonly Write[]
    rememberDevice?: boolean | undefined
    /** In place of what was asked for with the first step. */
    persistent?: boolean | undefined
  },
): Promise<Plan<Complete>> {
  const { challenge, user, methods, between = [] } = input
  // The session is the door's at which the challenge began, whatever road the answer took.
  const source = { ...input.source, door: challenge.door }
  const begun =
    challenge.purpose === "step_up"
      ? await planStepUp(ctx, challenge, methods)
      : planSession(ctx, {
          user,
          source,
          methods: [...challenge.methods, ...methods],
          persistent: input.persistent ?? challenge.persistent,
          deviceRemembered: false,
        })
  const { session, token } = begun.result
  const signsIn = challenge.purpose !== "step_up"
  const remembers = signsIn && input.rememberDevice === true && ctx.settings.rememberedDevice.offered
  const device = remembers ? planRemembered(ctx, user, source) : undefined
  const notice =
    signsIn && (await isNewAgent(ctx, user, source)) ? await noticeWrites(ctx, user, "new_device", source) : []
  const detail = {
    session: session.id,
    methods: session.methods.map(({ method }) => method),
    deviceRemembered: remembers,
  }
  const event = signsIn ? "sign_in.complete" : "step_up.complete"
  return {
    writes: [
      burn(ctx, challenge),
      ...between,
      dropHeld(challenge.id),
      ...begun.writes,
      ...(device ? [device.write] : []),
      // The password's failures are forgiven once the whole sign-in has succeeded, not by the password alone.
      ...(signsIn && user.emailKey !== null ? [clearTally(passwordTally(ctx, user.emailKey))] : []),
      ...notice,
      auditWrite(ctx, { userId: user.id, event, outcome: "success", source, detail }),
    ],
    result: {
      status: "complete",
      user: publicUser(user),
      session,
      token,
      ...(device && { deviceToken: device.token }),
    },
  }
}

async function planStepUp(ctx: Context, challenge: Challenge, methods: readonly Method[]) {
  const found = challenge.sessionId === null ? undefined : await readSession(ctx, challenge.sessionId)
  if (!found || found.user.id !== challenge.userId || !isAlive(found.row, found.user, ctx.now()))
    throw new CountersignError("challenge_spent")
  return planFresh(ctx, sessionOfRow(found.row), { methods: [...challenge.methods, ...methods] })
}
