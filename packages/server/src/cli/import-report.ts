/** What became of each user, for a person or for a program. */
import type { ImportVerdict, IncomingUser } from "../engine/engine.ts"
import type { Found, Remark } from "./import-sources/source.ts"
import { print, printTable, say } from "./say.ts"

type Refusal = Extract<ImportVerdict, { outcome: "skipped" }>["reason"]
type Note = Extract<ImportVerdict, { notes: unknown }>["notes"][number] | Remark

const refusals: Readonly<Record<Refusal, string>> = {
  no_address: "has no address",
  address_invalid: "the address is none",
  duplicate_address: "another user has this address, here or earlier in the source",
  external_id_invalid: "the id has blanks around it, or is too long",
  duplicate_id: "an earlier user of the source has this id",
  key_unreadable: "the authenticator's key can't be read, and without it the password alone would let in",
  key_too_short: "the authenticator's key has fewer than 80 bits",
  too_many_authenticators: "has more than ten authenticators",
  already_here: "a user with this id was made here, by no import",
  changed_here: "differs from what was imported, and was used here since",
  conflict: "was changed by others at the same moment: import again",
}

const notes: Readonly<Record<Note, string>> = {
  password_unusable: "the password's hash can't be checked here: a new one has to be set by mail",
  no_password: "has no password: one can be set by mail",
  address_unconfirmed: "the address has to be confirmed before the first sign-in",
  key_weak: "the authenticator's key has fewer than 128 bits",
  key_unconfirmed: "the authenticator's key was never confirmed: kept, but no second factor",
  recovery_code_left_out: "a recovery code was left out",
  recovery_codes_not_offered: "recovery codes are off in this installation",
  name_left_out: "a name was left out",
  locale_left_out: "the language was left out",
  role_left_out: "a role was left out",
  locked: "is locked for a while",
  disabled: "is disabled",
  user_name_differs: "signed in with a user name that is not the address",
  second_factor_without_key: "had a second factor without an authenticator's key: has none here",
  passkeys_left: "passkeys stay behind",
  external_sign_in_left: "sign-ins with other providers stay behind",
  lockout_unreadable: "the end of the lock can't be read: disabled",
}

const outcomes = ["imported", "updated", "unchanged", "skipped"] as const
/** Of users with the same to say of them a person reads no more than this; a program asks for JSON. */
const shown = { skipped: 100, others: 10 }

export type Report = {
  add(found: Found, verdict: ImportVerdict): void
  /** Also after a failure, so that what was done before it is told. */
  end(): void
}

type Counts = Map<string, number>
const count = (counts: Counts, name: string): unknown => counts.set(name, (counts.get(name) ?? 0) + 1)

const notesOf = (found: Found, verdict: ImportVerdict): Note[] =>
  verdict.outcome === "skipped" || verdict.outcome === "unchanged" ? [] : [...verdict.notes, ...found.remarks]

/** One JSON document, written as it comes: every user, then the sums. */
export function jsonReport(about: { from: string; dryRun: boolean }): Report {
  const counts: Counts = new Map(outcomes.map((outcome) => [outcome, 0]))
  const [why, what]: [Counts, Counts] = [new Map(), new Map()]
  let read = 0
  print(`{"from":${JSON.stringify(about.from)},"dryRun":${about.dryRun},"users":[`)
  return {
    add(found, verdict) {
      const all = notesOf(found, verdict)
      count(counts, verdict.outcome)
      if (verdict.outcome === "skipped") count(why, verdict.reason)
      for (const note of all) count(what, note)
      const row = {
        at: found.at,
        email: found.user.email,
        externalId: found.user.externalId,
        ...(verdict.outcome === "skipped"
          ? { outcome: verdict.outcome, reason: verdict.reason }
          : { outcome: verdict.outcome, id: verdict.userId, notes: all }),
      }
      print(`${read++ === 0 ? "" : ","}${JSON.stringify(row)}`)
    },
    end() {
      const sums = {
        read,
        ...Object.fromEntries(counts),
        reasons: Object.fromEntries(why),
        notes: Object.fromEntries(what),
      }
      print(`],${JSON.stringify(sums).slice(1)}`)
    },
  }
}

/** The sums, and the users that somebody should look at. */
export function readableReport({ dryRun }: { dryRun: boolean }): Report {
  const counts: Counts = new Map(outcomes.map((outcome) => [outcome, 0]))
  const rows: string[][] = []
  const told: Counts = new Map()
  const more: Counts = new Map()
  return {
    add(found, verdict) {
      count(counts, verdict.outcome)
      const isSkipped = verdict.outcome === "skipped"
      for (const sentence of isSkipped
        ? [refusals[verdict.reason]]
        : notesOf(found, verdict).map((note) => notes[note])) {
        count(told, sentence)
        if ((told.get(sentence) ?? 0) > (isSkipped ? shown.skipped : shown.others)) count(more, sentence)
        else rows.push([found.at, called(found.user), verdict.outcome, sentence])
      }
    },
    end() {
      for (const [outcome, number] of counts) print(`${outcome.padEnd(12)}${number}`)
      if (rows.length > 0) {
        print("")
        printTable(["where", "who", "outcome", "why"], rows)
      }
      for (const [sentence, number] of more) print(`and ${number} more: ${sentence}`)
      if (more.size > 0) say("--json lists them all")
      if (dryRun) say("dry run: nothing was changed")
    },
  }
}

const called = ({ email, externalId }: IncomingUser): string => email ?? externalId ?? ""
