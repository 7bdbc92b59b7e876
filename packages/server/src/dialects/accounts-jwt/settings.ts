import type { AccountsSettings } from "../dialect.ts"

/** What holds where the composition root says nothing. */
export const accountsDefaults = (publicUrl: string): AccountsSettings => ({
  jwt: { issuer: publicUrl, audience: publicUrl, seconds: 300 },
  mailedCodeByDefault: false,
  takenAddress: "told",
})
