import type { Settings } from "../settings.ts"

/**
 * Where a person may be sent after signing in: a path of this server, or an address on a configured origin.
 * Null for everything else, so that a link to the sign-in page can't send people on to a stranger.
 */
export function safeReturnTo(
  settings: Pick<Settings, "publicUrl" | "allowedOrigins">,
  asked: string | undefined,
): string | null {
  if (asked === undefined || asked === "" || asked.length > 2048 || !asked.isWellFormed()) return null
  // What browsers strip or read as a slash could turn a path into an address (`/\host`, a tab inside `//`).
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(asked)) return null
  if (asked.startsWith("/")) return asked.startsWith("//") ? null : asked
  const url = URL.parse(asked)
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "")
    return null
  const origins = [new URL(settings.publicUrl).origin, ...settings.allowedOrigins]
  return origins.includes(url.origin) ? asked : null
}
