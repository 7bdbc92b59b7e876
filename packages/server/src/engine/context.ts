import type { Database, Write } from "../store/database.ts"
import type { Settings } from "./settings.ts"
import type { Vault } from "./vault.ts"

/** What the composition root hands to the engine. The engine has no clock, no randomness and no driver of its own. */
export type Context = {
  readonly database: Database
  readonly settings: Settings
  readonly vault: Vault
  /** Epoch milliseconds. */
  now(): number
  random(bytes: number): Uint8Array
  /** Called after a commit that put a mail into the outbox; the sender may start at once. */
  mailIsWaiting(): void
  /** An unexpected thing worth an operator's eye. Never carries secrets. */
  report(message: string, error?: unknown): void
}

/** What an operation wants written, decided but not yet committed. Inside the engine only. */
export type Plan<T> = { readonly writes: readonly Write[]; readonly result: T }

/** Who asks, and from where. `door` is a dialect's name, `account` or `cli`; sessions carry it from birth. */
export type Source = {
  readonly door: string
  readonly address?: string | undefined
  readonly agent?: string | undefined
  readonly locale?: string | undefined
}

/**
 * Makes the address (or the bare code) that a mail carries. A URL has to stand on the public URL or an allowed origin.
 * `subject`: `plain` leaves the service's name out of the mail's.
 */
export type LinkFor = (link: {
  token: string
  email: string
  userId: string
}) => ({ url: string } | { code: string }) & { subject?: "plain" }
