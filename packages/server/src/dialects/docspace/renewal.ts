import type { Person } from "./caller.ts"
import type { Answer, Visit } from "./operation.ts"

/**
 * Where the acting session was given a new token of its own. Tokens of this wire go on as they are; a session of
 * another door, which is used here, is told its new one as that door does.
 */
export const renewal = (
  { call }: Visit,
  { actor }: Person,
  token: string | undefined,
  now: number,
): Pick<Answer, "headers" | "cookies"> => {
  if (token === undefined || actor.type !== "session") return {}
  const shown = call.credential
  if (shown?.via === "bearer")
    return shown.token.startsWith("css_") ? { headers: { "countersign-session": token } } : {}
  if (shown?.via !== "cookie") return {}
  const { session } = actor
  const maxAgeSeconds = session.persistent ? Math.max(0, Math.floor((session.expiresAt - now) / 1000)) : undefined
  return { cookies: [{ name: "session", value: token, maxAgeSeconds }] }
}
