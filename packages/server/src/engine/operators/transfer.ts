/**
 * Takes users over from elsewhere, with their passwords, authenticator keys and recovery codes, so that nobody has to
 * enrol again. May be done again at any time: who is as they were imported stays untouched, who changed at the source is
 * brought up to date, and who was used here since is left alone.
 */
import { sql, type Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import type { Context, Source } from "../context.ts"
import type { Actor } from "../engine.ts"
import { CountersignError } from "../errors.ts"
import { addressKey } from "../users/addresses.ts"
import { readUser, type StoredUser } from "../users/records.ts"
import { createClaims } from "./transfer-claims.ts"
import { planNewUser, planUpdatedUser } from "./transfer-plans.ts"
import {
  acceptUser,
  type AcceptedUser,
  type ImportNote,
  type ImportRefusal,
  type IncomingUser,
} from "./transfer-record.ts"

export type { IncomingAuthenticator } from "./transfer-authenticator.ts"
export type { ImportNote, ImportRefusal, IncomingUser } from "./transfer-record.ts"

/** What became of one record. `unchanged`: as it was imported before. */
export type ImportVerdict =
  | {
      readonly outcome: "imported" | "updated" | "unchanged"
      /** Null for one that a dry run would make. */
      readonly userId: string | null
      readonly notes: readonly ImportNote[]
    }
  | { readonly outcome: "skipped"; readonly reason: ImportRefusal }

export type UserImport = {
  /** The next records of the source, in their order; some hundred at a time. The verdicts come in the same order. */
  take(users: readonly IncomingUser[]): Promise<readonly ImportVerdict[]>
}

/** A waiting writer blocks the others, so a commit stays small. */
const writesPerCommit = 100
const triesAfterLostRaces = 4

type Judged = { readonly accepted: AcceptedUser; readonly notes: readonly ImportNote[] }
type Planned = { readonly verdict: ImportVerdict; readonly writes: readonly Write[] }

/**
 * Begins an import. `from` names the form of the source, for the record. With `dryRun` nothing is written, and the
 * verdicts are what they would have been.
 * @throws CountersignError `forbidden` for anybody but an operator.
 */
export const importUsersOf =
  (ctx: Context) =>
  (
    { actor, source }: { actor: Actor; source: Source },
    from: string,
    { dryRun = false }: { dryRun?: boolean | undefined } = {},
  ): UserImport => {
    if (actor.type !== "operator") throw new CountersignError("forbidden")
    const claims = createClaims()

    const judge = (incoming: IncomingUser): Judged | { refused: ImportRefusal } => {
      // A record that is refused for another reason keeps its claim: whose address it is, is not for us to say.
      const key = addressKey(incoming.email ?? "")
      const isFirst = [
        key === undefined || claims.claim(`address ${key}`),
        incoming.externalId === null || claims.claim(`id ${incoming.externalId}`),
      ]
      if (!isFirst[1]) return { refused: "duplicate_id" }
      return isFirst[0] ? acceptUser(ctx, incoming) : { refused: "duplicate_address" }
    }

    const decide = async ({ accepted, notes }: Judged, standing: Standing): Promise<Planned> => {
      if (standing.state === "refused") return { verdict: { outcome: "skipped", reason: standing.reason }, writes: [] }
      const user = standing.state === "new" ? undefined : standing.user
      if (standing.state === "same" && user)
        return { verdict: { outcome: "unchanged", userId: user.id, notes }, writes: [] }
      const outcome = user ? "updated" : "imported"
      if (dryRun) return { verdict: { outcome, userId: user?.id ?? null, notes }, writes: [] }
      const plan = await (user ? planUpdatedUser(ctx, user, accepted) : planNewUser(ctx, accepted))
      const record = auditWrite(ctx, {
        userId: plan.userId,
        event: importEvent,
        outcome: "success",
        source,
        detail: { by: actor.type, from, print: ctx.vault.hash(printOf(accepted), printPurpose) },
      })
      return { verdict: { outcome, userId: plan.userId, notes }, writes: [...plan.writes, record] }
    }

    /** On what is there now, after the commit that it shared with others failed. */
    const decideAlone = async (judged: Judged): Promise<ImportVerdict> => {
      for (let tries = 0; tries < triesAfterLostRaces; tries++) {
        const { verdict, writes } = await decide(judged, await readStanding(ctx, judged.accepted))
        if (writes.length === 0 || (await ctx.database.commit(writes)).committed) return verdict
      }
      return { outcome: "skipped", reason: "conflict" }
    }

    return {
      async take(users) {
        const verdicts: ImportVerdict[] = []
        let waiting: { at: number; writes: readonly Write[]; judged: Judged }[] = []
        const flush = async (): Promise<void> => {
          const together = waiting
          waiting = []
          if (together.length === 0) return
          if ((await ctx.database.commit(together.flatMap(({ writes }) => writes))).committed) return
          for (const { at, judged } of together) verdicts[at] = await decideAlone(judged)
        }

        const judgements = users.map(judge)
        const standings = await Promise.all(
          judgements.map(async (judged) => ("refused" in judged ? undefined : readStanding(ctx, judged.accepted))),
        )
        for (const [at, judged] of judgements.entries()) {
          if ("refused" in judged) {
            verdicts[at] = { outcome: "skipped", reason: judged.refused }
            continue
          }
          let standing = standings[at] ?? { state: "new" }
          if (standing.state === "refused" && waiting.length > 0) {
            // An earlier record may be about to give the address free.
            await flush()
            standing = await readStanding(ctx, judged.accepted)
          }
          const { verdict, writes } = await decide(judged, standing)
          verdicts[at] = verdict
          if (writes.length === 0) continue
          const held = waiting.reduce((sum, one) => sum + one.writes.length, 0)
          if (held + writes.length > writesPerCommit) await flush()
          waiting.push({ at, writes, judged })
        }
        await flush()
        return verdicts
      },
    }
  }

const importEvent = "user.imported"
const printPurpose = "import"

/** What is compared when the same record comes again. Not the lock, which passes by itself. */
const printOf = ({ lockedUntil: _until, failedSignIns: _count, ...lasting }: AcceptedUser): string =>
  JSON.stringify(lasting)

type Standing =
  | { readonly state: "new" }
  | { readonly state: "same" | "changed"; readonly user: StoredUser }
  | { readonly state: "refused"; readonly reason: ImportRefusal }

/** Whom the record is about, by the other system's id, else by the address; and whether that user may be changed. */
async function readStanding(ctx: Context, accepted: AcceptedUser): Promise<Standing> {
  const { address, externalId } = accepted
  const ofAddress = address ? await readUser(ctx, { email: address.email }) : undefined
  const ofId = externalId === null ? undefined : await readUser(ctx, { externalId })
  const taken: Standing = { state: "refused", reason: "duplicate_address" }
  if (ofAddress && ofAddress.id !== ofId?.id && (externalId !== null || ofAddress.externalId !== null)) return taken
  const user = ofId ?? ofAddress
  if (user === undefined) return { state: "new" }

  const print = await lastPrint(ctx, user.id)
  if (print === undefined) return ofId ? { state: "refused", reason: "already_here" } : taken
  if (ctx.vault.hashCandidates(printOf(accepted), printPurpose).includes(print)) return { state: "same", user }
  return (await wasUsed(ctx, user.id)) ? { state: "refused", reason: "changed_here" } : { state: "changed", user }
}

/** The keyed hash of what was imported last; undefined for a user that no import made. */
async function lastPrint(ctx: Context, userId: string): Promise<string | undefined> {
  const [row] = await ctx.database.query<{ detail: string }>(sql`
    select detail from audit where user_id = ${userId} and event = ${importEvent} order by at desc, id desc limit 1`)
  if (row === undefined) return undefined
  const { print } = JSON.parse(row.detail) as { print?: unknown }
  return typeof print === "string" ? print : undefined
}

/** Strangers can cause these for any address: they say nothing of whether the account is in use. */
const strangersEvents: ReadonlySet<unknown> = new Set([
  importEvent,
  "password.reset_requested",
  "address.confirmation_requested",
  "user.signed_up_again",
])

/** Whether anything happened here to the user but imports. Older hashes, keys and codes must not come back after that. */
async function wasUsed(ctx: Context, userId: string): Promise<boolean> {
  const rows = await ctx.database.query<{ event: string }>(sql`
    select distinct event from audit where user_id = ${userId} and outcome = 'success'`)
  return rows.some(({ event }) => !strangersEvents.has(event))
}
