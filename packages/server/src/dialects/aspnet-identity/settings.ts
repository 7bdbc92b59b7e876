import type { IdentitySettings } from "../dialect.ts"

/** What holds where the composition root says nothing. Seconds. */
export const identityDefaults: IdentitySettings = {
  accessSeconds: 3_600,
  refreshSeconds: 14 * 86_400,
  takenAddress: "told",
  liveKey: "shown",
  confirmLink: "direct",
}
