import { any, one, sql, type Database } from "../store/database.ts"
import { expiryOf, renderMail, type Facts, type Service } from "./templates/templates.ts"
import type { Transport } from "./transport.ts"

/** A mail as the engine wrote it: what it is about, not yet how it reads. */
export type WrittenMail = {
  readonly template: string
  readonly to: string
  readonly locale: string
  readonly facts: Facts
}

/** A waiting row of `outbox`, still sealed. */
export type SealedMail = { readonly id: string; readonly kind: string; readonly body: string }

export type OutboxOptions = {
  database: Database
  /** Opens the body that the engine sealed, JSON of a `WrittenMail`. Rejects where it can't, while a key is missing. */
  open: (mail: SealedMail) => Promise<string> | string
  transport: Transport
  service: Service
  /** Epoch milliseconds. */
  now: () => number
  report: (message: string, error?: unknown) => void
  /** How often the table is looked at without being woken, for mails that other processes wrote. */
  pollMilliseconds?: number
}

export type Outbox = {
  /** A mail was committed: look now. Returns at once; nobody waits for a mail server. */
  wake(): void
  /** Sends all that is due, and settles when nothing due is left. */
  flush(): Promise<void>
  /** Takes no more, waits for what is under way, closes the transport. What is left waits in the database. */
  close(): Promise<void>
}

/** Waits after each failed try, in seconds. After the last one the mail has failed: some seven hours in all. */
export const retrySeconds = [5, 15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60, 2 * 60 * 60, 3 * 60 * 60] as const

/**
 * For how long a claimed mail is this sender's alone. Longer than the transport waits for a silent server; what a sender
 * had when it was killed is left to the others after it.
 */
export const claimMilliseconds = 2 * 60_000

const sideBySide = 4

type DueMail = SealedMail & { attempts: number; claimed_until: number }
type Opened = { mail: DueMail; written?: WrittenMail; error?: unknown }

/**
 * Starts the sender. Several may run on one database, in one process or on many nodes: a mail is claimed by one guarded
 * write before it is sent. A sender that dies between sending and noting so makes a second mail possible, never a lost
 * one; both carry the same Message-ID.
 */
export const startOutbox = (options: OutboxOptions): Outbox => {
  const { database, transport, now, report } = options
  const pollMilliseconds = options.pollMilliseconds ?? 5_000
  // A sender that closes stops between two mails.
  const state = { closing: false }
  let again = false
  let round: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const due = () =>
    database.query<DueMail>(sql`
      select id, kind, body, attempts, claimed_until from outbox
      where sent_at is null and failed_at is null and next_at <= ${now()} and claimed_until <= ${now()}
      order by next_at, id limit ${20}`)

  const settle = async (id: string, claim: number, how: "sent" | { failed: string }) => {
    // The body goes in the same write: a code or link that has left is kept nowhere.
    await database.commit([
      how === "sent"
        ? one(sql`update outbox set sent_at = ${now()}, body = '', last_error = null
                  where id = ${id} and claimed_until = ${claim} and sent_at is null`)
        : one(sql`update outbox set failed_at = ${now()}, body = '', last_error = ${how.failed}
                  where id = ${id} and claimed_until = ${claim} and sent_at is null`),
    ])
  }

  const giveUp = async (mail: SealedMail, claim: number, why: string, error?: unknown) => {
    await settle(mail.id, claim, { failed: why })
    report(`a mail (${mail.kind}) was given up: ${why}`, error)
  }

  const open = async (mail: DueMail): Promise<Opened> => {
    try {
      return { mail, written: JSON.parse(await options.open(mail)) as WrittenMail }
    } catch (error) {
      return { mail, error }
    }
  }

  const sendOne = async ({ mail, written, error: unopened }: Opened): Promise<void> => {
    const claim = now() + claimMilliseconds
    const claimed = await database.commit([
      one(sql`update outbox set claimed_until = ${claim}, attempts = attempts + 1
              where id = ${mail.id} and claimed_until = ${mail.claimed_until} and attempts = ${mail.attempts}
                and sent_at is null and failed_at is null`),
    ])
    if (!claimed.committed) return

    let outgoing
    try {
      if (written === undefined) throw unopened
      if ((expiryOf(written.facts) ?? Infinity) <= now()) {
        await giveUp(mail, claim, "what it carried has expired")
        return
      }
      const rendered = renderMail(written, options.service)
      outgoing = { id: mail.id, to: written.to, writtenAt: now(), ...rendered }
    } catch (error) {
      // A mail that can't be written now may be after an update or a mended key ring.
      await postpone(mail, claim, "it could not be written", error)
      return
    }
    try {
      const how = await transport.send(outgoing)
      if (how === "sent") await settle(mail.id, claim, "sent")
      else await giveUp(mail, claim, "the mail server refused it")
    } catch (error) {
      await postpone(mail, claim, error instanceof Error ? error.message : "the transport failed", error)
    }
  }

  const postpone = async (mail: DueMail, claim: number, why: string, error: unknown) => {
    const wait = retrySeconds[mail.attempts]
    if (wait === undefined) {
      await giveUp(mail, claim, why, error)
      return
    }
    await database.commit([
      any(sql`update outbox set claimed_until = ${0}, next_at = ${now() + wait * 1000}, last_error = ${why}
              where id = ${mail.id} and claimed_until = ${claim} and sent_at is null`),
    ])
    report(`a mail (${mail.kind}) could not be sent, next try in ${String(wait)} seconds: ${why}`, error)
  }

  const drain = async (): Promise<void> => {
    do {
      again = false
      const waiting = await Promise.all((await due()).map(open))
      // Side by side, but to one mailbox in the order in which they were written: the newest code arrives last.
      const mailboxes = Map.groupBy(waiting, ({ mail, written }) => written?.to.toLowerCase() ?? mail.id).values()
      const lanes = await Promise.allSettled(
        Array.from({ length: sideBySide }, async () => {
          for (const mails of mailboxes) {
            for (const mail of mails) {
              if (state.closing) return
              await sendOne(mail)
            }
          }
        }),
      )
      const broken = lanes.find((lane) => lane.status === "rejected")
      if (broken) throw broken.reason
      if (waiting.length > 0) again = true
    } while (again && !state.closing)
  }

  const run = (): Promise<void> => {
    round ??= drain().finally(() => {
      round = undefined
      // Woken after the last look at the table, and before this line.
      if (again) look()
    })
    return round
  }

  /** The background's round: a failing database is reported, and asked again at the next look. */
  const look = () => {
    clearTimeout(timer)
    if (state.closing) return
    run()
      .catch((error: unknown) => {
        report("the outbox could not be read", error)
      })
      .finally(() => {
        clearTimeout(timer)
        if (!state.closing) timer = setTimeout(look, pollMilliseconds).unref()
      })
  }

  look()

  return {
    wake() {
      again = true
      if (!round) look()
    },
    async flush() {
      // A round that is under way may have read the table before the mail was there.
      await round?.catch(() => undefined)
      await run()
    },
    async close() {
      state.closing = true
      clearTimeout(timer)
      await round?.catch(() => undefined)
      await transport.close()
    },
  }
}
