/** What a person calls an authenticator, and which one is asked for first. */
import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { authorise } from "../step-up/authorisation.ts"
import { subjectOf } from "../step-up/subject.ts"
import { commitGuarded, revise } from "../users/records.ts"
import { readFactorName } from "./factor-name.ts"
import type { Kinds } from "./kinds.ts"
import { readConfirmed, renameFactor } from "./records.ts"

/** A name, the default, or both in one commit. Naming asks for a fresh proof, choosing a default does not. */
export const updateFactorOf =
  (ctx: Context, kinds: Kinds): Engine["factors"]["update"] =>
  async (on, input) => {
    const name = input.name === undefined ? undefined : readFactorName(input.name)
    const updated = await commitGuarded(ctx, async () => {
      const user = await subjectOf(ctx, on, { service: "factors:write", self: "write" })
      const factor = (await readConfirmed(ctx, user.id)).find(({ id }) => id === input.factorId)
      if (factor === undefined || (input.default && factor.state !== "on")) throw new CountersignError("not_found")
      const renames = name !== undefined && name !== factor.name
      const chooses = input.default === true && user.defaultFactorId !== factor.id
      const spent = await authorise(ctx, on, name === undefined ? "factors.set_default" : "factors.rename")

      const about = { userId: user.id, outcome: "success", source: on.source } as const
      const writes: Write[] = [...spent]
      if (renames || chooses) writes.push(revise(user, chooses ? { defaultFactorId: factor.id } : {}))
      if (renames) {
        const detail = { kind: factor.kind, factor: factor.id }
        writes.push(
          renameFactor(factor, name),
          auditWrite(ctx, { ...about, event: "factor.renamed", detail }),
          ...(await noticeWrites(ctx, user, "factor_renamed", on.source, { name, kind: factor.kind })),
        )
      }
      if (chooses)
        writes.push(auditWrite(ctx, { ...about, event: "factor.default_changed", detail: { factor: factor.id } }))
      const kind = kinds.find((candidate) => candidate.name === factor.kind)
      return { writes, result: kind?.describe({ ...factor, name: name ?? factor.name }, user) }
    })
    ctx.mailIsWaiting()
    if (updated === undefined) throw new CountersignError("not_found")
    return updated
  }
