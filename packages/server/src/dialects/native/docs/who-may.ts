import type { Json } from "../openapi.ts"

/** Who may call an operation, in words. Code stands between backticks. */
export const whoMay = (security: readonly Json[]): string => {
  if (security.length === 0) return "anybody"
  const ways = security.map((way) => {
    if ("session" in way || "sessionBearer" in way) return "a session"
    if ("userKey" in way) return "a user's key"
    if ("challenge" in way || "challengeBearer" in way) return "an open challenge"
    return `a service key with \`${String((way["serviceKey"] as string[])[0])}\``
  })
  return [...new Set(ways)].join(", ").replace(/, ([^,]+)$/, " or $1")
}
