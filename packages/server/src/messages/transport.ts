/** A mail that is ready to leave. `id` is the outbox row's: the same for every try, so that a receiver can tell. */
export type OutgoingMail = {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Epoch milliseconds. */
  readonly writtenAt: number
}

export type Transport = {
  /**
   * `refused`: this mail will never be taken, trying again is pointless.
   * Rejects where another try is worth while; the error's message names no address and nothing of the mail.
   */
  send(mail: OutgoingMail): Promise<"sent" | "refused">
  close(): Promise<void> | void
}

/**
 * Whether the text is one plain mailbox and nothing else. Mail libraries read lists, groups, comments and quoted parts
 * out of an address, so that a typed address could grow recipients: none of the characters that do so passes.
 */
export const isMailbox = (address: string): boolean => {
  if (address.length > 254 || /[\s\p{C}<>()[\]\\,;:"]/u.test(address)) return false
  const [local, domain, ...more] = address.split("@")
  if (!local || !domain || more.length > 0 || local.length > 64) return false
  // A mail program further on could take it for an option.
  if (local.startsWith("-")) return false
  return domain.split(".").every((label) => /^[\p{L}\p{N}_]([\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}_])?$/u.test(label))
}
