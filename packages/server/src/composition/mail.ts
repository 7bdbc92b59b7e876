import type { Config } from "../config/read.ts"
import type { Mailbox } from "../messages/mailbox.ts"
import { startOutbox } from "../messages/outbox.ts"
import type { Outbox, OutboxOptions } from "../messages/outbox.ts"
import type { Transport } from "../messages/transport.ts"

export type RunningMail = {
  readonly outbox: Outbox
  /** Stands in for SMTP in development; undefined where mail leaves the house. */
  readonly mailbox: Mailbox | undefined
}

/** Starts the sender: by the transport that is given, by SMTP, or into the mailbox of development. */
export const startMail = async (
  config: Config,
  parts: Pick<OutboxOptions, "database" | "open" | "now" | "report"> & { transport?: Transport | undefined },
): Promise<RunningMail> => {
  const { transport: given, ...rest } = parts
  const mailbox = given === undefined && config.smtpUrl === undefined ? await openMailbox(config) : undefined
  const transport = given ?? mailbox?.transport ?? (await openSmtp(config))
  const securityUrl = config.doors.includes("account") ? `${config.publicUrl}/account` : undefined
  return { mailbox, outbox: startOutbox({ ...rest, transport, service: { issuer: config.issuer, securityUrl } }) }
}

const openMailbox = async (config: Config): Promise<Mailbox> => {
  // readConfig lets nobody come here outside development; links and codes must not be readable there.
  if (!config.development) throw new TypeError("the mailbox exists in development only")
  const { createMailbox } = await import("../messages/mailbox.ts")
  return createMailbox({ from: config.mailFrom, issuer: config.issuer })
}

const openSmtp = async (config: Config): Promise<Transport> => {
  if (config.smtpUrl === undefined) throw new TypeError("there is no SMTP URL")
  // The library is the largest thing that a start loads, and a mailbox needs none of it.
  const { smtpTransport } = await import("../messages/smtp.ts")
  return smtpTransport({ url: config.smtpUrl, from: config.mailFrom })
}
