/**
 * What a mail says, before it has a form. The two language files give letters; `layout.ts` turns one into text and
 * HTML. Everything in a letter is plain text: the layout escapes.
 */

/** The mails that the engine asks for. */
export const templateNames = [
  "confirm-address",
  "reset-password",
  "address-taken",
  "mailed-code",
  "address-change",
  "notice",
] as const
export type TemplateName = (typeof templateNames)[number]

/** What a `notice` tells, in `facts.notice`. */
export const noticeNames = [
  "password_changed",
  "password_reset",
  "address_changed",
  "address_change_requested",
  "factor_added",
  "factor_removed",
  "factor_renamed",
  "recovery_codes_replaced",
  "recovery_code_used",
  "second_factor_failed",
  "account_locked",
  "factor_locked",
  "factors_reset",
  "api_key_created",
  "new_device",
] as const
export type NoticeName = (typeof noticeNames)[number]

export type Facts = Readonly<Record<string, string | number | null>>

export type Block =
  | { readonly text: string }
  | { readonly code: string; readonly label?: string }
  /** `label` stands on the button, the address itself below it, as text and as an anchor. */
  | { readonly link: string; readonly label: string; readonly copy: string }
  | { readonly details: readonly (readonly [string, string])[] }
  /** What to do if it was not you: set apart, since it is the reason for the mail. */
  | { readonly heading: string; readonly advice: readonly string[] }

export type Letter = {
  readonly subject: string
  readonly title: string
  readonly blocks: readonly Block[]
  /** Why this mail came, in small print. */
  readonly footer: string
}

/** What every letter may speak of: facts already fit to be read, and the service. */
export type Telling = {
  readonly issuer: string
  /** The page where sessions and sign-in methods are; null where the installation has none. */
  readonly securityUrl: string | null
  readonly link: string | null
  /** A mailed six-digit code, or the bare token of a link where the app wants to build its own. */
  readonly code: string | null
  /** A subject that names the matter alone, without the service: some clients and filters look for it word by word. */
  readonly plainSubject: boolean
  /** "24 November 2026 at 21:21 UTC" */
  readonly when: string | null
  /** "Firefox on Windows" */
  readonly browser: string | null
  readonly address: string | null
  /** The name of a factor, key or device. */
  readonly name: string | null
  /** For an address change: the new address. */
  readonly newAddress: string | null
  /** How many recovery codes are left. */
  readonly left: number | null
  /** Until when a lock lasts, or a link or code is good. */
  readonly until: string | null
  /** A second step that failed so often that it has to be set up anew. */
  readonly dead: boolean
  /** How long a link or code is good, in words. */
  readonly lifetime: string | null
}

export type Letters = {
  /** What `Intl` is asked for where the user's own locale says no more. */
  readonly locale: string
  readonly mails: Readonly<Record<Exclude<TemplateName, "notice">, (telling: Telling) => Letter>>
  readonly notices: Readonly<Record<NoticeName, (telling: Telling) => Letter>>
  readonly lifetime: (minutes: number) => string
  readonly unknown: string
  readonly on: (browser: string, system: string) => string
}
