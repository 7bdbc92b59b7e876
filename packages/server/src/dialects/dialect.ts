import type { Engine, JwtSigning } from "../engine/engine.ts"
import type { Door, Route } from "../http/route.ts"

export type { CookieChange } from "../http/cookies.ts"
export type { Credential } from "../http/credentials.ts"
export type { Asked, Call, Door, Reply, Route } from "../http/route.ts"

/** What a dialect may know beside the engine. A dialect's own options are added here under its name. */
export type DialectSettings = {
  /** No slash at the end. Links and documents are built from it, never from a request. */
  readonly publicUrl: string
  /** Exact origins, the public URL's own among them. */
  readonly allowedOrigins: readonly string[]
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly accounts?: AccountsSettings | undefined
  readonly identity?: IdentitySettings | undefined
}

/** What an installation decides about `/api/accounts`. */
export type AccountsSettings = {
  /** How its tokens are signed, and for how many seconds each is good. */
  readonly jwt: JwtSigning & { readonly seconds: number }
  /** A confirmed sign-up gets the mailed code as second factor. */
  readonly mailedCodeByDefault: boolean
  /** Signing up with a taken address: `told` as the client expects (400), or `silent` (201, and a mail to its owner). */
  readonly takenAddress: "told" | "silent"
}

/** What an installation decides about `/identity`. */
export type IdentitySettings = {
  readonly accessSeconds: number
  readonly refreshSeconds: number
  /** As for accounts: `told` is a refusal that names it, `silent` a success and a mail to its owner. */
  readonly takenAddress: "told" | "silent"
  /** Whether the key of an app that is on can be read again. */
  readonly liveKey: "shown" | "hidden"
  /** A mailed link confirms at once, or leads to the account pages' button. */
  readonly confirmLink: "direct" | "page"
}

/**
 * A shape of API that front ends speak. It holds no rule of security: it reads fields, asks the engine for one
 * operation, and shapes the answer. The guards stand before it, in `http/app.ts`.
 */
export type Dialect = Omit<Door, "routes"> & {
  readonly routes: (engine: Engine, settings: DialectSettings) => readonly Route[]
}

/** A dialect with its routes made, as `createApp` mounts it. */
export const openDoor = (dialect: Dialect, engine: Engine, settings: DialectSettings): Door => ({
  ...dialect,
  routes: dialect.routes(engine, settings),
})
