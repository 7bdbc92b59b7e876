/** What a service key may be allowed. Each operation names the one that it needs. */
export const serviceScopes = {
  "users:read": "Read users.",
  "users:write": "Create, change and remove users.",
  "factors:read": "List the factors of any user, and how many recovery codes are left.",
  "factors:write": "Begin, confirm and remove factors of any user, and make recovery codes.",
  "challenges:write": "Open a sign-in challenge for any user, after a first step of the service's own.",
  "mfa-tokens:spend": "Check and spend MFA tokens.",
  "audit:read": "Read the activity of all users.",
  "keys:write": "Make, list and revoke API keys.",
} as const

export type ServiceScope = keyof typeof serviceScopes
