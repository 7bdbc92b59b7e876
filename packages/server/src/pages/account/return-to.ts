import type { Settings } from "../../engine/engine.ts"

/**
 * Where a person may be sent: a path of this server, or an address on an allowed origin; undefined for anything else.
 * The engine holds a challenge's `returnTo` to the same rule; this is for the redirects that pages make themselves.
 */
export const safeTarget = (
  settings: Pick<Settings, "publicUrl" | "allowedOrigins">,
  asked: string | null | undefined,
): string | undefined => {
  if (!asked || asked.length > 2048 || /[\s\\\p{Cc}]/u.test(asked)) return undefined
  const home = new URL(settings.publicUrl).origin
  if (asked.startsWith("/")) {
    // A path that a browser would read as the name of a host is none.
    return !asked.startsWith("//") && URL.parse(asked, home)?.origin === home ? asked : undefined
  }
  const url = URL.parse(asked)
  // The origin of a `blob:` address is that of what it was made on.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return undefined
  return url.origin === home || settings.allowedOrigins.includes(url.origin) ? url.href : undefined
}

/** A path of the pages themselves, for the language switch and the way back after signing in. */
export const safeHere = (base: string, asked: string | undefined): string => {
  const stays = asked !== undefined && (asked === base || asked.startsWith(`${base}/`) || asked.startsWith(`${base}?`))
  return stays && asked.length <= 4096 && !/[\s\\\p{Cc}]/u.test(asked) && !asked.startsWith("//") ? asked : base
}

/** The host that a target leads to, where it is another than ours: a person should see where they are going. */
export const appOf = (settings: Pick<Settings, "publicUrl">, target: string | undefined): string | undefined => {
  const url = target === undefined || target.startsWith("/") ? null : URL.parse(target)
  return url === null || url.origin === new URL(settings.publicUrl).origin ? undefined : url.host
}
