import { auditWrite } from "../audit/audit.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { proveInPlace } from "../sign-in/prove-in-place.ts"
import { subjectOf } from "../step-up/subject.ts"
import type { Kinds } from "./kinds.ts"

/** A code is held against what is on, and used up. Nobody is trusted more for it. */
export const checkOf =
  (ctx: Context, kinds: Kinds): Engine["factors"]["check"] =>
  async (on, input) => {
    const user = await subjectOf(ctx, on, { service: "factors:write", self: "write" })
    const kind = kinds.find(({ name }) => name === input.kind)
    // A password is no code, and what has to send something first needs a challenge to hold it.
    if (kind === undefined || kind.role === "primary" || kind.challenge !== undefined)
      throw new CountersignError("kind_not_offered")
    // A key may be in anybody's hands: it can make its user wait, but never end a factor.
    const endsFactor = on.actor.type === "session"
    const proof = await proveInPlace(ctx, kind, user, input.answer, on.source, { endsFactor })
    const detail = { kind: kind.name, by: on.actor.type }
    await proof.commit([
      auditWrite(ctx, { userId: user.id, event: "proof.answer", outcome: "success", source: on.source, detail }),
    ])
  }
